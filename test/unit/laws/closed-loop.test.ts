import { describe, expect, test } from 'vitest'
import { allocate } from '../../../actors/laws/allocate.ts'
import { balancing } from '../../../actors/laws/balancing.ts'
import { exportLimit } from '../../../actors/laws/export-limit.ts'
import { fcr } from '../../../actors/laws/fcr.ts'
import { peakShaving } from '../../../actors/laws/peak-shaving.ts'
import { ramp } from '../../../actors/laws/ramp.ts'
import { Plant } from '../../../sim/plant/plant.ts'
import type { BatteryMemory, GridMemory, PvMemory } from '../../../sim/plant/state.ts'

const START = Date.UTC(2026, 5, 21, 11)
const CYCLE_MS = 1_000
const UNITS = { bat1: 1, bat2: 2, pv1: 3 } as const
type Device = keyof typeof UNITS
/** Declared ramp of the batteries, W/s; the devices themselves could do 2500. */
const RAMP = 1_000
const BIG = { capacityMwh: 8_000_000, chargeMaxW: 5_000, dischargeMaxW: 5_000 }
const SMALL = { capacityMwh: 2_000_000, chargeMaxW: 1_500, dischargeMaxW: 1_500 }

interface Seen {
  readonly gridW: number
  readonly bat1W: number
  readonly bat2W: number
  readonly pvW: number
  readonly frequencyMhz: number
}
/** The plant, its batteries closed, under laws that run once a cycle of plant time. */
class Loop {
  readonly plant: Plant
  readonly seen: Seen[] = []
  #setpoints: Record<Device, number> = { bat1: 0, bat2: 0, pv1: 8_000 }

  constructor(
    loadW: (s: number) => number,
    sunW: (s: number) => number = () => 0,
    mhz: (s: number) => number = () => 50_000,
  ) {
    const inputs = {
      'load1.power': (ms: number) => -loadW(ms / 1000 - 3),
      'pv1.power': (ms: number) => sunW(ms / 1000 - 3),
      'grid.frequency': (ms: number) => mhz(ms / 1000 - 3),
    }
    const battery = { type: 'battery', watchdogMs: 0, socPermille: 500 } as const
    this.plant = new Plant(
      {
        seed: 'loop',
        startMs: START,
        assets: [
          { ...battery, name: 'bat1', unit: 1, parameters: BIG },
          { ...battery, name: 'bat2', unit: 2, parameters: SMALL },
          { name: 'pv1', type: 'pv', unit: 3, watchdogMs: 0 },
          { name: 'load1', type: 'load', unit: 4 },
          { name: 'grid', type: 'grid', unit: 5 },
        ],
      },
      inputs,
    )
    for (const code of [1, 2]) {
      for (const unit of [1, 2]) this.plant.write(unit, 'holding', 103, [code], 1)
      this.plant.advanceTo(this.plant.state.tMs + 1_500)
    }
    this.look()
  }
  look(): Seen {
    const a = this.plant.state.assets
    const watts = (name: string) => Math.round((a[name] as BatteryMemory).cells.powerW)
    const grid = a.grid as GridMemory
    const now = {
      gridW: Math.round(grid.powerW),
      bat1W: watts('bat1'),
      bat2W: watts('bat2'),
      pvW: Math.round((a.pv1 as PvMemory).powerW),
      frequencyMhz: Math.round(grid.frequencyMhz),
    }
    this.seen.push(now)
    return now
  }
  set(device: Device, wantedW: number): void {
    const from = this.#setpoints[device]
    const rate = device === 'pv1' ? 0 : RAMP
    const value = Math.trunc(ramp({ from, to: wantedW, rise: rate, fall: rate, dtMs: CYCLE_MS }) / 10) * 10
    this.#setpoints[device] = value
    this.plant.write(UNITS[device], 'holding', 100, [(value / 10) & 0xffff], 1)
  }
  /** `ageCycles`: how many cycles the meter is older than the devices' own power. */
  run(seconds: number, ageCycles: number, law: (seen: Seen, now: Seen) => void): readonly Seen[] {
    const from = this.seen.length
    for (let s = 0; s < seconds; s++) {
      const now = this.seen.at(-1)!
      const meter = this.seen[Math.max(0, this.seen.length - 1 - ageCycles)]!
      law({ ...now, gridW: meter.gridW }, now)
      this.plant.advanceTo(this.plant.state.tMs + CYCLE_MS)
      this.look()
    }
    return this.seen.slice(from)
  }
}

const W = (seen: readonly Seen[], of: keyof Seen) => seen.map(s => s[of])
const spread = (values: readonly number[]) => Math.max(...values) - Math.min(...values)
/** How often it turns around: an oscillation does so for ever. */
const turns = (values: readonly number[]) => {
  const steps = values.slice(1).map((v, i) => Math.sign(v - values[i]!))
  const moving = steps.filter(s => s !== 0)
  return moving.slice(1).filter((s, i) => s !== moving[i]).length
}
const selfConsumption = (loop: Loop, gainPermille: number) => (seen: Seen) => {
  const { totalW } = balancing({ gridW: seen.gridW, storageW: seen.bat1W, targetW: 0, deadbandW: 30, gainPermille })
  loop.set('bat1', totalW)
}

describe('self-consumption on the plant', () => {
  const step = (s: number) => (s < 0 ? 500 : 2_500)
  test.each([0, 1])('with a gain of 30 % it settles within 15 cycles of a load step, the meter %d cycles old', age => {
    const loop = new Loop(step)
    const seen = loop.run(60, age, selfConsumption(loop, 300))
    for (const { gridW, bat1W } of seen.slice(15)) {
      expect(Math.abs(gridW)).toBeLessThanOrEqual(60)
      expect(Math.abs(bat1W - 2_500)).toBeLessThanOrEqual(60)
    }
    expect(turns(W(seen.slice(20), 'bat1W'))).toBeLessThanOrEqual(1)
  })
  test('with a gain of 100 % and a meter a cycle old it oscillates for ever', () => {
    const loop = new Loop(step)
    const late = W(loop.run(90, 1, selfConsumption(loop, 1_000)).slice(60), 'bat1W')
    expect(spread(late)).toBeGreaterThan(1_000)
    expect(turns(late)).toBeGreaterThan(6)
  })
  test('keeps its ramp on the way (S29)', () => {
    const loop = new Loop(s => (s < 0 ? 0 : s < 30 ? 5_000 : -0))
    const seen = loop.run(60, 1, selfConsumption(loop, 1_000))
    const watts = W(seen, 'bat1W')
    for (const [i, w] of watts.slice(1).entries()) expect(Math.abs(w - watts[i]!)).toBeLessThanOrEqual(RAMP + 1)
  })
})

describe('peak shaving on the plant', () => {
  const law = (loop: Loop, gainPermille: number) => (seen: Seen) => {
    const p = { gridW: seen.gridW, storageW: seen.bat1W, peakW: 3_000, rechargeW: 1_000, gainPermille }
    loop.set('bat1', peakShaving(p).totalW)
  }
  test.each([0, 1])('holds the peak, rests between, and recharges, the meter %d cycles old', age => {
    const loop = new Loop(s => (s < 30 ? 6_000 : s < 60 ? 2_000 : 200))
    const seen = loop.run(100, age, law(loop, 300))
    const near = (from: number, to: number, gridW: number) => {
      for (const s of seen.slice(from, to)) expect(Math.abs(s.gridW - gridW)).toBeLessThanOrEqual(60)
    }
    near(18, 29, 3_000)
    near(48, 59, 2_000)
    near(78, 99, 1_000)
  })
  test('with a gain of 100 % and a meter a cycle old it oscillates', () => {
    const loop = new Loop(() => 6_000)
    expect(spread(W(loop.run(90, 1, law(loop, 1_000)).slice(60), 'bat1W'))).toBeGreaterThan(500)
  })
})

describe('two batteries of different size', () => {
  test('share by stored energy, clip the small one, and empty alike', () => {
    const loop = new Loop(() => 4_000)
    loop.run(600, 0, seen => {
      const { bat1W, bat2W, gridW } = seen
      const p = { gridW, storageW: bat1W + bat2W, targetW: 0, deadbandW: 30, gainPermille: 300 }
      const energy = (name: string) => Math.round((loop.plant.state.assets[name] as BatteryMemory).cells.storedMwh)
      const { shares } = allocate(balancing(p).totalW, [
        { name: 'bat1', min: -5_000, max: 5_000, discharge: energy('bat1'), charge: 0 },
        { name: 'bat2', min: -1_500, max: 1_500, discharge: energy('bat2'), charge: 0 },
      ])
      loop.set('bat1', shares.bat1!)
      loop.set('bat2', shares.bat2!)
    })
    const { gridW, bat1W, bat2W } = loop.seen.at(-1)!
    expect(Math.abs(gridW)).toBeLessThanOrEqual(60)
    expect(bat1W / bat2W).toBeCloseTo(4, 0)
    const share = (name: string, p: { capacityMwh: number }) =>
      (loop.plant.state.assets[name] as BatteryMemory).cells.storedMwh / p.capacityMwh
    expect(share('bat1', BIG)).toBeLessThan(0.46)
    expect(share('bat1', BIG)).toBeCloseTo(share('bat2', SMALL), 2)
  })
})

describe('export limit with FCR on', () => {
  const reserve = { nominalMhz: 50_000, fullDeviationMhz: 200, deadbandMhz: 10, reserveW: 1_000 }
  /** Under-frequency from second 20 to 60: FCR discharges 1 kW into a site at its export limit. */
  const mhz = (s: number) => (s >= 20 && s < 60 ? 49_800 : 50_000)
  const limited = (subtracting: boolean, gainPermille: number) => {
    const loop = new Loop(
      () => 500,
      () => 7_000,
      mhz,
    )
    return loop.run(100, 0, seen => {
      const local = fcr({ ...reserve, frequencyMhz: seen.frequencyMhz })
      loop.set('bat1', local)
      const gridW = seen.gridW + (subtracting ? seen.bat1W : 0)
      loop.set('pv1', exportLimit({ gridW, pvW: seen.pvW, limitW: 5_000, blindW: 0, gainPermille }).pvMaxW)
    })
  }
  test('at the gateway: FCR is delivered whole, PV yields once, the export keeps its limit', () => {
    const seen = limited(false, 1_000)
    for (const s of [...seen.slice(5, 19), ...seen.slice(25, 59), ...seen.slice(65)])
      expect(s.gridW).toBeGreaterThanOrEqual(-5_010)
    expect(W(seen.slice(25, 59), 'bat1W').every(w => w === 1_000)).toBe(true)
    expect(W(seen.slice(25, 59), 'pvW').every(w => Math.abs(w - 4_500) <= 10)).toBe(true)
    expect(turns(W(seen.slice(5), 'pvW'))).toBeLessThanOrEqual(1)
  })
  test('at the controllers: the local part is subtracted, so that PV does not move against it at all', () => {
    const seen = limited(true, 300)
    expect(spread(W(seen.slice(15), 'pvW'))).toBeLessThanOrEqual(20)
    expect(W(seen.slice(25, 59), 'gridW').every(w => Math.abs(w + 6_000) <= 20)).toBe(true)
  })
  test('on a meter a cycle old it settles below the limit', () => {
    const loop = new Loop(
      () => 500,
      () => 7_000,
    )
    const seen = loop.run(60, 1, now => {
      const p = { gridW: now.gridW, pvW: now.pvW, limitW: 5_000, blindW: 0, gainPermille: 300 }
      loop.set('pv1', exportLimit(p).pvMaxW)
    })
    for (const s of seen.slice(25)) expect(Math.abs(s.gridW + 5_000)).toBeLessThanOrEqual(60)
  })
})
