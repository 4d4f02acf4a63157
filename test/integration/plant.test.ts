import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FieldDriver } from '../../protocol/ports.ts'
import { readRecord } from '../../sim/plant/record.ts'
import { driverOf, home, longEnough, newFolder, PlantChild } from './plant-child.ts'

let folder: string
let plant: PlantChild
let t: number
let address: Readonly<Record<string, string>>
let battery: FieldDriver
const drivers: FieldDriver[] = []
const opened = (type: string, at: string): FieldDriver => {
  const d = driverOf(type, at)
  drivers.push(d)
  return d
}
const advance = (ms: number) => plant.ask({ do: 'advance', tMs: (t += ms) })
const write = (name: string, value: number) => battery.write([{ name, value }], longEnough())
const point = async (d: FieldDriver, name: string) => {
  const v = (await d.read()).points[name]!
  return v.kind === 'value' ? v.value : v.code
}

beforeEach(async () => {
  folder = newFolder()
  plant = new PlantChild()
  const options = home(folder)
  t = options.startMs
  address = (await plant.ask({ do: 'run', options })).addresses
  battery = opened('battery', address.bat1!)
})
afterEach(async () => {
  for (const d of drivers.splice(0)) await d.close()
  await plant.kill()
})

async function running(): Promise<void> {
  await write('closePrecharge', 1)
  await advance(2_000)
  expect(await write('closeMain', 1)).toMatchObject([{ kind: 'accepted' }])
  await battery.feed(longEnough())
}

describe('plant and driver, each holding the other to its word', () => {
  it('reads every point of every asset', async () => {
    await advance(1_000)
    expect((await battery.read()).points).toMatchObject({
      soc: { kind: 'value', value: 500 },
      linkVoltage: { kind: 'value', value: 0 },
      power: { kind: 'value', value: 0 },
      temperature: { kind: 'value', value: 220 },
      mode: { kind: 'value', value: 'remote' },
    })
    const power = async (type: string, name: string) => Number(await point(opened(type, address[name]!), 'power'))
    const sum = (await power('pv', 'pv1')) + (await power('load', 'load1'))
    expect(Math.abs((await power('grid', 'grid')) + sum)).toBeLessThanOrEqual(2)
    const grid = opened('grid', address.grid!)
    expect(await point(grid, 'frequency')).toBeGreaterThan(49_900)
    expect(await point(grid, 'voltage')).toBeGreaterThan(220_000)
    expect(await point(grid, 'breaker')).toBe('closed')
  })

  it('starts, follows a setpoint no faster than its ramp, and quantises it', async () => {
    expect(await write('closeMain', 1)).toMatchObject([{ kind: 'failed', code: 'exception' }])
    await running()
    expect(await write('power', 3_007)).toEqual([{ name: 'power', kind: 'accepted', quantised: 3_000 }])
    await advance(100)
    expect(await point(battery, 'power')).toBe(250)
    await advance(2_000)
    expect(await point(battery, 'power')).toBe(3_000)
    expect(await battery.readBack(['power'])).toMatchObject({ power: { kind: 'value', value: 3_000 } })
  })
})

void readRecord
