/** What walking an asset's paths finds: each mistake of an author is planted once. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { battery } from '../../../actors/assets/battery.ts'
import { load } from '../../../actors/assets/load.ts'
import { pvInverter } from '../../../actors/assets/pv-inverter.ts'
import { defineAsset } from '../../../actors/kit/index.ts'
import { PlantDevice } from '../../../sim/asset/plant-device.ts'
import { testAsset } from '../../../sim/asset/test.ts'
import { coveragePercent } from '../../../supervisors/records/asset-words.ts'

const mapOf = (name: string) =>
  parse(readFileSync(new URL(`../../../sim/sites/maps/${name}.yaml`, import.meta.url), 'utf8'))
const asked = { settings: {}, frames: {} }
const quiet = () => {}

/** A pump that runs at what is wanted, protected by its temperature; `lost` and what `wear` does are bent by tests. */
const pump = (running: object = {}, wear: () => object | readonly object[] = () => [], guards: object = {}) =>
  defineAsset({
    type: 'pump',
    version: 1,
    title: 'Pump',
    points: { temperature: '°C' },
    setpoints: { power: { unit: 'W', safe: '0 W' } },
    pulses: ['switchOn'],
    commands: { start: {}, stop: {}, wear: { by: 'W' } },
    settings: { powerMax: 'W' },
    alarms: {},
    context: { worn: 0 },
    guards: { hot: 'temperature >= 60 °C', cool: 'temperature < 50 °C', ...guards } as { hot: never; cool: never },
    actions: { wear: wear as never },
    limits: {
      power: { rating: { min: '0 W', max: 'settings.powerMax' }, off: { notIn: 'available', min: '0 W', max: '0 W' } },
    },
    chart: {
      initial: 'off',
      states: {
        off: { on: { lost: {}, start: { guard: 'cool', target: 'running' } } },
        running: {
          tags: 'available',
          entry: { pulse: 'switchOn' },
          always: { guard: 'hot', target: 'off' },
          exit: { set: { power: '0 W' } },
          on: {
            stop: 'off',
            lost: 'off',
            wear: { actions: 'wear' },
            dispatched: { actions: { set: { power: 'wanted.power' } } },
            ...running,
          },
        },
      },
    } as never,
  })

test('a chart that holds is covered whole, on both sides of each border', () => {
  const t = testAsset(pump(), null, asked, quiet)
  expect(t).toMatchObject({ type: 'pump', device: 'generic', failed: 0, assumed: { powerMax: '5 kW' } })
  expect(coveragePercent(t.covered)).toBe(100)
  expect(t.covered.guards.covered).toEqual(['cool is true', 'cool is false', 'hot is true', 'hot is false'])
  expect(Object.keys(t.frames.injected)).toEqual(['hot', 'not hot', 'cool', 'not cool'])
})

test('a state that keeps its setpoint when measurements are lost is named, with the path to it', () => {
  const t = testAsset(pump({ lost: {} }), null, asked, quiet)
  expect(t.failures).toContainEqual({
    problem: 'UNSAFE',
    at: 'running',
    on: 'frame lost',
    text: 'power stays at 1000; its safe value is 0',
    path: ['command start', 'wanted {"power":1000}', 'frame lost'],
  })
})

test('an action that throws is a quarantine', () => {
  const throwing = () => {
    throw new Error('worn out')
  }
  const t = testAsset(pump({}, throwing), null, asked, quiet)
  expect(t.failures[0]).toMatchObject({
    problem: 'QUARANTINE',
    at: 'running',
    text: expect.stringContaining('worn out'),
  })
  expect(t.failures[0]!.path.at(-1)).toMatch(/^command wear /)
})

test('what no path reaches is told', () => {
  const t = testAsset(
    pump({ measured: { guard: 'never', target: 'off' } }, undefined, { never: () => false }),
    null,
    asked,
    quiet,
  )
  expect(t.failed).toBe(0)
  expect(t.covered.edges.uncovered).toEqual(['pump.running on measured -> pump.off'])
  expect(t.covered.guards.uncovered).toEqual(['never is true'])
  expect(coveragePercent(t.covered)).toBeLessThan(100)
})

test('a guard that is a function is brought to both outcomes by searching, or by a frame by hand', () => {
  const warm = { warm: ({ points }: any) => points.temperature > 5_000 }
  const searched = testAsset(pump({ measured: { guard: 'warm', target: 'off' } }, undefined, warm), null, asked, quiet)
  expect(searched.covered.guards.uncovered).toEqual([])
  const odd = { odd: ({ points }: any) => points.temperature === 314 }
  const chart = () => pump({ measured: { guard: 'odd', target: 'off' } }, undefined, odd)
  expect(testAsset(chart(), null, asked, quiet).covered.guards.uncovered).toEqual(['odd is true'])
  const frames = { warm: { temperature: 314 } }
  expect(testAsset(chart(), null, { ...asked, frames }, quiet).covered.guards.uncovered).toEqual([])
})

test('a compiled guard or limit that says other than its text is found', () => {
  const deaf = pump()
  Object.assign(deaf.program.guards, { cool: () => true })
  expect(testAsset(deaf, null, asked, quiet).failures.map(f => f.problem)).toContain('GUARD')
  const unbound = pump()
  Object.assign(unbound.program.setpoints[0]!, { limits: [] })
  expect(testAsset(unbound, null, { ...asked, settings: { powerMax: '0.5 kW' } }, quiet).failures).toContainEqual(
    expect.objectContaining({ problem: 'LIMIT', text: 'power would be 1000; its limits leave 0 to 500' }),
  )
})

test('pulses of a chart that waits for them succeed and are refused, as the path says', () => {
  const waiting = { pulsed: { actions: { set: { power: '1 W' } } }, pulseFailed: 'off' }
  const t = testAsset(pump(waiting), null, asked, quiet)
  expect(t).toMatchObject({ failed: 0 })
  expect(t.covered.edges.uncovered).toEqual([])
  expect(t.pulses.made).toBeGreaterThan(0)
  expect(t.pulses.done).toBeGreaterThan(0)
})

test('wrong settings are refused with what to write', () => {
  expect(() => testAsset(pump(), null, { ...asked, settings: { powerMax: '5 V' } }, quiet)).toThrow(
    /settings: .*'5 V' is no quantity in W/,
  )
})

test('a load against its simulated meter: every frame is its own', () => {
  const t = testAsset(load, new PlantDevice('load', mapOf('load')), asked, quiet)
  expect(t).toMatchObject({ device: 'load', failed: 0, frames: { injected: {} } })
  expect(coveragePercent(t.covered)).toBe(100)
})

test('the simulated battery closes its contactors on the way, and refuses what its physics forbids', () => {
  const t = testAsset(battery, new PlantDevice('battery', mapOf('battery')), asked, quiet)
  expect(t).toMatchObject({ failed: 0, device: 'battery' })
  expect(coveragePercent(t.covered)).toBe(100)
  expect(t.frames.device.linkCharged).toBeGreaterThan(0) // by its own precharging
  expect(t.frames.device.inLocal).toBeGreaterThan(0) // by its own switch
  expect(t.pulses.refused).toBeGreaterThan(0) // closeMain, where the link was charged in the frame only
}, 60_000)

test('a pulse that the device does not have is named', () => {
  const { connect: _, ...pulses } = mapOf('pv').pulses
  const t = testAsset(pvInverter, new PlantDevice('pv', { ...mapOf('pv'), pulses }), asked, quiet)
  expect(t.failures[0]).toMatchObject({ problem: 'DEVICE', text: 'pulse connect: its register map has no such pulse' })
})

test('a point that the device does not have stands at a usual value, and is told', () => {
  const { temperature: _, ...points } = mapOf('pv').points
  const t = testAsset(pvInverter, new PlantDevice('pv', { ...mapOf('pv'), points }), asked, quiet)
  expect(t).toMatchObject({ failed: 0, missing: ['temperature'] })
  expect(t.frames.device.inLocal).toBeGreaterThan(0)
})
