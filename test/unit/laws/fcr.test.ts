import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DISTRUST_MS, type FrequencyHistory, fcr, type Plausibility, plausible } from '../../../actors/laws/fcr.ts'

const law = { nominalMhz: 50_000, fullDeviationMhz: 200, deadbandMhz: 10, reserveW: 1_000 }
const at = (frequencyMhz: number) => fcr({ ...law, frequencyMhz })

describe('law 8, frequency containment reserve', () => {
  test.each([
    [50_000, 0],
    [50_010, 0],
    [49_990, 0],
    [49_989, 55],
    [49_900, 500],
    [49_800, 1000],
    [49_000, 1000],
    [50_100, -500],
    [50_201, -1000],
    [Number.NaN, 0],
  ])('%d mHz -> %d W', (f, w) => expect(at(f)).toBe(w))

  test('is bounded by the reserve, monotone and odd', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 0, max: 300 }), (f, more) => {
        expect(Math.abs(at(f))).toBeLessThanOrEqual(1_000)
        expect(at(f + more)).toBeLessThanOrEqual(at(f))
        expect(at(100_000 - f)).toBe(-at(f) || 0)
      }),
    )
  })
})

const limits = {
  voltageMinMv: 180_000,
  frequencyMinMhz: 47_000,
  frequencyMaxMhz: 53_000,
  slewMhzPerSMax: 1_000,
  frozenAfterMs: 30_000,
}
type Row = readonly [atS: number, frequencyMhz: number | null, voltageV: number | null, is: Plausibility]
/** One row a sample. */
function run(rows: readonly Row[]): Plausibility[] {
  let history: FrequencyHistory | null = null
  return rows.map(([s, frequencyMhz, v]) => {
    const judged = plausible(
      { ...limits, frequencyMhz, voltageMv: v === null ? null : v * 1000, nowMs: s * 1000 },
      history,
    )
    history = judged.history
    return judged.is
  })
}
const steady = (fromS: number, toS: number): Row[] =>
  Array.from({ length: toS - fromS }, (_, i) => [fromS + i, 50_000 + ((fromS + i) % 2), 230, 'plausible'])

describe('a frequency is believed only where a grid could make it', () => {
  const stories: readonly [string, readonly Row[]][] = [
    ['a live grid', steady(0, 60)],
    [
      'frozen for 30 s, until it moves again',
      [
        ...Array.from({ length: 31 }, (_, s): Row => [s, 50_003, 230, s < 30 ? 'plausible' : 'frozen']),
        [31, 50_003, 230, 'frozen'],
        [32, 50_004, 230, 'plausible'],
      ],
    ],
    [
      'a step that no grid makes, not believed for 5 s',
      [
        [0, 50_000, 230, 'plausible'],
        [1, 48_900, 230, 'jumped'],
        [2, 48_901, 230, 'jumped'],
        [5, 48_900, 230, 'jumped'],
        [6, 48_901, 230, 'plausible'],
      ],
    ],
    [
      'a fast but possible change',
      [
        [0, 50_000, 230, 'plausible'],
        [1, 49_000, 230, 'plausible'],
      ],
    ],
    [
      'a dead bus, whatever it says',
      [
        [0, 50_000, 230, 'plausible'],
        [1, 49_900, 20, 'deadBus'],
        [2, 49_901, 179.999, 'deadBus'],
        [3, 49_900, 180, 'plausible'],
      ],
    ],
    [
      'out of range',
      [
        [0, 46_999, 230, 'outOfRange'],
        [1, 46_998, 230, 'outOfRange'],
      ],
    ],
    [
      'lost, and the same again',
      [
        [0, 50_000, 230, 'plausible'],
        [1, null, 230, 'lost'],
        [2, 50_001, null, 'lost'],
        [3, Number.NaN, 230, 'lost'],
        [4, 50_002, Number.NaN, 'lost'],
        [5, 50_002, 230, 'plausible'],
      ],
    ],
  ]
  test.each(stories)('%s', (_, rows) => expect(run(rows)).toEqual(rows.map(r => r[3])))

  test('distrust lasts from the last jump on', () => {
    const jumps: Row[] = [
      [0, 50_000, 230, 'plausible'],
      [1, 48_000, 230, 'jumped'],
      [4, 51_900, 230, 'jumped'],
    ]
    const later = (s: number): Row[] => [...jumps, [s, 51_901, 230, 'plausible']]
    expect(run(later(4 + DISTRUST_MS / 1000 - 1)).at(-1)).toBe('jumped')
    expect(run(later(4 + DISTRUST_MS / 1000)).at(-1)).toBe('plausible')
  })
  test('nothing lost, dead or out of range is ever plausible (S24)', () => {
    const sample = fc.record({
      f: fc.option(fc.oneof(fc.integer({ min: 0, max: 70_000 }), fc.constant(Number.NaN))),
      v: fc.option(fc.integer({ min: 0, max: 260 })),
      ms: fc.integer({ min: 0, max: 5_000 }),
    })
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 40 }), samples => {
        let history: FrequencyHistory | null = null
        let nowMs = 0
        for (const { f, v, ms } of samples) {
          nowMs += ms
          const judged = plausible(
            { ...limits, frequencyMhz: f, voltageMv: v === null ? null : v * 1000, nowMs },
            history,
          )
          if (judged.is === 'plausible') {
            expect(v).toBeGreaterThanOrEqual(180)
            expect(f).toBeGreaterThanOrEqual(47_000)
            expect(f).toBeLessThanOrEqual(53_000)
            expect(judged.history!.frequencyMhz).toBe(f)
          }
          history = judged.history
        }
      }),
    )
  })
})
