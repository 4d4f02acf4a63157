import { describe, expect, expectTypeOf, test } from 'vitest'
import { battery } from '../../../actors/assets/battery.ts'
import { gridConnection } from '../../../actors/assets/grid-connection.ts'
import type { CheckChart, LooseState } from '../../../actors/kit/chart-types.ts'
import {
  add,
  defineAsset,
  defineStrategy,
  type Quantity,
  quantity,
  scale,
  sub,
  table,
} from '../../../actors/kit/index.ts'
import type { Effects, Lifecycle } from '../../../actors/kit/types.ts'
import type { Literal } from '../../../protocol/words/units.ts'

/**
 * Mistakes of authors that the compiler must find. `tsc` is the test: a line below each `@ts-expect-error` that
 * compiled would be an error itself. None of these functions is ever called.
 */
const base = {
  type: 'pump',
  version: 1,
  title: 'Pump',
  points: { flow: 'W', heat: '°C', mode: ['remote', 'local'] },
  setpoints: { power: { unit: 'W', safe: '0 W' } },
  pulses: ['close'],
  commands: { start: {}, cap: { power: 'W' } },
  settings: { max: 'W', wait: 's' },
  alarms: { hot: { priority: 'high', text: 'x', response: 'x' } },
  context: { starts: 0 },
  limits: { power: {} },
} as const
const plain = { guards: {}, chart: { initial: 'a', states: { a: { on: { start: 'b' } }, b: {} } } } as const
type Base = typeof base
type InForce = {
  E: keyof Base['commands'] | Lifecycle
  G: never
  D: Literal<'s'>
  A: never
  F: Effects<Base['setpoints'], 'close', 'hot', Base['context'], Base['settings']>
}
/** As `defineAsset` checks a chart. */
const chart = <const T extends LooseState>(states: T & CheckChart<T, 'pump', InForce>) => states

const mistakes = [
  // @ts-expect-error a condition on a point that is not declared
  () => defineAsset({ ...base, ...plain, guards: { g: 'temp >= 5 °C' } }),
  // @ts-expect-error a condition with the wrong unit
  () => defineAsset({ ...base, ...plain, guards: { g: 'heat >= 5 W' } }),
  // @ts-expect-error a condition with a bare number
  () => defineAsset({ ...base, ...plain, guards: { g: 'heat >= 5' } }),
  // @ts-expect-error a word that the point cannot say
  () => defineAsset({ ...base, ...plain, guards: { g: 'mode is locl' } }),
  // @ts-expect-error a setting of another unit
  () => defineAsset({ ...base, ...plain, guards: { g: 'heat >= settings.max' } }),
  // @ts-expect-error two units compared in a function
  () => defineAsset({ ...base, ...plain, guards: { g: ({ points }) => points.flow > points.heat } }),
  // @ts-expect-error a quantity compared with a bare number
  () => defineAsset({ ...base, ...plain, guards: { g: ({ points }) => points.heat > 5 } }),
  // @ts-expect-error a point that is not declared, in a function
  () => defineAsset({ ...base, ...plain, guards: { g: ({ points }) => points.level > points.heat } }),
  // @ts-expect-error a setpoint whose safe value has the wrong unit
  () => defineAsset({ ...base, ...plain, setpoints: { power: { unit: 'W', safe: '0 V' } } }),
  // @ts-expect-error a limit with the wrong unit
  () => defineAsset({ ...base, ...plain, limits: { power: { l: { max: '5 A' } } } }),
  // @ts-expect-error a limit of a setpoint that is not declared
  () => defineAsset({ ...base, ...plain, limits: { power: {}, speed: { l: { max: '5 W' } } } }),
  // @ts-expect-error remembering a field that is not declared
  () => defineAsset({ ...base, ...plain, actions: { a: () => ({ remember: { stops: 1 } }) } }),
  // @ts-expect-error a pulse that is not declared, from an action
  () => defineAsset({ ...base, ...plain, actions: { a: () => ({ pulse: 'open' }) } }),
  // @ts-expect-error a delay that is no time
  () => defineAsset({ ...base, ...plain, delays: { d: '5 W' } }),
  // @ts-expect-error a unit that does not exist
  () => defineAsset({ ...base, ...plain, settings: { max: 'kw' } }),
  // @ts-expect-error a priority that does not exist
  () => defineAsset({ ...base, ...plain, alarms: { hot: { priority: 'hi', text: 'x', response: 'x' } } }),
  () => defineAsset({ ...base, ...plain }),
  // @ts-expect-error an unknown guard, in a whole definition
  () => defineAsset({ ...base, guards: {}, chart: { initial: 'a', states: { a: { always: { guard: 'g' } } } } }),
  // @ts-expect-error an unknown target
  () => chart({ initial: 'a', states: { a: { on: { start: 'c' } }, b: {} } }),
  // @ts-expect-error an unknown event
  () => chart({ initial: 'a', states: { a: { on: { go: 'b' } }, b: {} } }),
  // @ts-expect-error an unknown initial state
  () => chart({ initial: 'c', states: { a: {}, b: {} } }),
  // @ts-expect-error an unknown effect
  () => chart({ initial: 'a', states: { a: { entry: { puls: 'close' } } } }),
  // @ts-expect-error a pulse that is not declared
  () => chart({ initial: 'a', states: { a: { entry: { pulse: 'open' } } } }),
  // @ts-expect-error a set of the wrong unit
  () => chart({ initial: 'a', states: { a: { entry: { set: { power: '5 A' } } } } }),
  // @ts-expect-error a misspelt key of a state
  () => chart({ initial: 'a', states: { a: { entyr: { pulse: 'close' } } } }),
  // @ts-expect-error an unknown wait
  () => chart({ initial: 'a', states: { a: { after: { soon: 'b' } }, b: {} } }),
]

const strategy = {
  type: 'x',
  version: 1,
  title: 'x',
  source: 'x',
  settings: { peak: 'W', level: '%' },
  roles: { meter: { one: gridConnection }, storage: { all: battery } },
  whenBlind: 'hold',
} as const
const propose = (
  law: Parameters<typeof defineStrategy<'x', typeof strategy.settings, typeof strategy.roles>>[0]['propose'],
) => defineStrategy({ ...strategy, propose: law })
const mistakesInStrategies = [
  // @ts-expect-error an unknown point
  () => propose(({ meter }) => (meter.points.pwr ? 'release' : 'release')),
  // @ts-expect-error the wrong unit for the setpoint
  () => propose(({ settings }) => ({ storage: { power: settings.level }, why: 'x' })),
  // @ts-expect-error the wrong unit in a comparison
  () => propose(({ meter, settings }) => (meter.points.power > settings.level ? 'release' : 'release')),
  // @ts-expect-error a setpoint without why
  () => propose(({ settings }) => ({ storage: { power: settings.peak } })),
  // @ts-expect-error a total of what is no quantity
  () => propose(({ storage }) => (storage.total('mode') ? 'release' : 'release')),
  // @ts-expect-error no such state or tag
  () => propose(({ storage }) => (storage.assets.some(b => b.is('runing')) ? 'release' : 'release')),
]
const given = { settings: {}, frame: {} } as const
const mistakesInTables = [
  // @ts-expect-error the wrong unit
  () => table(battery, given, [[{ frame: { soc: '50 W' } }, 'faulted']]),
  // @ts-expect-error no such state
  () => table(battery, given, [[{ start: {} }, 'faultd']]),
  // @ts-expect-error no such alarm
  () => table(battery, given, [[{ start: {} }, 'faulted', { alarm: 'hot' }]]),
]

describe('quantities', () => {
  const t = quantity('55 °C')
  const soc = quantity('50 %')
  const p = quantity('2 kW')
  test('only the same unit', () => {
    expectTypeOf(p).toEqualTypeOf<Quantity<'W'>>()
    expectTypeOf(sub(p, quantity('1 kW'))).toEqualTypeOf<Quantity<'W'>>()
    expectTypeOf(scale(p, soc)).toEqualTypeOf<Quantity<'W'>>()
    // @ts-expect-error another unit
    expect(t > soc).toBe(true)
    // @ts-expect-error a bare number
    expect(t > 55).toBe(true)
    // @ts-expect-error another unit
    expect(add(p, soc)).toBe(2_500)
    // @ts-expect-error no such unit
    expect(() => quantity('55 X')).toThrow("'55 X' has no known unit")
    // @ts-expect-error arithmetic only by functions
    expect(p - p).toBe(0)
  })
})

test('states, tags and events of an asset are known', () => {
  type Types = typeof battery.types
  expectTypeOf<'operating.running.flow.charging'>().toExtend<Types['state']>()
  expectTypeOf<Types['tag']>().toEqualTypeOf<'available' | 'derated'>()
  expectTypeOf<{ type: 'cap'; power: Quantity<'W'> }>().toExtend<Types['event']>()
  expect(mistakes.length + mistakesInStrategies.length + mistakesInTables.length).toBe(35)
})
