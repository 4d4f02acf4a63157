import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { WriteBudgets } from '../../../edge/drivers/budget.ts'
import { openModbusDriver } from '../../../edge/drivers/modbus/index.ts'
import type { FieldDriver } from '../../../protocol/ports.ts'
import type { RegisterMap } from '../../../protocol/words/register-map.ts'
import { clearFaults, startFault } from '../../../sim/plant/faults.ts'
import { Plant } from '../../../sim/plant/plant.ts'
import type { RecordedWrite } from '../../../sim/plant/record.ts'
import { requestsOf } from '../../../sim/plant/requests.ts'
import { connectPlant } from '../../../sim/plant/wire.ts'
import { FakeClock, mostRandom } from '../drivers/fakes.ts'
import { MemoryDisk } from '../edge/world.ts'

const map = parse(readFileSync(new URL('../../../sim/sites/maps/battery.yaml', import.meta.url), 'utf8')) as RegisterMap
const START = Date.UTC(2026, 5, 21, 11)

describe('driver and plant without a socket', () => {
  let plant: Plant
  let driver: FieldDriver
  let clock: FakeClock
  let rows: RecordedWrite[]
  beforeEach(async () => {
    plant = new Plant({ seed: 's', startMs: START, assets: [{ name: 'bat1', type: 'battery', unit: 1 }] })
    clock = new FakeClock()
    rows = []
    const record = { next: 1, append: (more: readonly RecordedWrite[]) => void rows.push(...more) }
    driver = openModbusDriver({
      name: 'bat1',
      map,
      address: 'plant:1/1',
      connect: connectPlant(
        requestsOf(plant, record, () => false),
        'gateway',
      ),
      clock,
      host: clock,
      random: mostRandom,
      note: () => {},
      budgets: await WriteBudgets.open(new MemoryDisk(), () => {}),
    })
  })
  const write = (name: string, value: number) => driver.write([{ name, value }], clock.now + 1_000)

  it('starts, follows, and records', async () => {
    await write('closePrecharge', 1)
    plant.advanceTo(START + 2_000)
    await write('closeMain', 1)
    await write('power', -1_234)
    plant.advanceTo(START + 5_000)
    expect((await driver.read()).points.power).toMatchObject({ kind: 'value', value: -1_230 })
    expect(rows.map(r => [r.register, r.applied, r.source])).toEqual([
      ['pulse', 1, 'gateway'],
      ['pulse', 2, 'gateway'],
      ['setpoint', -1_230, 'gateway'],
    ])
  })

  it('hangs, is cut, refuses, as over a socket', async () => {
    startFault('freeze', { asset: 'bat1' }, plant)
    const hung = write('power', 0)
    await clock.pass(500)
    expect(await hung).toMatchObject([{ code: 'timeout' }])
    clearFaults(plant)
    startFault('drop', { asset: 'bat1' }, plant)
    await clock.pass(5_000)
    expect(await write('power', 0)).toMatchObject([{ code: 'disconnected' }])
    clearFaults(plant)
    startFault('refuse', { asset: 'bat1' }, plant)
    await clock.pass(5_000)
    expect(await write('power', 0)).toMatchObject([{ code: 'exception' }])
    expect(rows.map(r => r.outcome)).toEqual(['swallowed', 'swallowed', 'refused'])
  })

  it('a late write neither outlives the watchdog nor a newer write', async () => {
    await write('closePrecharge', 1)
    plant.advanceTo(START + 2_000)
    await write('closeMain', 1)
    startFault('late', { asset: 'bat1', delayMs: 20_000 }, plant)
    await write('power', 3_000)
    clearFaults(plant)
    await write('power', 1_000)
    expect(plant.state.late).toEqual([])
    await driver.feed(clock.now + 1_000)
    startFault('late', { asset: 'bat1', delayMs: 20_000 }, plant)
    await write('power', 2_000)
    expect(plant.advanceTo(START + 60_000)).toEqual([])
    expect((await driver.read()).points.power).toMatchObject({ value: 0 })
  })
})
