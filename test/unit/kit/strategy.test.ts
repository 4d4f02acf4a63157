import { describe, expect, test } from 'vitest'
import { gridConnection } from '../../../actors/assets/grid-connection.ts'
import { measure, place, startActor } from '../../../actors/kit/host.ts'
import { defineStrategy } from '../../../actors/kit/index.ts'
import { type AnyStrategy, propose, type RoleActor } from '../../../actors/kit/strategy.ts'
import { balancing } from '../../../actors/laws/balancing.ts'
import { peakShaving as law } from '../../../actors/laws/peak-shaving.ts'
import { peakShaving } from '../../../actors/strategies/peak-shaving.ts'
import { selfConsumption } from '../../../actors/strategies/self-consumption.ts'
import { LINKED, Story } from './sample.ts'

function meter(power: number | undefined): RoleActor {
  const placed = place(gridConnection, 'grid', { importMax: 100_000, exportMax: 50_000 })
  const values = { power, frequency: 50_000, voltage: 230_000, breaker: 'closed' }
  return { placed, actor: measure(placed, startActor(placed, 0, []), values, 0, []).actor, values }
}
function storage(power: number | undefined): RoleActor {
  const { placed, actor } = Story.running()
  return { placed, actor, values: { ...LINKED, power } }
}
const ask = (
  strategy: AnyStrategy,
  gridW: number | undefined,
  batteriesW: readonly (number | undefined)[],
  settings: object,
) => propose(strategy, { meter: meter(gridW), storage: batteriesW.map(storage) }, settings as Record<string, number>, 0)

describe('law 4, peak shaving', () => {
  const rows: readonly [gridW: number, storageW: number, totalW: number, why: string][] = [
    [80_000, 0, 20_000, 'above peak'],
    [60_000, 20_000, 20_000, 'above peak'],
    [60_000, 0, 0, 'above peak'],
    [50_000, 0, 0, 'between recharge level and peak'],
    [50_000, 8_000, 0, 'between recharge level and peak'],
    [40_000, 0, 0, 'below recharge level'],
    [10_000, 0, -30_000, 'below recharge level'],
    [40_000, -30_000, -30_000, 'below recharge level'],
  ]
  for (const [gridW, storageW, totalW, why] of rows)
    test(`G ${gridW} P ${storageW} -> ${totalW}`, () =>
      expect(law({ gridW, storageW, peakW: 60_000, rechargeW: 40_000 })).toEqual({ totalW, why }))

  test('a gain goes a share of the way', () => {
    expect(law({ gridW: 80_000, storageW: 0, peakW: 60_000, rechargeW: 40_000, gainPermille: 300 }).totalW).toBe(6_000)
  })
})

describe('law 3, balancing', () => {
  const rows: readonly [gridW: number, storageW: number, totalW: number, why: string][] = [
    [100, 0, 100, 'import above target'],
    [-100, 50, -50, 'import below target'],
    [10, 77, 77, 'within the deadband'],
  ]
  for (const [gridW, storageW, totalW, why] of rows)
    test(`G ${gridW} P ${storageW} -> ${totalW}`, () =>
      expect(balancing({ gridW, storageW, targetW: 0, deadbandW: 10 })).toEqual({ totalW, why }))

  /** The meter shows the grid of the cycle before: what a real one does. */
  function run(gainPermille: number): readonly number[] {
    const loadW = 100
    const seen: number[] = []
    let [gridW, storageW] = [loadW, 0]
    for (let i = 0; i < 40; i++) {
      seen.push(storageW)
      const { totalW } = balancing({ gridW, storageW, targetW: 0, deadbandW: 0, gainPermille })
      gridW = loadW - storageW
      storageW = totalW
    }
    return seen
  }
  test('undamped, on a meter a cycle old, it never rests; with a gain of 0.3 it settles', () => {
    expect(run(1_000).slice(0, 8)).toEqual([0, 100, 200, 200, 100, 0, 0, 100])
    const settled = run(300).slice(-5)
    for (const storageW of settled) expect(Math.abs(storageW - 100)).toBeLessThan(5)
  })
})

describe('a strategy is asked', () => {
  const settings = { peak: 60_000, recharge: 40_000, gain: 1_000 }
  test('and claims the total of its role', () => {
    expect(ask(peakShaving, 70_000, [4_000, 6_000], settings)).toEqual({
      kind: 'proposed',
      claims: { storage: { power: { equal: 20_000 } } },
      why: 'above peak',
    })
    expect(ask(selfConsumption, 1_000, [4_000], { target: 0, deadband: 200, gain: 500 })).toMatchObject({
      claims: { storage: { power: { equal: 4_500 } } },
    })
  })
  test('and is blind with one bad point of a sum (P1, P2)', () => {
    expect(ask(peakShaving, undefined, [0], settings)).toEqual({ kind: 'blind', then: 'hold', point: 'grid.power' })
    expect(ask(peakShaving, 1, [0, undefined], settings)).toEqual({ kind: 'blind', then: 'hold', point: 'bat1.power' })
  })

  const base = {
    type: 'odd',
    version: 1,
    title: 'Odd',
    source: 'none',
    settings: {},
    roles: { meter: { one: gridConnection }, storage: { all: Story.running().placed.asset } },
    whenBlind: 'release',
  } as const
  const odd = (law: (see: any) => unknown) => defineStrategy({ ...base, propose: law as never })
  test('may narrow, release, and look at states', () => {
    expect(
      ask(
        odd(() => ({ storage: { power: { max: '5 kW' } }, why: 'x' })),
        0,
        [0],
        {},
      ),
    ).toEqual({
      kind: 'proposed',
      claims: { storage: { power: { max: 5_000 } } },
      why: 'x',
    })
    expect(
      ask(
        odd(() => 'release'),
        0,
        [0],
        {},
      ),
    ).toEqual({ kind: 'released' })
    const looking = odd(({ meter: at, storage: all }) => ({
      why: `${at.name} ${at.is('connected')} ${all.assets[0].is('available')} ${all.assets[0].settings.socMin}`,
    }))
    expect(ask(looking, 0, [0], {})).toMatchObject({ why: 'grid true true 100' })
  })
  test('says so where its law throws, or proposes what there is not', () => {
    const wrong: readonly [(see: any) => unknown, string][] = [
      [
        () => {
          throw new Error('no row')
        },
        'no row',
      ],
      [() => ({ heat: { power: 1 }, why: 'x' }), "odd proposes for 'heat', which is no role of it"],
      [() => ({ storage: { heat: 1 }, why: 'x' }), "odd proposes 'heat', which battery does not have"],
      [() => ({ storage: { power: 0.5 }, why: 'x' }), 'odd proposes 0.5 for storage'],
    ]
    for (const [law, reason] of wrong) expect(ask(odd(law), 0, [0], {})).toEqual({ kind: 'threw', reason })
  })
  test('and refused at definition where replicas could differ', () => {
    expect(() => odd(() => (Date.now() > 0 ? 'release' : 'release'))).toThrow(
      'NOT_DETERMINISTIC odd.propose: uses Date',
    )
    expect(() =>
      defineStrategy({ ...base, roles: { now: { one: gridConnection } }, propose: () => 'release' }),
    ).toThrow("odd: a role cannot be called 'now'")
  })
})
