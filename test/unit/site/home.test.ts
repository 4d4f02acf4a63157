import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { builtIn } from '../../../actors/engine.ts'
import { Refusal } from '../../../protocol/words/errors.ts'
import { readSiteFile, type SiteFile } from '../../../supervisors/site/file.ts'
import { type Identity, resolveSite } from '../../../supervisors/site/resolve.ts'

const path = fileURLToPath(new URL('../../../sim/sites/home.yaml', import.meta.url))
const key = { publicKey: 'A'.repeat(43), roles: ['node' as const] }
const who: Identity = {
  keys: { a: key, b: key, c: key },
  replicas: ['a', 'b', 'c'],
  threshold: 1,
  engine: '0'.repeat(64),
}
const home = (change: (file: any) => void = () => {}) => {
  const file = structuredClone(readSiteFile(path).file) as SiteFile
  change(file)
  return resolveSite(file, builtIn, who)
}
const refusal = (change: (file: any) => void): string => {
  try {
    home(change)
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
  return 'taken'
}

describe('the home site', () => {
  test('resolves with PV, its pulses and its export limit', () => {
    const { assets, laws } = home()
    const pv = assets.find(a => a.name === 'pv1')!
    expect(pv).toMatchObject({ type: 'pvInverter', settings: { rated: 8_000 }, fallback: { values: { powerMax: 0 } } })
    expect(pv.envelope.powerMax).toEqual({ min: 0, max: 8_000, rise: 20_000, fall: 50_000, safe: 8_000 })
    expect(Object.keys(pv.map.pulses!)).toEqual(['connect', 'disconnect'])
    expect(laws).toEqual([
      { law: 'exportLimit', asset: 'pv1', setpoint: 'powerMax', meter: 'grid', limitW: 5_000, blindW: 0 },
    ])
  })
  test.each<[string, (map: any) => void, string]>([
    ['flash', m => delete m.setpoints.powerMax.storage, 'FLASH_CYCLIC: FLASH_CYCLIC assets.pv1.field.map.setpoints'],
    ['a missing point', m => delete m.points.temperature, 'REGISTER_MAP: MISSING_POINT assets.pv1.field.map.points.te'],
    [
      'a missing pulse',
      m => delete m.pulses.connect,
      'REGISTER_MAP: MISSING_PULSE assets.pv1.field.map.pulses.connect',
    ],
    ['another unit', m => (m.points.power.unit = 'A'), 'REGISTER_MAP: UNIT_MISMATCH assets.pv1.field.map.points.power'],
    ['no map', m => (m.points = 7), 'REGISTER_MAP: assets.pv1.field.map.points'],
    [
      'a fixed short watchdog',
      m => (m.watchdog = { register: 101, storage: 'RAM', periodMs: 500, timeoutMs: 2_000 }),
      'TIMER_BELOW_CYCLE: assets.pv1: its watchdog of 2000 ms',
    ],
  ])('refuses a map with %s', (_, change, says) =>
    expect(refusal(file => change(file.assets.pv1.field.map))).toContain(says),
  )
  test('shows every finding at once', () => {
    const says = refusal(file => {
      delete file.assets.pv1.field.map.points.temperature
      delete file.assets.pv1.field.map.pulses.connect
    })
    expect(says).toContain('MISSING_POINT')
    expect(says).toContain('MISSING_PULSE')
  })
  test('takes points beyond the definition, and an optional point that is not there', () => {
    const { assets } = home((file: any) => delete file.assets.pv1.field.map.points.available)
    expect(assets.find(a => a.name === 'grid')!.map.points).toHaveProperty('imported')
  })
  test('two assets may not write one register', () => {
    const says = refusal(file => (file.assets.bat2.field.address = file.assets.bat1.field.address))
    expect(says).toContain('REGISTER_CONFLICT')
  })
})

describe('strategies of a site file', () => {
  const roles = { meter: 'grid', storage: ['bat1', 'bat2'] }
  const withStrategy = (entry: object) => (file: any) => (file.strategies = [entry])
  test('a schedule and an export limit', () => {
    const { strategies } = home((file: any) => {
      const plan = '17:00-20:00 2 kW; 20:00-22:00 0 W'
      const pv = { type: 'exportLimit', settings: { limit: '4 kW' }, roles: { meter: 'grid', pv: 'pv1' } }
      file.strategies = [{ type: 'schedule', settings: { plan }, roles }, pv]
    })
    expect(strategies.map(s => [s.type, s.settings])).toEqual([
      ['schedule', { plan: '17:00-20:00 2 kW; 20:00-22:00 0 W', deadband: 200, gain: 300 }],
      ['exportLimit', { limit: 4_000, gain: 300 }],
    ])
  })
  test.each([
    [
      'schedule',
      { plan: '17:00-20:00 2 kW; 19:00-21:00 0 W' },
      "settings.plan: '17:00-20:00 2 kW' and '19:00-21:00 0 W' overlap",
    ],
    ['schedule', { plan: 'at noon' }, "settings.plan, slot 1: 'at noon' is no daily slot; write '17:00-20:00 2 kW'"],
    ['schedule', {}, "strategies[0].settings: 'plan' is missing; write plan: '17:00-20:00 2 kW"],
    ['schedule', { plan: 7 }, 'strategies[0].settings: plan: 7 is no text'],
    ['peakShaving', { peak: '1 kW', recharge: '1 kW' }, 'settings.recharge: 1000 W is not below the peak, 1000 W'],
    ['selfConsumption', { gain: '130 %' }, 'settings.gain: 130 % is outside 0.1 % to 100 %'],
  ])('%s with %o is refused', (type, settings, says) =>
    expect(refusal(withStrategy({ type, settings, roles }))).toContain(says),
  )
})
