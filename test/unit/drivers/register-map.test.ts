import { readFileSync } from 'node:fs'
import { Compile } from 'typebox/compile'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { RegisterMap } from '../../../protocol/words/register-map.ts'
import { checkRegisterMap, type MapDefinition } from '../../../protocol/words/register-map-check.ts'

const schema = Compile(RegisterMap)
const definition: MapDefinition = {
  points: { soc: '%', mode: ['remote', 'local'], temperature: { unit: '°C' } },
  setpoints: { power: { unit: 'W' } },
  pulses: ['close', 'open'],
}
const good: RegisterMap = {
  points: {
    soc: { kind: 'input', register: 0, unit: '%' },
    mode: { kind: 'discrete', register: 0, words: { 0: 'remote', 1: 'local' } },
    temperature: { kind: 'input', register: 1, type: 'int32', unit: '°C' },
  },
  setpoints: { power: { register: 100, type: 'int16', unit: 'W', storage: 'RAM' } },
  pulses: { close: { register: 102, value: 1 }, open: { register: 102, value: 2 } },
  watchdog: { register: 103, storage: 'RAM', periodMs: 1_000, timeoutMs: 5_000 },
}
const { soc, mode, temperature } = good.points as Required<typeof good.points>
const power = good.setpoints!.power!

describe('register map', () => {
  it('has no findings where it fits', () => expect(checkRegisterMap(good, definition)).toEqual([]))

  it.each<[string, string, Partial<RegisterMap>]>([
    ['UNKNOWN_POINT', 'points.x', { points: { ...good.points, x: { kind: 'input', register: 9 } } }],
    ['MISSING_POINT', 'points.soc', { points: { mode: mode!, temperature: temperature! } }],
    ['UNKNOWN_SETPOINT', 'setpoints.q', { setpoints: { power, q: { ...power, register: 101 } } }],
    ['FLASH_CYCLIC', 'watchdog', { watchdog: { register: 103, periodMs: 1_001, timeoutMs: 5_000 } }],
    ['MISSING_SETPOINT', 'setpoints.power', { setpoints: {} }],
    ['UNKNOWN_PULSE', 'pulses.x', { pulses: { ...good.pulses, x: { register: 102, value: 3 } } }],
    ['MISSING_PULSE', 'pulses.open', { pulses: { close: { register: 102, value: 1 } } }],
    ['UNIT_MISMATCH', 'points.soc', { points: { ...good.points, soc: { ...soc!, unit: 'W' } } }],
    ['UNIT_MISMATCH', 'setpoints.power', { setpoints: { power: { ...power, unit: 'A' } } }],
    ['WORDS_MISMATCH', 'points.mode', { points: { ...good.points, mode: { ...mode!, words: { 0: 'remote' } } } }],
    ['WORDS_MISMATCH', 'points.soc', { points: { ...good.points, soc: { ...soc!, words: { 0: 'a' } } } }],
    [
      'NOTHING_PLAUSIBLE',
      'points.soc',
      { points: { ...good.points, soc: { ...soc!, plausible: { min: 1_000, max: 0 } } } },
    ],
    ['OVERLAP', 'points.temperature', { points: { ...good.points, soc: { ...soc!, register: 2 } } }],
    ['OVERLAP', 'watchdog', { watchdog: { register: 100, periodMs: 1, timeoutMs: 5 } }],
    [
      'BEYOND_ADDRESSES',
      'points.temperature',
      { points: { ...good.points, temperature: { ...temperature!, register: 65_535 } } },
    ],
    ['BIT_AS_NUMBER', 'points.mode', { points: { ...good.points, mode: { ...mode!, type: 'uint16' } } }],
    ['SCALE_NOT_EXACT', 'setpoints.power', { setpoints: { power: { ...power, scale: { num: 3, den: 2 } } } }],
    ['FLASH_CYCLIC', 'setpoints.power', { setpoints: { power: { ...power, storage: 'flash' } } }],
    ['FLASH_CYCLIC', 'setpoints.power', { setpoints: { power: { register: 100, type: 'int16', unit: 'W' } } }],
    [
      'BUDGET_BELOW_REFRESH',
      'setpoints.power',
      { setpoints: { power: { ...power, refreshMs: 60_000, writesPerDay: 1_000 } } },
    ],
    [
      'SAME_PULSE',
      'pulses.open',
      { pulses: { close: { register: 102, value: 1 }, open: { register: 102, value: 1 } } },
    ],
    ['WATCHDOG_TOO_SLOW', 'watchdog', { watchdog: { register: 103, periodMs: 3_000, timeoutMs: 5_000 } }],
  ])('%s at %s', (code, where, change) => {
    const found = checkRegisterMap({ ...good, ...change }, definition)
    expect(found.map(f => `${f.code} ${f.where}`)).toContain(`${code} ${where}`)
  })

  it('refuses by its schema what is no map', () => {
    expect(schema.Check(good)).toBe(true)
    expect(schema.Check({ ...good, surprise: 1 })).toBe(false)
    expect(schema.Check({ points: { a: { kind: 'input', register: 70_000 } } })).toBe(false)
    expect(schema.Check({ points: { a: { kind: 'register', register: 1 } } })).toBe(false)
    expect(schema.Check({ points: { a: { kind: 'input', register: 1, scale: { num: 0 } } } })).toBe(false)
  })

  it.each(['battery', 'pv', 'load', 'grid'])('the map of the example %s passes schema and checks', type => {
    const map = parse(
      readFileSync(new URL(`../../../sim/sites/maps/${type}.yaml`, import.meta.url), 'utf8'),
    ) as RegisterMap
    expect([...schema.Errors(map)]).toEqual([])
    const same: MapDefinition = {
      points: Object.fromEntries(
        Object.entries(map.points).map(([n, r]) => [n, r.words ? Object.values(r.words) : (r.unit ?? '')]),
      ),
      setpoints: Object.fromEntries(Object.entries(map.setpoints ?? {}).map(([n, r]) => [n, { unit: r.unit ?? '' }])),
      pulses: Object.keys(map.pulses ?? {}),
    }
    expect(checkRegisterMap(map, same)).toEqual([])
  })
})
