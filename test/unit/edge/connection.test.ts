import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inSafeOrder } from '../../../edge/connection.ts'
import { type Situation, type Target, targets } from '../../../edge/target.ts'
import { action, actionsOf, fcrLaw, held, situation, targetOf } from './situation.ts'

const wide = { min: -3_000, max: 3_000 }
/** What comes of bat1 and bat2 where the grid carries `gridW` and both give what was applied. */
function site(
  gridW: number | undefined,
  applied: readonly number[],
  asked: readonly number[],
  change: Partial<Situation> = {},
) {
  const [a = 0, b = 0] = applied
  const s = situation({
    actions: actionsOf({ bat1: action(asked[0]!, wide), bat2: action(asked[1]!, wide) }),
    values: { grid: { power: gridW }, bat1: { soc: 500, power: a }, bat2: { soc: 500, power: b } },
    applied: { 'bat1.power': held(a), 'bat2.power': held(b) },
    ...change,
  })
  return targets(s).targets.map(t => [t.value, t.boundBy])
}

describe('the site connection', () => {
  test.each([
    [
      'within both limits',
      0,
      [0, 0],
      [3_000, -3_000],
      [
        [3_000, undefined],
        [-3_000, undefined],
      ],
    ],
    [
      'fuse: charging is cut by equal shares',
      13_000,
      [0, 0],
      [-1_000, -3_000],
      [
        [-250, 'siteFuse'],
        [-750, 'siteFuse'],
      ],
    ],
    [
      'fuse: cut on the relieving side of the step',
      13_995,
      [0, 0],
      [-1_000, 0],
      [
        [0, 'siteFuse'],
        [0, undefined],
      ],
    ],
    [
      'fuse: less discharge is held up too',
      13_000,
      [3_000, 0],
      [0, 0],
      [
        [2_000, 'siteFuse'],
        [0, undefined],
      ],
    ],
    [
      'fuse: who relieves is left alone',
      13_500,
      [0, 0],
      [-2_000, 1_000],
      [
        [-1_500, 'siteFuse'],
        [1_000, undefined],
      ],
    ],
    [
      'export cap',
      -9_000,
      [0, 0],
      [3_000, 0],
      [
        [1_000, 'exportCap'],
        [0, undefined],
      ],
    ],
    [
      'beyond a limit already: not made worse',
      -11_000,
      [0, 0],
      [3_000, 0],
      [
        [0, 'exportCap'],
        [0, undefined],
      ],
    ],
    [
      'without the meter nothing grows',
      undefined,
      [1_000, -500],
      [3_000, -3_000],
      [
        [1_000, 'meterLost'],
        [-500, 'meterLost'],
      ],
    ],
    [
      'without the meter it may go towards zero',
      undefined,
      [1_000, -500],
      [400, 0],
      [
        [400, undefined],
        [0, undefined],
      ],
    ],
    [
      'without the meter it does not change sign',
      undefined,
      [1_000, 0],
      [-3_000, 0],
      [
        [0, 'meterLost'],
        [0, undefined],
      ],
    ],
  ] as const)('%s', (_, gridW, applied, asked, out) => expect(site(gridW, applied, asked)).toEqual(out))

  test('a device that still moves counts with where it moves to', () => {
    // 3 kW are applied and 500 W flow: 2.5 kW more will come, so that 1 kW is all that is left
    const values = { grid: { power: -6_500 }, bat1: { soc: 500, power: 500 }, bat2: { soc: 500, power: 0 } }
    const out = site(-6_500, [3_000, 0], [3_000, 3_000], { values })
    const sum = (out[0]![0] as number) - 500 + (out[1]![0] as number)
    expect(-6_500 - sum).toBeGreaterThanOrEqual(-10_000)
  })
  test('a meter that was not read just now is no meter, though its last value is usable still', () => {
    const values = { grid: { power: 0 }, bat1: { soc: 500, power: 0 }, bat2: { soc: 500, power: 0 } }
    const fresh = { bat1: { soc: 500, power: 0 }, bat2: { soc: 500, power: 0 } }
    const out = site(0, [0, 0], [1_000, 0], { values, fresh })
    expect(out[0]).toEqual([0, 'meterLost'])
  })
  test('a ceiling that rises may free all of it', () => {
    const s = situation({
      actions: actionsOf({ pv1: action(8_000, { min: 0, max: 8_000 }) }),
      values: { grid: { power: -9_000 }, pv1: { power: 2_000 } },
      applied: { 'pv1.powerMax': held(2_000) },
    })
    expect(targetOf(targets(s).targets, 'pv1')).toMatchObject({ value: 3_000, boundBy: 'exportCap' })
  })
  test('a service is cut before what it was added to', () => {
    const s = situation({
      actions: actionsOf({ bat1: action(500) }, [fcrLaw]),
      laws: [fcrLaw],
      values: { grid: { power: -9_200, frequency: 49_800, voltage: 230_000 }, bat1: { soc: 500, power: 0 } },
    })
    expect(targetOf(targets(s).targets, 'bat1')).toMatchObject({ value: 800, local: 300, boundBy: 'exportCap' })
  })
})

const limits = { importMaxW: 10_000, exportMaxW: 10_000, meter: 'grid' }
const STEP = () => 10
interface Move {
  readonly from: number
  readonly to: number
}
function order(gridW: number | undefined, moves: readonly Move[]) {
  const names = moves.map((_, i) => `a${i}`)
  const template = situation().assets[0]!
  const s = situation({
    limits,
    assets: names.map(name => ({ ...template, name })),
    values: {
      grid: { power: gridW },
      ...Object.fromEntries(moves.map((m, i) => [names[i]!, { power: m.from }])),
    },
    applied: Object.fromEntries(moves.map((m, i) => [`${names[i]}.power`, held(m.from)])),
  })
  const wanted: Target[] = moves.map((m, i) => ({
    asset: names[i]!,
    name: 'power',
    decided: m.to,
    value: m.to,
    local: 0,
  }))
  return inSafeOrder(s, wanted, STEP)
}
/** What the grid carries after each write. */
function prefixes(gridW: number, moves: readonly Move[], writes: readonly Target[]): number[] {
  let at = gridW
  return writes.map(t => (at -= t.value - moves[Number(t.asset.slice(1))]!.from))
}
const tens = (max: number) => fc.integer({ min: -max / 10, max: max / 10 }).map(x => x * 10)
const movesOf = fc.array(fc.record({ from: tens(8_000), to: tens(8_000) }), { minLength: 1, maxLength: 5 })
const inside = (x: number) => x >= -limits.exportMaxW && x <= limits.importMaxW

describe('the order of writes (S5)', () => {
  test('relief goes first', () => {
    const moves = [
      { from: 0, to: -3_000 },
      { from: 0, to: 4_000 },
    ]
    expect(order(9_000, moves).map(t => t.asset)).toEqual(['a1', 'a0'])
    expect(order(-9_000, moves).map(t => t.asset)).toEqual(['a0', 'a1'])
  })
  test('two great ones that cancel out are interleaved: neither fits whole', () => {
    const writes = order(5_000, [
      { from: -6_000, to: 20_000 },
      { from: 6_000, to: -20_000 },
    ])
    expect(writes.map(t => [t.asset, t.value, t.boundBy])).toEqual([
      ['a0', 9_000, 'exportCap'],
      ['a1', -14_000, 'siteFuse'],
    ])
  })
  test('without the meter the order stays as given', () => {
    const moves = [
      { from: 5_000, to: 0 },
      { from: -5_000, to: 0 },
    ]
    expect(order(undefined, moves).map(t => t.asset)).toEqual(['a0', 'a1'])
  })
  test('no prefix leaves the limits, or makes worse what is beyond them', () => {
    fc.assert(
      fc.property(tens(14_000), movesOf, (gridW, moves) => {
        let worst = gridW
        for (const at of prefixes(gridW, moves, order(gridW, moves))) {
          expect(inside(at) || Math.abs(at) <= Math.abs(worst)).toBe(true)
          worst = at
        }
      }),
      { numRuns: 500 },
    )
  })
  test('every write is there once, and none asks for more than was wanted', () => {
    fc.assert(
      fc.property(tens(9_000), movesOf, (gridW, moves) => {
        const writes = order(gridW, moves)
        expect(new Set(writes.map(t => t.asset)).size).toBe(writes.length)
        for (const t of writes) {
          const { from, to } = moves[Number(t.asset.slice(1))]!
          expect(t.value).toBeGreaterThanOrEqual(Math.min(from, to))
          expect(t.value).toBeLessThanOrEqual(Math.max(from, to))
        }
      }),
    )
  })
  test('rounds arrive: what is safe in the end is reached', () => {
    fc.assert(
      fc.property(tens(9_000), movesOf, (gridW, moves) => {
        const goal = gridW - moves.reduce((s, m) => s + m.to - m.from, 0)
        fc.pre(inside(goal))
        let at = gridW
        let now = moves
        for (let round = 0; round < 40 && now.some(m => m.from !== m.to); round++) {
          const writes = order(at, now)
          at = prefixes(at, now, writes).at(-1) ?? at
          now = now.map((m, i) => ({ ...m, from: writes.find(t => t.asset === `a${i}`)?.value ?? m.from }))
        }
        expect(now.every(m => m.from === m.to)).toBe(true)
      }),
    )
  })
})
