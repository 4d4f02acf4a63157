import { describe, expect, test } from 'vitest'
import { battery } from '../../../actors/assets/battery.ts'
import { gridConnection } from '../../../actors/assets/grid-connection.ts'
import { defineStrategy, of, raw } from '../../../actors/kit/index.ts'
import { recordAt, recordsOf } from '../../../actors/kit/keyed.ts'
import { conditionOf } from './household.ts'
import { Rig } from './rig.ts'

const roles = { meter: 'grid', storage: ['bat1', 'bat2'] }
const balancing = { type: 'selfConsumption', settings: { deadband: '0 W', gain: '100 %' }, roles }
const withStrategies =
  (...strategies: readonly object[]) =>
  (file: any) => {
    file.strategies = strategies
  }
const grid = (power: number | undefined) => ({ grid: { power } })
/** Claims what it is told: a strategy for these tests. */
const fixed = (type: string, claim: any, why = type) =>
  defineStrategy({
    type,
    version: 1,
    title: type,
    source: 'test',
    settings: {},
    roles: { meter: { one: gridConnection }, storage: { all: battery } },
    whenBlind: 'hold',
    propose: ({ meter }) => ({ storage: { power: meter.is('measured') ? claim : of('W', 0) }, why }),
  })
const rigOf = (claims: Readonly<Record<string, [claim: object | string, storage: readonly string[]]>>) =>
  Rig.running(
    withStrategies(
      ...Object.entries(claims).map(([type, [, storage]]) => ({ type, roles: { meter: 'grid', storage } })),
    ),
    Object.fromEntries(Object.entries(claims).map(([type, [claim]]) => [type, fixed(type, claim)])),
  )
const both = ['bat1', 'bat2']

describe('totals are shared by state of charge', () => {
  test('by energy above the lower limit: 8 kWh and 4 kWh, both at 50 %', () => {
    const { bat1, bat2 } = Rig.running(withStrategies(balancing)).frame(grid(2_100))
    expect([bat1, bat2]).toEqual([
      { value: 1_400, why: 'selfConsumption: import above target' },
      { value: 700, why: 'selfConsumption: import above target' },
    ])
  })
  test('charging by the energy below the upper one', () => {
    const { bat1, bat2 } = Rig.running(withStrategies(balancing)).frame({ ...grid(-1_000), bat1: { soc: 850 } })
    // (950 - 850) * 8 and (950 - 500) * 4
    expect([bat1!.value, bat2!.value]).toEqual([-308, -692])
  })
  test('clipped at 1.5 kW, handed on, and the shortfall named (S31)', () => {
    const rig = Rig.running(withStrategies(balancing))
    const handed = rig.frame({ ...grid(4_000), bat2: { soc: 900 } })
    expect([handed.bat1!.value, handed.bat2!.value]).toEqual([2_500, 1_500])
    const short = rig.frame(grid(6_000))
    expect([short.bat1!.value, short.bat2!.value]).toEqual([3_000, 1_500])
    expect(short.bat1!.why).toBe('selfConsumption: import above target; 1500 beyond all bounds')
  })
  test('an empty one is left out', () => {
    const { bat1, bat2 } = Rig.running(withStrategies(balancing)).frame({ ...grid(1_000), bat1: { soc: 100 } })
    expect([bat1!.value, bat2!.value]).toEqual([0, 1_000])
  })
})

describe('several strategies', () => {
  test('the first equal claims', () => {
    const { bat1 } = rigOf({ a: ['900 W', both], b: ['300 W', both] }).frame()
    expect(bat1).toEqual({ value: 600, why: 'a: a' })
  })
  test('a higher max binds a lower equal, and the why names both', () => {
    const { bat1 } = rigOf({ a: [{ max: '300 W' }, both], b: ['900 W', both] }).frame()
    expect(bat1).toEqual({ value: 200, why: 'a: a; instead of b: b' })
  })
  test('a lower max yields to a higher equal, and the why names both', () => {
    const { bat1 } = rigOf({ a: ['900 W', both], b: [{ max: '300 W' }, both] }).frame()
    expect(bat1).toEqual({ value: 600, why: 'a: a; over b: b' })
  })
  test('the same assets in another order are the same group', () => {
    const { bat1 } = rigOf({ a: [{ max: '300 W' }, ['bat2', 'bat1']], b: ['900 W', both] }).frame()
    expect(bat1!.value).toBe(200)
  })
  test('one asset of the group, narrowed: the others take the rest', () => {
    const { bat1, bat2 } = rigOf({ a: ['900 W', both], b: [{ max: '100 W' }, ['bat1']] }).frame()
    expect([bat1!.value, bat2!.value]).toEqual([100, 800])
  })
  test('an upper end alone does not discharge', () => {
    expect(rigOf({ a: [{ max: '2 kW' }, both] }).frame().bat1).toMatchObject({ value: 0 })
  })
})

describe('blind', () => {
  test('holds for as long as a verdict is valid, then lets go to the safe value; an alarm tells', () => {
    const rig = Rig.running(withStrategies(balancing))
    expect(rig.frame(grid(300)).bat1!.value).toBe(200)
    for (let i = 0; i < 5; i++) {
      for (let early = 0; early < 3; early++) rig.frame(grid(undefined)) // numbers are not time
      const held = { value: 200, why: 'selfConsumption: held: import above target' }
      expect(rig.passed(1_000).frame(grid(undefined)).bat1).toEqual(held)
    }
    expect(recordsOf(rig.state.alarms).map(([key]) => key)).not.toContain('site.strategyBlind.selfConsumption')
    const safe = { value: 0, why: 'nothing claims it: safe value' }
    expect(rig.passed(1_000).frame(grid(undefined)).bat1).toEqual(safe)
    expect(recordAt(rig.state.alarms, 'site.strategyBlind.selfConsumption')?.text).toBe('selfConsumption: grid.power')
    expect(rig.frame(grid(300)).bat1!.value).toBe(200)
    expect(conditionOf(rig.state, 'site.strategyBlind.selfConsumption')).toBe('returnedUnacknowledged')
  })
  test('with nothing to hold it says nothing', () => {
    const rig = Rig.running((file: any) => {
      withStrategies(balancing)(file)
    })
    rig.command('site', 'manual')
    rig.frame(grid(300))
    rig.command('site', 'automatic')
    expect(rig.frame(grid(undefined)).bat1!.why).toBe('nothing claims it: safe value')
  })
  test('a meter a cycle older than the battery is blind too', () => {
    const rig = Rig.running(withStrategies(balancing))
    rig.frame(grid(300))
    expect(rig.frame(grid(9_000), { ages: { grid: 1_000 } }).bat1!.value).toBe(200)
    expect(rig.frame(grid(600), { ages: { grid: 999 } }).bat1!.value).toBe(400)
  })
  test('a strategy that throws is held, and alarmed at once', () => {
    const rig = Rig.running(withStrategies({ type: 'odd', roles }), {
      odd: {
        ...fixed('odd', '300 W'),
        propose: ({ meter }: any) => {
          if (raw(meter.points.power) === 7) throw new Error('no row')
          return { storage: { power: '300 W' }, why: 'x' }
        },
      },
    })
    rig.frame()
    expect(rig.frame(grid(7)).bat1).toEqual({ value: 200, why: 'odd: held: x' })
    expect(recordAt(rig.state.alarms, 'site.strategyFailed.odd')?.text).toBe('odd: no row')
  })
})

describe('what the gateway adds', () => {
  test('is taken out of both measurements: the controllers do not regulate against it', () => {
    const rig = Rig.running(withStrategies(balancing))
    // 300 W of load; bat1 gives 200 W and 1 kW of FCR on top, so that 900 W are exported
    const measured = { ...grid(-900), bat1: { power: 1_200 } }
    const { bat1, bat2 } = rig.frame(measured, { local: { bat1: 1_000 } })
    expect(bat1!.value + bat2!.value).toBe(300)
  })
  test('has its band left free, without ever forcing power', () => {
    const fcr = { law: 'fcr', asset: 'bat1', reserve: '1 kW', voltageMin: '180 V' }
    const rig = Rig.running((file: any) => {
      withStrategies(balancing)(file)
      file.laws = [fcr]
    })
    expect(rig.frame(grid(9_000)).bat1!.value).toBe(2_000)
    expect(rig.frame(grid(-9_000)).bat1!.value).toBe(-2_000)
    expect(rig.frame({ ...grid(-9_000), bat1: { soc: 950 } }).bat1!.value).toBe(0)
  })
})

describe('a schedule', () => {
  const plan = { type: 'schedule', settings: { plan: '00:00-00:17 2 kW', deadband: '0 W', gain: '100 %' }, roles }
  test('is followed in its slot, and lets go after it', () => {
    const rig = Rig.running(withStrategies(plan))
    // log time is 00:16:48 UTC; 3.5 kW of load
    expect(rig.frame(grid(3_500)).bat1).toEqual({ value: 1_000, why: 'schedule: slot of 2000 W: import above target' })
    rig.passed(60_000)
    expect(rig.frame(grid(3_500)).bat1).toEqual({ value: 0, why: 'nothing claims it: safe value' })
  })
})

describe('the export limit of the controllers', () => {
  const limit = { type: 'exportLimit', settings: { limit: '5 kW', gain: '30 %' }, roles: { meter: 'grid', pv: 'pv1' } }
  test('caps PV down at once, up by its gain, and frees it', () => {
    const rig = Rig.running(withStrategies(limit))
    const at = (gridW: number, power: number) => rig.frame({ ...grid(gridW), pv1: { power } }).pv1!.value
    expect(at(-8_000, 8_000)).toBe(5_000)
    expect(at(-4_000, 5_000)).toBe(5_300)
    expect(at(9_000, 5_000)).toBe(8_000)
  })
})
