import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clearFaults, startFault } from '../../../sim/plant/faults.ts'
import { meters } from '../../../sim/plant/meters.ts'
import { pacePlant } from '../../../sim/plant/pace.ts'
import { Plant } from '../../../sim/plant/plant.ts'
import type { RunningPlant } from '../../../sim/plant/process.ts'
import type { BatteryMemory, PlantOptions, PvMemory } from '../../../sim/plant/state.ts'

const START = Date.UTC(2026, 5, 21, 11)
const options: PlantOptions = {
  seed: 'unit',
  startMs: START,
  assets: [
    { name: 'bat1', type: 'battery', unit: 1, watchdogMs: 0 },
    { name: 'bat2', type: 'battery', unit: 5, watchdogMs: 0, socPermille: 30 },
    { name: 'pv1', type: 'pv', unit: 2 },
    { name: 'load1', type: 'load', unit: 3 },
    { name: 'grid', type: 'grid', unit: 4 },
  ],
}
const setpoint = (plant: Plant, unit: number, w: number) => plant.write(unit, 'holding', 100, [(w / 10) & 0xffff], 1)
function started(): Plant {
  const plant = new Plant(options)
  for (const unit of [1, 5]) plant.write(unit, 'holding', 103, [1], 1)
  plant.advanceTo(START + 2_000)
  for (const unit of [1, 5]) plant.write(unit, 'holding', 103, [2], 1)
  return plant
}

describe('plant', () => {
  it('balances at the busbar and in the stores, whatever is asked and whatever breaks', () => {
    const actions = fc.array(
      fc.record({
        unit: fc.constantFrom(1, 5),
        w: fc.integer({ min: -900, max: 900 }).map(x => x * 10),
        ms: fc.integer({ min: 100, max: 20_000 }),
        fault: fc.constantFrom(undefined, 'breaker', 'clear'),
      }),
      { minLength: 1, maxLength: 20 },
    )
    fc.assert(
      fc.property(actions, list => {
        const plant = started()
        const storedAtStart = meters(plant.state).storedMwh
        for (const a of list) {
          setpoint(plant, a.unit, a.w)
          if (a.fault === 'breaker') startFault('breaker', { asset: 'grid' }, plant)
          if (a.fault === 'clear') clearFaults(plant)
          plant.advanceTo(plant.state.tMs + a.ms)
        }
        const m = meters(plant.state)
        const given = m.importedMwh + m.producedMwh + m.returnedMwh + m.dischargedMwh
        expect(given).toBeCloseTo(m.exportedMwh + m.consumedMwh + m.chargedMwh, 3)
        expect(m.storedMwh - storedAtStart).toBeCloseTo(m.chargedMwh - m.dischargedMwh - m.lossesMwh, 3)
      }),
      { numRuns: 50 },
    )
  })

  it('does the same in one advance as in many', () => {
    const once = started()
    const often = started()
    setpoint(once, 1, 2_000)
    setpoint(often, 1, 2_000)
    once.advanceTo(START + 60_000)
    for (let t = START + 2_000; t <= START + 60_000; t += 70) often.advanceTo(t)
    often.advanceTo(START + 60_000)
    expect(often.state).toEqual(once.state)
  })

  it('takes all words of a request or none', () => {
    const plant = started()
    const before = plant.state
    expect(plant.write(1, 'holding', 100, [100, 7, 65_000], 1)).toMatchObject([{ outcome: 'refused', exception: 3 }])
    expect(plant.state).toEqual(before)
    expect(plant.write(1, 'holding', 100, [100, 7, 50], 1)).toMatchObject([
      { register: 'setpoint', applied: 1_000 },
      { register: 'heartbeat', applied: 7 },
      { register: 'watchdogTimeout', applied: 5_000 },
    ])
  })

  it('takes back a late write whose request is refused', () => {
    const plant = started()
    startFault('late', { asset: 'bat1' }, plant)
    plant.write(1, 'holding', 100, [100, 7, 65_000], 1)
    expect(plant.state.late).toEqual([])
  })

  it('a late write neither outlives the watchdog nor a newer write', () => {
    const plant = started()
    const late = (w: number) => {
      startFault('late', { asset: 'bat1', delayMs: 20_000 }, plant)
      setpoint(plant, 1, w)
      clearFaults(plant)
    }
    late(3_000)
    setpoint(plant, 1, 1_000)
    expect(plant.state.late).toEqual([])
    plant.write(1, 'holding', 101, [1, 100], 1)
    late(2_000)
    expect(plant.advanceTo(START + 60_000)).toEqual([])
    expect((plant.state.assets.bat1 as BatteryMemory).cells.powerW).toBe(0)
  })

  it('the local switch forgets what was still to come', () => {
    const plant = started()
    startFault('late', { asset: 'bat1' }, plant)
    setpoint(plant, 1, 3_000)
    startFault('local', { asset: 'bat1', ms: 1_000 }, plant)
    plant.advanceTo(START + 20_000)
    expect((plant.state.assets.bat1 as BatteryMemory).cells.powerW).toBe(0)
  })

  it('a recording is followed, nameplate or not, and curtailed by its ceiling', () => {
    const plant = new Plant(options, { 'pv1.power': () => 12_000, 'load1.power': () => 70 })
    plant.advanceTo(START + 10_000)
    expect(plant.state.assets.pv1).toMatchObject({ powerW: 12_000 })
    expect(plant.state.assets.load1).toMatchObject({ powerW: 70, consumedMwh: 0 })
    expect(plant.state.assets.grid).toMatchObject({ powerW: -12_070 })
    plant.write(2, 'holding', 100, [200], 1)
    plant.advanceTo(START + 20_000)
    expect(plant.state.assets.pv1).toMatchObject({ powerW: 2_000 })
  })

  it('PV opens and closes by pulses, keeps its ceiling, and warms by what it gives', () => {
    const plant = new Plant(options, { 'pv1.power': () => 6_000 })
    const pulse = (code: number) => plant.write(2, 'holding', 103, [code], 1)
    const deciC = () => plant.read(2, 'input', 4, 1)
    plant.advanceTo(START + 600_000)
    const powerOf = () => (plant.state.assets.pv1 as PvMemory).powerW
    expect(powerOf()).toBe(6_000)
    const [warm] = deciC() as number[]
    expect(warm).toBeGreaterThan(300)
    expect(warm).toBeLessThan(700)
    plant.write(2, 'holding', 100, [200], 1)
    expect(pulse(2)).toMatchObject([{ register: 'pulse', asked: 2, outcome: 'accepted' }])
    expect(powerOf()).toBe(0)
    plant.advanceTo(START + 1_200_000)
    expect(powerOf()).toBe(0)
    expect(plant.read(2, 'discrete', 1, 1)).toEqual([0])
    expect((deciC() as number[])[0]).toBeLessThan(warm!)
    pulse(1)
    plant.advanceTo(START + 1_210_000)
    expect(powerOf()).toBe(2_000)
    expect(plant.read(2, 'input', 14, 1)).toEqual([2])
    expect(pulse(3)).toMatchObject([{ outcome: 'refused', exception: 3 }])
  })

  it.each([
    ['a hole', 1, 'input', 15, 1],
    ['half a register', 1, 'input', 4, 1],
    ['beyond the end', 1, 'input', 0, 30],
    ['another space', 1, 'coil', 0, 1],
    ['no such unit', 9, 'input', 0, 1],
  ] as const)('answers %s with exception 2', (_, unit, space, address, count) => {
    expect(started().read(unit, space, address, count)).toEqual({ exception: 2 })
  })

  it('skips time without physics', () => {
    const plant = started()
    setpoint(plant, 1, 2_000)
    plant.advanceTo(START + 10_000)
    const { cells } = plant.state.assets.bat1 as BatteryMemory
    plant.skipTo(START + 3_600_000)
    expect(plant.state.tMs).toBe(START + 3_600_000)
    expect((plant.state.assets.bat1 as BatteryMemory).cells).toEqual(cells)
  })
})

describe('pace', () => {
  it('advances by the monotonic clock from due time to due time, and catches up after a stall', () => {
    let nowMs = 5_000
    const timers: { dueMs: number; run: () => void }[] = []
    const asked: number[] = []
    const plant = { timeAt: (wallMs: number) => wallMs + 7, advanceTo: (t: number) => void asked.push(t) }
    const clock = {
      monotonicUs: () => 0,
      monotonicMs: () => nowMs,
      wallMs: () => 1_000,
      after(ms: number, run: () => void) {
        timers.push({ dueMs: nowMs + ms, run })
        return { cancel: () => {} }
      },
    }
    const pace = pacePlant(plant as unknown as RunningPlant, clock)
    const fire = (lateMs: number) => {
      const timer = timers.shift()!
      nowMs = timer.dueMs + lateMs
      timer.run()
    }
    fire(0)
    fire(30)
    fire(0)
    fire(1_000)
    fire(0)
    expect(asked).toEqual([1_007, 1_107, 1_237, 1_307, 2_407, 2_507])
    pace.cancel()
    fire(0)
    expect(timers).toEqual([])
  })
})
