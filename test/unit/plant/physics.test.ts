import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BATTERY,
  type BatteryState,
  batteryAt,
  cellMv,
  currentMa,
  dcPowerW,
  limitsW,
  linkCharged,
  packMv,
  stepBattery,
} from '../../../sim/plant/physics/battery.ts'
import { frequencyMhz, gridW, voltageMv } from '../../../sim/plant/physics/grid.ts'
import { loadW } from '../../../sim/plant/physics/load.ts'
import { smoothNoise } from '../../../sim/plant/physics/noise.ts'
import { availableW, clearSkyWPerM2, cloudShare, heatPv, PV, stepPv, sunSine } from '../../../sim/plant/physics/pv.ts'

const closed = (soc: number, more: Partial<BatteryState> = {}): BatteryState => ({
  ...batteryAt(BATTERY, soc),
  main: true,
  ...more,
})

describe('battery', () => {
  it.each([
    [0, 2600],
    [75, 3115],
    [500, 3302],
    [1000, 3550],
  ])('a cell at %i per mille stands at %i mV', (soc, mv) => expect(Math.round(cellMv(soc))).toBe(mv))

  it.each([
    ['in the middle', closed(500), -5000, 5000],
    ['open', batteryAt(BATTERY, 500), 0, 0],
    ['nearly empty', closed(25), -5000, 2500],
    ['empty', closed(0), -5000, 0],
    ['nearly full', closed(990), -1000, 5000],
    ['full', closed(1000), 0, 5000],
    ['at 55 degC', closed(500, { temperatureDeciC: 550 }), -2500, 2500],
    ['at 60 degC', closed(500, { temperatureDeciC: 600 }), 0, 0],
  ])('permits, %s', (_, s, minW, maxW) => {
    const limits = limitsW(BATTERY, s)
    expect([Math.round(limits.minW), Math.round(limits.maxW)]).toEqual([minW, maxW])
  })

  it('loses on both ways: 1 kWh from the cells gives 0.96, 1 kWh at the terminals stores 0.96', () => {
    expect(dcPowerW(BATTERY, 960)).toBeCloseTo(1000)
    expect(dcPowerW(BATTERY, -1000)).toBeCloseTo(-960)
  })

  it('current has the sign of the power', () => {
    expect(currentMa(BATTERY, closed(500, { powerW: 3000 }))).toBeCloseTo((3000 / 0.96 / 369.833) * 1000, -1)
    expect(currentMa(BATTERY, closed(500, { powerW: -3000 }))).toBeLessThan(0)
  })

  it('charges its link as an RC does: 63 % after one time constant, 95 % after three', () => {
    let s: BatteryState = { ...batteryAt(BATTERY, 500), precharge: true }
    const linkAfter = (ms: number) => {
      for (let t = 0; t < ms; t += 100) s = stepBattery(BATTERY, s, 0, 100).state
      return s.linkMv / packMv(BATTERY, s)
    }
    expect(linkAfter(300)).toBeCloseTo(0.632, 3)
    expect(linkCharged(BATTERY, s)).toBe(false)
    expect(linkAfter(600)).toBeCloseTo(0.9502, 3)
    expect(linkCharged(BATTERY, s)).toBe(true)
  })

  it('conserves energy, stays within limits, ramp and capacity, whatever is asked of it', () => {
    const targets = fc.array(fc.integer({ min: -9000, max: 9000 }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1000 }),
        targets,
        fc.constantFrom(100, 1_000, 60_000),
        (soc, asked, dtMs) => {
          let s = closed(soc)
          const start = s.storedMwh
          let net = 0
          for (const targetW of asked) {
            const step = stepBattery(BATTERY, s, targetW, dtMs)
            expect(Math.abs(step.state.powerW - s.powerW)).toBeLessThanOrEqual(
              Math.max((BATTERY.rampWPerS * dtMs) / 1000, Math.abs(s.powerW)) + 1e-6,
            )
            expect(Math.abs(step.state.powerW)).toBeLessThanOrEqual(5000)
            expect(step.lossMwh).toBeGreaterThanOrEqual(0)
            s = step.state
            net += step.chargedMwh - step.dischargedMwh - step.lossMwh
            expect(s.storedMwh).toBeGreaterThanOrEqual(0)
            expect(s.storedMwh).toBeLessThanOrEqual(BATTERY.capacityMwh)
          }
          expect(s.storedMwh - start).toBeCloseTo(net, 3)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('warms by its losses and cools to its surroundings', () => {
    let s = closed(900)
    for (let i = 0; i < 36_000; i++) s = stepBattery(BATTERY, s, 5000, 100).state
    expect(s.temperatureDeciC).toBeGreaterThan(BATTERY.ambientDeciC + 20)
    for (let i = 0; i < 600; i++) s = stepBattery(BATTERY, { ...s, powerW: 0 }, 0, 60_000).state
    expect(s.temperatureDeciC).toBeCloseTo(BATTERY.ambientDeciC, 0)
  })
})

describe('photovoltaics', () => {
  const munich = (month: number, day: number, hour: number) => Date.UTC(2026, month - 1, day, hour)
  it.each([
    ['midsummer noon', munich(6, 21, 11), 65.4],
    ['midwinter noon', munich(12, 21, 11), 18.5],
    ['equinox noon', munich(3, 21, 11), 41.6],
  ])('the sun at %s stands at %d degrees', (_, t, degrees) => {
    expect((Math.asin(sunSine(PV, t)) * 180) / Math.PI).toBeCloseTo(degrees, 0)
  })
  it('is dark at night and below 1100 W/m2 by day', () => {
    expect(clearSkyWPerM2(sunSine(PV, munich(6, 21, 23)))).toBe(0)
    expect(clearSkyWPerM2(1)).toBeCloseTo(1037, 0)
  })
  it('has the same clouds from the same seed, others from another', () => {
    const sky = (seed: string) =>
      Array.from({ length: 50 }, (_, i) => availableW(PV, seed, munich(6, 21, 11) + i * 60_000))
    expect(sky('a')).toEqual(sky('a'))
    expect(sky('a')).not.toEqual(sky('b'))
    expect(Math.min(...sky('a').map((_, i) => cloudShare('a', i * 60_000)))).toBeGreaterThanOrEqual(0.15)
  })
  it.each([
    ['follows a falling sun at once', 5000, 1000, 8000, 1000],
    ['rises by its slew rate', 0, 5000, 8000, 400],
    ['goes down to a ceiling by its slew rate', 5000, 6000, 1000, 4600],
    ['never takes power at night', 0, 0, 8000, 0],
  ])('%s', (_, powerW, offerW, ceilingW, next) => expect(stepPv(PV, powerW, offerW, ceilingW, 100)).toBe(next))
})

describe('the temperature of a PV inverter', () => {
  it('comes to rest where its loss flows off: T = T_ambient + R_th x loss', () => {
    let deciC = PV.ambientDeciC
    for (let i = 0; i < 10_000; i++) deciC = heatPv(PV, deciC, 8_000, 1_000)
    expect(deciC).toBeCloseTo(250 + 10 * 0.12 * 240, 0)
  })
})

describe('load and grid', () => {
  it('a load only consumes', () => {
    for (let h = 0; h < 48; h++) expect(loadW('household', 's', h * 1_800_000)).toBeLessThan(0)
    expect(loadW('commercial', 's', 10 * 3_600_000)).toBeLessThan(loadW('commercial', 's', 2 * 3_600_000))
  })
  it('the busbar has no power of its own', () => {
    expect(gridW([3000, 1000, -5000])).toBe(1000)
    expect(Object.is(gridW([]), 0)).toBe(true)
  })
  it('frequency stays near 50 Hz and has no steps', () => {
    for (let t = 0; t < 3_600_000; t += 1_000) {
      expect(Math.abs(frequencyMhz('s', t) - 50_000)).toBeLessThan(60)
      expect(Math.abs(frequencyMhz('s', t + 100) - frequencyMhz('s', t))).toBeLessThan(1)
    }
  })
  it('import pulls the voltage down, export lifts it: dU = R P / U', () => {
    const at = (w: number) => voltageMv('s', 0, 230_000, 0.2, w)
    expect(at(0) - at(5000)).toBeCloseTo(4348, 0)
    expect(at(-5000) - at(0)).toBeCloseTo(4348, 0)
  })
  it('noise is a function of seed and time within -1..1', () => {
    for (let t = 0; t < 100_000; t += 77) expect(Math.abs(smoothNoise(7, t, 1_000))).toBeLessThanOrEqual(1)
    expect(smoothNoise(7, 12_345, 1_000)).toBe(smoothNoise(7, 12_345, 1_000))
  })
})
