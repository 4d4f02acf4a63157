/** The product's driver at the simulated field, over its wire: as at a device over a socket. */
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { parse } from 'yaml'
import { WriteBudgets } from '../../../edge/drivers/budget.ts'
import { openModbusDriver } from '../../../edge/drivers/modbus/index.ts'
import type { FieldDriver } from '../../../protocol/ports.ts'
import type { RegisterMap } from '../../../protocol/words/register-map.ts'
import { clearFaults, startFault } from '../../../sim/plant/faults.ts'
import { SimField } from '../../../sim/platform/field.ts'
import type { Process } from '../../../sim/world/process.ts'
import { World } from '../../../sim/world/world.ts'

const map = parse(readFileSync(new URL('../../../sim/sites/maps/battery.yaml', import.meta.url), 'utf8')) as RegisterMap

let world: World
let field: SimField
let gateway: Process
let driver: FieldDriver
beforeEach(async () => {
  world = new World(1, [])
  field = new SimField(
    world,
    { seed: 's', startMs: world.epochMs, assets: [{ name: 'bat1', type: 'battery', unit: 1 }] },
    {},
  )
  gateway = world.process('gateway', async ({ clock, host, random, note, disk }, life) => {
    driver = openModbusDriver({
      name: 'bat1',
      map,
      address: 'plant:502/1',
      connect: field.wireOf(life),
      clock,
      host,
      random,
      note,
      budgets: await WriteBudgets.open(disk, () => {}),
    })
  })
  gateway.boot()
  await world.run(100)
})
afterEach(() => world.close())

/** What the driver answers, as soon as it does. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  let answer: { readonly is: T } | undefined
  world.at(world.nowUs, gateway.current, () => void ask().then(is => (answer = { is })))
  await world.run(world.nowMs + 5_000, () => answer !== undefined)
  return answer!.is
}
const write = (name: string, value: number) =>
  answered(() => driver.write([{ name, value }], gateway.current!.ports.clock.monotonicMs() + 1_000))
const pass = (ms: number) => world.run(world.nowMs + ms)

it('starts, follows, and records', async () => {
  await write('closePrecharge', 1)
  await pass(2_000)
  await write('closeMain', 1)
  await write('power', -1_234)
  await pass(3_000)
  expect((await answered(() => driver.read())).points.power).toMatchObject({ kind: 'value', value: -1_230 })
  expect(field.writes.map(w => [w.register, w.applied, w.source])).toEqual([
    ['pulse', 1, 'gateway#1'],
    ['pulse', 2, 'gateway#1'],
    ['setpoint', -1_230, 'gateway#1'],
  ])
})

it('hangs, is cut, refuses', async () => {
  startFault('freeze', { asset: 'bat1' }, field.plant)
  expect(await write('power', 0)).toMatchObject([{ code: 'timeout' }])
  clearFaults(field.plant)
  startFault('drop', { asset: 'bat1' }, field.plant)
  await pass(5_000)
  expect(await write('power', 0)).toMatchObject([{ code: 'disconnected' }])
  clearFaults(field.plant)
  startFault('refuse', { asset: 'bat1' }, field.plant)
  await pass(5_000)
  expect(await write('power', 0)).toMatchObject([{ code: 'exception' }])
  expect(field.writes.map(w => w.outcome)).toEqual(['swallowed', 'swallowed', 'refused'])
})
