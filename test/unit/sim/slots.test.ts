/** Slots classed by the frames that were sent and the verdicts that were durable. */
import { expect, test } from 'vitest'
import type { Evidence } from '../../../sim/oracle/evidence.ts'
import { slotsOf } from '../../../sim/scenario/history.ts'

const timing = { cycleMs: 1_000, deadlineMs: 600, validityMs: 5_000 }
/** Frames and verdicts as [cycle, ms]. */
function classes(sent: readonly [number, number][], decided: readonly [number, number][]): string[] {
  const verdicts = decided.map(([cycle, atMs]) => ({ atMs, verdict: { cycle } }))
  const slots = slotsOf({ manifest: { timing }, framesSent: new Map(sent), verdicts } as unknown as Evidence)
  return slots.map(s => `${s.fromMs} ${s.class}`)
}

test.each<[string, [number, number][], [number, number][], string[]]>([
  [
    'before the first verdict there is no slot',
    [
      [1, 0],
      [2, 1_000],
    ],
    [[2, 1_010]],
    ['1000 onTime'],
  ],
  [
    'on time, late, and too late',
    [
      [1, 0],
      [2, 1_000],
      [3, 2_000],
    ],
    [
      [1, 600],
      [2, 1_601],
      [3, 3_001],
    ],
    ['0 onTime', '1000 late', '2000 held'],
  ],
  [
    'an early frame ends the slot before it',
    [
      [1, 0],
      [2, 300],
      [3, 1_300],
    ],
    [
      [1, 10],
      [2, 310],
      [3, 1_310],
    ],
    ['0 onTime', '300 onTime', '1300 onTime'],
  ],
  [
    'while nothing is sent, what stands counts to the end of its validity',
    [
      [1, 0],
      [9, 7_000],
    ],
    [
      [1, 10],
      [9, 7_010],
    ],
    [
      '0 onTime',
      '1000 held',
      '2000 held',
      '3000 held',
      '4000 uncovered',
      '5000 uncovered',
      '6000 uncovered',
      '7000 onTime',
    ],
  ],
  [
    'frames without a verdict are held, then uncovered',
    [1, 2, 3, 4, 5, 6].map(n => [n, (n - 1) * 1_000]),
    [[1, 10]],
    ['0 onTime', '1000 held', '2000 held', '3000 held', '4000 uncovered', '5000 uncovered'],
  ],
])('%s', (_, sent, decided, expected) => {
  expect(classes(sent, decided)).toEqual(expected)
})
test('nothing was ever decided', () => {
  expect(classes([[1, 0]], [])).toEqual([])
})
