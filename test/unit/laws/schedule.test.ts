import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { activeSlot, DAY_MS, overlap, type Schedule } from '../../../actors/laws/schedule.ts'
import { readPlan } from '../../../actors/strategies/plan.ts'

const utc = (text: string) => Date.parse(text)
const g = (schedule: Schedule, text: string) => activeSlot(schedule, utc(text))?.gridW ?? null

describe('law 6, schedule following', () => {
  const evening = readPlan('17:00-20:00 2 kW; 20:00-22:00 0 W; 23:30-06:00 -1.5 kW')
  test.each([
    ['2026-11-20T16:59:59Z', null],
    ['2026-11-20T17:00:00Z', 2_000],
    ['2026-11-20T19:59:59Z', 2_000],
    ['2026-11-20T20:00:00Z', 0],
    ['2026-11-20T22:00:00Z', null],
    ['2026-11-20T23:30:00Z', -1_500],
    ['2026-11-21T00:00:00Z', -1_500],
    ['2026-11-21T05:59:59Z', -1_500],
    ['2026-11-21T06:00:00Z', null],
    // clocks change on these days in Europe; UTC does not
    ['2026-03-29T01:30:00Z', -1_500],
    ['2026-10-25T17:00:00Z', 2_000],
  ])('%s -> %s', (at, gridW) => expect(g(evening, at)).toBe(gridW))

  const dated = readPlan('2026-12-31T23:00Z/2027-01-01T01:00Z 3 kW; 2028-02-29T00:00:30Z/2028-02-29T00:01Z 1 W')
  test.each([
    ['2026-12-31T22:59:59Z', null],
    ['2026-12-31T23:00:00Z', 3_000],
    ['2027-01-01T00:59:59Z', 3_000],
    ['2027-01-01T01:00:00Z', null],
    ['2028-02-29T00:00:29Z', null],
    ['2028-02-29T00:00:30Z', 1],
    ['2027-12-31T23:30:00Z', null],
  ])('dated: %s -> %s', (at, gridW) => expect(g(dated, at)).toBe(gridW))

  test('without a time no slot is active', () => {
    for (const now of [0, -1, Number.NaN]) expect(activeSlot(readPlan('00:00-24:00 1 W'), now)).toBe(null)
  })
  test('reads stamps as the calendar has them', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('1970-01-02'), max: new Date('2399-12-30'), noInvalidDate: true }), date => {
        const start = Math.floor(date.getTime() / 60_000) * 60_000
        const iso = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`
        const { slots } = readPlan(`${iso(start)}/${iso(start + 3_600_000)} 1 W`)
        expect(slots).toEqual([{ startMs: start, durationMs: 3_600_000, gridW: 1 }])
      }),
    )
  })
})

describe('a plan is refused with its place and its fix', () => {
  test.each([
    ['', 'plan: names no slot'],
    ['17:00-20:00', "plan, slot 1: '17:00-20:00' is no daily slot"],
    ['17:00-20:00 2 kVA', "plan, slot 1: '2 kVA' is no quantity in W"],
    ['25:00-26:00 1 W', 'names no time of day'],
    ['17:00-17:00 1 W', 'is empty; a whole day is 00:00-24:00'],
    ['17:00-20:00 1 W; 19:59-21:00 2 W', "'17:00-20:00 1 W' and '19:59-21:00 2 W' overlap"],
    ['22:00-06:00 1 W; 05:00-07:00 2 W', "'22:00-06:00 1 W' and '05:00-07:00 2 W' overlap"],
    ['17:00-18:00 1 W; 2026-01-01T00:00Z/2026-01-02T00:00Z 1 W', 'slot 2'],
    ['2026-02-29T00:00Z/2026-03-01T00:00Z 1 W', 'a day or hour that does not exist'],
    ['2026-03-01T00:00Z/2026-03-01T00:00Z 1 W', 'ends before it begins'],
    ['2026-03-01T00:00+01:00/2026-03-01T02:00+01:00 1 W', 'is no dated slot'],
  ])('%s', (plan, says) => expect(() => readPlan(plan)).toThrow(says))

  test('what passes never has two slots at one time', () => {
    const slot = fc.record({
      startMs: fc.integer({ min: 0, max: 23 }).map(h => h * 3_600_000),
      durationMs: fc.integer({ min: 1, max: 24 }).map(h => h * 3_600_000),
      gridW: fc.integer(),
    })
    fc.assert(
      fc.property(fc.array(slot, { minLength: 1, maxLength: 4 }), slots => {
        const alone = (s: (typeof slots)[number], t: number) => activeSlot({ kind: 'daily', slots: [s] }, t) !== null
        const most = Math.max(
          ...Array.from({ length: 24 }, (_, h) => slots.filter(s => alone(s, DAY_MS + h * 3_600_000)).length),
        )
        expect(overlap({ kind: 'daily', slots }) !== null).toBe(most > 1)
      }),
    )
  })
})
