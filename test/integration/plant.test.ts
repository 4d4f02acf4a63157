import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FieldDriver } from '../../protocol/ports.ts'
import type { RegisterMap } from '../../protocol/words/register-map.ts'
import type { FaultArguments } from '../../sim/plant/faults.ts'
import type { RunPlantOptions } from '../../sim/plant/process.ts'
import { readRecord } from '../../sim/plant/record.ts'
import { driverOf, Folders, home, longEnough, PlantChild, realClock } from './plant-child.ts'

let options: RunPlantOptions
let plant: PlantChild
let t: number
let address: Readonly<Record<string, string>>
let battery: FieldDriver
const drivers: FieldDriver[] = []
const folders = new Folders()

const opened = (type: string, at: string, map: Partial<RegisterMap> = {}): FieldDriver => {
  const d = driverOf(type, at, map)
  drivers.push(d)
  return d
}
const advance = (ms: number) => {
  t += ms
  return plant.ask({ do: 'advance', tMs: t })
}
const fault = (name: string, args: FaultArguments) => plant.ask({ do: 'fault', name, args })
const clear = () => plant.ask({ do: 'clear' })
const write = (name: string, value: number) => battery.write([{ name, value }], longEnough())
const point = async (d: FieldDriver, name: string) => {
  const v = (await d.read()).points[name]!
  return v.kind === 'value' ? v.value : v.code
}
const power = () => point(battery, 'power')
const setpointRegister = async () => {
  const v = (await battery.readBack(['power'])).power!
  return v.kind === 'value' ? v.value : v.code
}
/** Until the driver has its connection again; each attempt is a request, none is timed. */
async function settled(d: FieldDriver): Promise<void> {
  for (let i = 0; i < 500 && (await point(d, 'power')) === 'disconnected'; i++)
    await new Promise(r => realClock.after(2, () => r(0)))
}

async function start(): Promise<void> {
  plant = new PlantChild()
  address = (await plant.ask({ do: 'run', options })).addresses
  battery = opened('battery', address.bat1!)
}
async function running(): Promise<void> {
  await write('closePrecharge', 1)
  await advance(2_000)
  expect(await write('closeMain', 1)).toMatchObject([{ kind: 'accepted' }])
  await battery.feed(longEnough())
}
async function discharging(): Promise<void> {
  await running()
  await write('power', 3_000)
  await advance(2_000)
  expect(await power()).toBe(3_000)
}

beforeEach(async () => {
  options = home(folders.make())
  t = options.startMs
  await start()
})
afterEach(async () => {
  for (const d of drivers.splice(0)) await d.close()
  await plant.kill()
  folders.remove()
})

describe('plant and driver hold each other to their word', () => {
  it('reads every point of every asset', async () => {
    await advance(1_000)
    expect((await battery.read()).points).toMatchObject({
      soc: { kind: 'value', value: 500 },
      linkVoltage: { kind: 'value', value: 0 },
      power: { kind: 'value', value: 0 },
      temperature: { kind: 'value', value: 220 },
      mode: { kind: 'value', value: 'remote' },
    })
    const wattsOf = async (type: string, name: string) => Number(await point(opened(type, address[name]!), 'power'))
    const sum = (await wattsOf('pv', 'pv1')) + (await wattsOf('load', 'load1'))
    expect(Math.abs((await wattsOf('grid', 'grid')) + sum)).toBeLessThanOrEqual(2)
    const grid = opened('grid', address.grid!)
    expect(await point(grid, 'frequency')).toBeGreaterThan(49_900)
    expect(await point(grid, 'voltage')).toBeGreaterThan(220_000)
    expect(await point(grid, 'breaker')).toBe('closed')
    for (const [type, name] of [
      ['pv', 'pv1'],
      ['load', 'load1'],
      ['grid', 'grid'],
    ] as const)
      for (const value of Object.values((await opened(type, address[name]!).read()).points))
        expect(value.kind).toBe('value')
  })

  it('starts, follows a setpoint no faster than its ramp, and quantises it', async () => {
    expect(await write('closeMain', 1)).toMatchObject([{ kind: 'failed', code: 'exception' }])
    await running()
    expect(await write('power', 3_007)).toEqual([{ name: 'power', kind: 'accepted', quantised: 3_000 }])
    await advance(100)
    expect(await power()).toBe(250)
    await advance(2_000)
    expect(await power()).toBe(3_000)
    expect(await setpointRegister()).toBe(3_000)
  })

  it('clamps a setpoint to what the device permits, and reads back clamped', async () => {
    await running()
    await write('power', -9_000)
    expect(await setpointRegister()).toBe(-5_000)
  })

  it('limits PV, and frees it again when its heartbeat stops', async () => {
    const pv = opened('pv', address.pv1!)
    await pv.feed(longEnough())
    expect(await pv.write([{ name: 'powerMax', value: 1_000 }], longEnough())).toMatchObject([{ kind: 'accepted' }])
    await advance(5_000)
    expect(await point(pv, 'power')).toBe(1_000)
    await advance(20_000)
    expect(await point(pv, 'power')).toBeGreaterThan(1_000)
  })

  it('goes to 0 W by its ramp when nobody feeds it, and stays until told anew', async () => {
    await discharging()
    await advance(7_900)
    expect(await power()).toBe(3_000)
    await advance(100)
    expect(await power()).toBe(2_750)
    await advance(2_000)
    expect(await power()).toBe(0)
    await battery.feed(longEnough())
    await advance(2_000)
    expect([await power(), await setpointRegister()]).toEqual([0, 0])
  })

  it('closes its energy balance on its own meters and on the registers', async () => {
    await discharging()
    await write('power', -2_000)
    for (let i = 0; i < 10; i++) {
      await battery.feed(longEnough())
      await advance(5_000)
    }
    const { meters: m } = await advance(0)
    const gain = m.importedMwh + m.producedMwh + m.dischargedMwh
    expect(gain).toBeGreaterThan(0)
    expect(Math.abs(gain - m.exportedMwh - m.consumedMwh - m.chargedMwh)).toBeLessThan(gain * 1e-9)
    expect(m.storedMwh - 5_000_000).toBeCloseTo(m.chargedMwh - m.dischargedMwh - m.lossesMwh, 3)
    const grid = opened('grid', address.grid!)
    expect(await point(grid, 'exported')).toBe(Math.round(Math.floor(m.exportedMwh) / 1000))
  })
})

describe('the witness', () => {
  it('records every write before its reply, with who, what, and what became of it', async () => {
    await running()
    await write('power', 9_000)
    const { writes } = readRecord(options.folder)
    expect(writes.map(w => [w.register, w.asked, w.applied, w.outcome])).toEqual([
      ['pulse', 1, 1, 'accepted'],
      ['pulse', 2, 2, 'accepted'],
      ['heartbeat', 1, 1, 'accepted'],
      ['setpoint', 9_000, 5_000, 'accepted'],
    ])
    expect(new Set(writes.map(w => w.source)).size).toBe(1)
    expect(writes.at(-1)).toMatchObject({ asset: 'bat1', atMs: t, effectAtMs: t, words: [900] })
  })

  it('loses no write and does not jump when it is killed', async () => {
    await discharging()
    const before = await advance(1_000)
    await write('power', 1_000)
    await plant.kill()
    await start()
    expect(readRecord(options.folder).writes.at(-1)).toMatchObject({ register: 'setpoint', applied: 1_000 })
    expect(await power()).toBe(3_000)
    const after = await advance(500)
    expect(await power()).toBe(3_000 - 5 * 250)
    const lost = before.meters.storedMwh - after.meters.storedMwh
    const delivered = after.meters.dischargedMwh - before.meters.dischargedMwh
    expect(delivered).toBeGreaterThan(0)
    expect(lost).toBeCloseTo(delivered + after.meters.lossesMwh - before.meters.lossesMwh, 3)
  })

  it('lives through the time that it was dead, as the world does', async () => {
    await discharging()
    await plant.kill()
    await start()
    const { meters } = await advance(60_000)
    expect(await power()).toBe(0)
    // 3 kW until 10 s after the last feed, then the ramp: between 6 and 12 Wh in all.
    expect(meters.dischargedMwh).toBeGreaterThan(6_000)
    expect(meters.dischargedMwh).toBeLessThan(12_000)
  })

  it('is the same plant, step for step, killed or not', async () => {
    await running()
    await write('power', 2_000)
    await advance(3_000)
    await plant.kill()
    await start()
    const killed = (await advance(3_000)).state
    const other = new PlantChild()
    const twin = { ...options, folder: folders.make() }
    const twinBattery = opened('battery', (await other.ask({ do: 'run', options: twin })).addresses.bat1!)
    const twinWrite = (name: string, value: number) => twinBattery.write([{ name, value }], longEnough())
    await twinWrite('closePrecharge', 1)
    await other.ask({ do: 'advance', tMs: options.startMs + 2_000 })
    await twinWrite('closeMain', 1)
    await twinBattery.feed(longEnough())
    await twinWrite('power', 2_000)
    const whole = (await other.ask({ do: 'advance', tMs: t })).state
    await other.kill()
    expect(killed).toEqual(whole)
  })

  it('keeps its address over a restart', async () => {
    const before = address
    await plant.kill()
    await start()
    expect(address).toEqual(before)
  })

  it('steps through a bounded absence and says what it skipped', async () => {
    await plant.kill()
    options = { ...options, catchUpMs: 60_000 }
    await start()
    const { state } = await advance(3_600_000)
    expect(state.tMs).toBe(t)
    expect(readRecord(options.folder).skippedMs).toBe(3_540_000)
  })

  it('follows recorded inputs from its first instant on, through a kill', async () => {
    await plant.kill()
    const folder = folders.make()
    const file = join(folder, 'load.csv')
    writeFileSync(file, 'P\n-500\n-800\nNaN\n-900\n')
    const assets = options.assets.map(a => (a.type === 'load' ? { ...a, power: file } : a))
    options = { ...options, folder, assets }
    await start()
    const load = opened('load', address.load1!)
    const seen: unknown[] = []
    for (let minute = 0; minute < 4; minute++) {
      await advance(minute === 0 ? 1_000 : 60_000)
      seen.push(await point(load, 'power'))
      if (minute === 1) {
        await plant.kill()
        await start()
        await settled(load)
      }
    }
    expect(seen).toEqual([-500, -800, -800, -900])
  })

  it('refuses the record of another plant', async () => {
    await plant.kill()
    const stranger = new PlantChild()
    const assets = [{ name: 'other', type: 'load', unit: 1 } as const]
    await expect(stranger.ask({ do: 'run', options: { ...options, assets } })).rejects.toThrow('PLANT_OTHER')
    await stranger.kill()
  })
})

describe('faults on demand', () => {
  it('freeze: requests are swallowed, physics goes on, the record says so', async () => {
    await discharging()
    await fault('freeze', { asset: 'bat1' })
    const impatient = opened('battery', address.bat1!, { timeoutMs: 100 })
    const [unanswered] = await impatient.write([{ name: 'power', value: 100 }], longEnough())
    expect(unanswered).toMatchObject({ kind: 'failed', code: 'timeout' })
    const { state } = await advance(1_000)
    await clear()
    expect(state.assets.bat1).toMatchObject({ cells: { powerW: 3_000 } })
    expect(await setpointRegister()).toBe(3_000)
    expect(readRecord(options.folder).writes.at(-1)).toMatchObject({ outcome: 'swallowed', words: [10] })
  })

  it('drop: the connection is cut and the driver comes back', async () => {
    await discharging()
    await fault('drop', { asset: 'bat1', ms: 1_000 })
    expect(await power()).toBe('disconnected')
    await advance(1_000)
    await settled(battery)
    expect(await power()).toBe(3_000)
  })

  it('drop leaves the other devices alone', async () => {
    const load = opened('load', address.load1!)
    await load.read()
    await fault('drop', { asset: 'bat1', ms: 1_000 })
    expect(await point(load, 'power')).toBeTypeOf('number')
  })

  it('refuse: exception, nothing changes', async () => {
    await discharging()
    await fault('refuse', { asset: 'bat1' })
    expect(await write('power', 100)).toMatchObject([{ kind: 'failed', code: 'exception' }])
    expect(await setpointRegister()).toBe(3_000)
    expect(readRecord(options.folder).writes.at(-1)).toMatchObject({ outcome: 'refused', exception: 4 })
  })

  it('late: reads back at once, takes effect later, and the record knows when', async () => {
    await discharging()
    await fault('late', { asset: 'bat1', delayMs: 2_000 })
    await write('power', 0)
    expect(await setpointRegister()).toBe(0)
    await advance(1_900)
    expect(await power()).toBe(3_000)
    await advance(100)
    expect(await power()).toBe(2_750)
    expect(readRecord(options.folder).writes.at(-1)).toMatchObject({
      register: 'setpoint',
      atMs: t - 2_000,
      effectAtMs: t,
    })
  })

  it('stick: one register shows the same for ever, the others live', async () => {
    await discharging()
    await fault('stick', { asset: 'bat1', register: 'power' })
    await write('power', 0)
    await advance(2_000)
    expect([await power(), await point(battery, 'current')]).toEqual([3_000, 0])
    await fault('stick', { asset: 'bat1', register: 'setpoint' })
    expect(await write('power', 500)).toMatchObject([{ kind: 'accepted' }])
    expect(await setpointRegister()).toBe(0)
    expect(readRecord(options.folder).writes.at(-1)).toMatchObject({ outcome: 'accepted', applied: null })
  })

  it('clamp: half of what is asked, in both directions, and the register says so', async () => {
    await discharging()
    await fault('clamp', { asset: 'bat1' })
    for (const [asked, held] of [
      [2_000, 1_000],
      [-1_510, -750], // in steps of 10 W, towards nothing
    ] as const) {
      await write('power', asked)
      expect(await setpointRegister()).toBe(held)
      expect(readRecord(options.folder).writes.at(-1)).toMatchObject({ outcome: 'accepted', asked, applied: held })
    }
    await expect(fault('clamp', { asset: 'grid' })).rejects.toThrow('NOT_CONTROLLABLE')
  })

  it('local: mode is visible, writes are refused, the device holds what its operator asks', async () => {
    await discharging()
    await fault('local', { asset: 'bat1', powerW: -1_000 })
    expect(await point(battery, 'mode')).toBe('local')
    expect(await write('power', 100)).toMatchObject([{ kind: 'failed', code: 'exception' }])
    await advance(5_000)
    expect(await power()).toBe(-1_000)
    await clear()
    expect(await point(battery, 'mode')).toBe('remote')
    await advance(1_000)
    expect(await power()).toBe(0)
  })

  it('secondWriter: another setpoint, from another connection', async () => {
    await discharging()
    await fault('secondWriter', { asset: 'bat1', address: 100, value: -50 })
    expect(await setpointRegister()).toBe(-500)
    const [ours, theirs] = readRecord(options.folder).writes.slice(-2)
    expect(theirs).toMatchObject({ register: 'setpoint', asked: -500, outcome: 'accepted' })
    expect(theirs!.source).toMatch(/^second-writer /)
    expect(ours!.source).not.toBe(theirs!.source)
    await fault('freeze', { asset: 'bat1' })
    await expect(fault('secondWriter', { asset: 'bat1' })).rejects.toThrow('DEVICE_HANGS')
  })

  it('breaker: no voltage, no power, and a frequency that is no number', async () => {
    await discharging()
    await fault('breaker', { asset: 'grid', ms: 1_000 })
    await advance(500)
    const grid = opened('grid', address.grid!)
    expect([await power(), await point(grid, 'power')]).toEqual([0, 0])
    expect([await point(grid, 'frequency'), await point(grid, 'breaker')]).toEqual(['invalid', 'open'])
    await advance(500)
    expect(await point(grid, 'breaker')).toBe('closed')
  })

  it.each([
    ['melt', { asset: 'bat1' }, 'UNKNOWN_FAULT'],
    ['freeze', { asset: 'bat9' }, 'UNKNOWN_ASSET'],
    ['stick', { asset: 'bat1', register: 'x' }, 'UNKNOWN_REGISTER'],
    ['breaker', { asset: 'bat1' }, 'NOT_A_GRID'],
    ['local', { asset: 'load1' }, 'NOT_CONTROLLABLE'],
  ])('%s %o is refused as %s', async (name, args, code) => {
    await expect(fault(name, args)).rejects.toThrow(code)
  })
})
