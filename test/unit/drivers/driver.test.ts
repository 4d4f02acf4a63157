import { beforeEach, describe, expect, it } from 'vitest'
import { WriteBudgets } from '../../../edge/drivers/budget.ts'
import { type ModbusDriverOptions, openModbusDriver, parseAddress } from '../../../edge/drivers/modbus/index.ts'
import type { FieldDriver, FieldReading } from '../../../protocol/ports.ts'
import type { RegisterMap } from '../../../protocol/words/register-map.ts'
import { MemoryDisk } from '../edge/world.ts'
import { FakeClock, FakeDevice, mostRandom } from './fakes.ts'

const map: RegisterMap = {
  timeoutMs: 500,
  points: {
    soc: { kind: 'input', register: 0, unit: '%' },
    power: { kind: 'input', register: 1, type: 'int32', unit: 'W' },
    far: { kind: 'input', register: 50, unit: 'W' },
    mode: { kind: 'discrete', register: 0, words: { 0: 'remote' } },
  },
  setpoints: {
    power: { register: 100, type: 'int16', scale: { num: 10 }, storage: 'RAM', writesPerDay: 3 },
    wide: { register: 104, type: 'int32', storage: 'RAM' },
    stored: { register: 110, storage: 'flash' },
    unknown: { register: 111 },
    shown: { register: 112, storage: 'RAM', readBack: { kind: 'input', register: 60 } },
  },
  pulses: { close: { register: 103, value: 1 }, coil: { kind: 'coil', register: 5, value: 1 } },
  watchdog: { register: 101, storage: 'RAM', periodMs: 1_000, timeoutMs: 5_000, arm: { register: 102, value: 50 } },
}

let clock: FakeClock
let host: FakeClock
let device: FakeDevice
let driver: FieldDriver
let disk: MemoryDisk
let budgets: WriteBudgets
const openBudgets = () => WriteBudgets.open(disk, () => {})
const open = (more: Partial<ModbusDriverOptions> = {}) =>
  openModbusDriver({
    name: 'bat1',
    map,
    address: 'host:502/1',
    connect: device.connect,
    clock,
    host,
    random: mostRandom,
    note: () => {},
    budgets,
    backoffMs: [100, 400],
    ...more,
  })
beforeEach(async () => {
  clock = new FakeClock()
  host = new FakeClock()
  device = new FakeDevice()
  disk = new MemoryDisk()
  budgets = await openBudgets()
  driver = open()
})
const later = () => clock.now + 1_000
const codes = (r: FieldReading) =>
  Object.fromEntries(Object.entries(r.points).map(([n, v]) => [n, v.kind === 'value' ? v.value : v.code]))

describe('reading', () => {
  it('takes few requests', async () => {
    device.words.set('input:0', 500).set('input:1', 0xffff).set('input:2', 0xfffe)
    expect(codes(await driver.read())).toEqual({ soc: 500, power: -2, far: 0, mode: 'remote' })
    expect(device.log).toEqual(['read discrete 0+1', 'read input 0+3', 'read input 50+1'])
  })

  it('a lost register never hides the others', async () => {
    device.holes = ['input:2']
    expect(codes(await driver.read())).toEqual({ soc: 0, power: 'exception', far: 0, mode: 'remote' })
  })

  it('a word that was not declared is invalid', async () => {
    device.words.set('discrete:0', 1)
    expect(codes(await driver.read())).toMatchObject({ mode: 'invalid', soc: 0 })
  })

  it('stamps with the time before the request', async () => {
    const { points } = await driver.read()
    expect(points.soc).toMatchObject({ atMs: 1_000 })
  })

  it('a device that hangs costs one time-out, the connection, and every point (S24)', async () => {
    await driver.read()
    device.mood = 'hangs'
    const reading = driver.read()
    await host.pass(499)
    expect(device.destroyed).toBe(0)
    await host.pass(1)
    expect(codes(await reading)).toEqual({ soc: 'timeout', power: 'timeout', far: 'timeout', mode: 'timeout' })
    expect(device.destroyed).toBe(1)
  })

  it('comes back after a wait that grows up to a bound', async () => {
    device.mood = 'away'
    const attempts: number[] = []
    for (let t = 0; t < 2_000; t += 10) {
      const before = device.connections
      await driver.read()
      if (device.connections > before) attempts.push(t)
      await host.pass(10)
    }
    expect(attempts.slice(0, 5)).toEqual([0, 100, 300, 700, 1_100])
    device.mood = 'well'
    await host.pass(400)
    expect(codes(await driver.read())).toMatchObject({ soc: 0 })
  })

  it('a connection that ended while idle is made anew within the same read', async () => {
    await driver.read()
    device.hangUp()
    expect(codes(await driver.read())).toMatchObject({ soc: 0 })
    expect(device.connections).toBe(2)
  })

  it('a connection that never stands ends by the time-out', async () => {
    device.mood = 'connects never'
    const reading = driver.read()
    await host.pass(500)
    expect(codes(await reading)).toMatchObject({ soc: 'disconnected' })
  })
})

describe('writing', () => {
  it('sends quantised words in the order given', async () => {
    const results = await driver.write(
      [
        { name: 'wide', value: -2 },
        { name: 'power', value: -1_239 },
        { name: 'coil', value: 1 },
      ],
      later(),
    )
    expect(results).toEqual([
      { name: 'wide', kind: 'accepted', quantised: -2 },
      { name: 'power', kind: 'accepted', quantised: -1_230 },
      { name: 'coil', kind: 'accepted', quantised: 1 },
    ])
    expect(device.log).toEqual(['write holding 104=65535,65534', 'write holding 100=65413', 'write coil 5=1'])
  })

  it.each([
    ['stored', 1, 'FLASH_CYCLIC'],
    ['unknown', 1, 'FLASH_CYCLIC'],
    ['power', 400_000, 'OUT_OF_RANGE'],
    ['power', 0.5, 'NOT_INTEGER'],
    ['nothing', 1, 'UNKNOWN_NAME'],
  ])('refuses %s = %d with %s and sends nothing', async (name, value, code) => {
    const [result] = await driver.write([{ name, value }], later())
    expect(result).toMatchObject({ kind: 'failed', code: 'refused', reason: expect.stringMatching(`^${code}`) })
    expect(device.log).toEqual([])
  })

  it('never starts after its validity (S4)', async () => {
    expect(await driver.write([{ name: 'power', value: 0 }], clock.now)).toMatchObject([{ code: 'expired' }])
    expect(device.log).toEqual([])
  })

  it('never starts after a wait for others or for a connection has outlasted its validity (S4)', async () => {
    await driver.read()
    device.mood = 'hangs'
    const reading = driver.read()
    const write = driver.write([{ name: 'power', value: 0 }], clock.now + 100)
    await clock.pass(100)
    device.mood = 'well'
    await host.pass(500)
    await reading
    expect(await write).toMatchObject([{ code: 'expired' }])
    expect(device.log.filter(l => l.startsWith('write'))).toEqual([])

    await host.pass(1_000)
    expect(device.connections).toBe(1)
    device.mood = 'connects late'
    const second = driver.write([{ name: 'power', value: 0 }], clock.now + 100)
    await clock.pass(100)
    device.mood = 'well'
    device.connected()
    expect(await second).toMatchObject([{ code: 'expired' }])
    expect(device.log.filter(l => l.startsWith('write'))).toEqual([])
  })

  it('without an answer by the end of its validity it drops the connection with its bytes (S4)', async () => {
    await driver.read()
    device.mood = 'hangs'
    const write = driver.write([{ name: 'power', value: 0 }], clock.now + 200)
    await clock.pass(199)
    expect(device.destroyed).toBe(0)
    await clock.pass(1)
    expect(await write).toMatchObject([{ code: 'timeout' }])
    expect(device.destroyed).toBe(1)
  })

  it('says when a write was lost on the way: its fate is unknown', async () => {
    await driver.read()
    device.mood = 'away'
    const [result] = await driver.write([{ name: 'power', value: 0 }], later())
    expect(result).toMatchObject({ code: 'disconnected', reason: expect.stringMatching(/^LOST_IN_FLIGHT/) })
  })

  it('keeps to its budget over a restart, and counts attempts in doubt (S30)', async () => {
    await driver.write(
      [
        { name: 'power', value: 0 },
        { name: 'power', value: 10 },
      ],
      later(),
    )
    device.mood = 'away'
    await driver.write([{ name: 'power', value: 20 }], later())
    device.mood = 'well'
    disk.crash()
    const second = open({ budgets: await openBudgets() })
    const [refused] = await second.write([{ name: 'power', value: 30 }], later())
    expect(refused).toMatchObject({ code: 'refused', reason: expect.stringMatching(/^WRITE_BUDGET/) })
    clock.wall += 26 * 3_600_000
    expect(await second.write([{ name: 'power', value: 40 }], later())).toMatchObject([{ kind: 'accepted' }])
  })

  it('sends nothing before its count is durable (S30)', async () => {
    let durable: () => void = () => {}
    disk.slow = new Promise<void>(resolve => (durable = resolve))
    const write = driver.write([{ name: 'power', value: 0 }], later())
    await host.pass(10)
    expect(device.log).toEqual([])
    durable()
    expect(await write).toMatchObject([{ kind: 'accepted' }])
  })

  it('reads back from where the map says', async () => {
    device.words.set('holding:100', 0xff9c).set('input:60', 7)
    expect(await driver.readBack(['power', 'shown', 'x'])).toMatchObject({
      power: { kind: 'value', value: -1_000 },
      shown: { kind: 'value', value: 7 },
      x: { kind: 'failed', code: 'refused' },
    })
  })

  it('refuses when too many wait, and after it was closed', async () => {
    await driver.read()
    device.mood = 'hangs'
    const many = Array.from({ length: 40 }, () => driver.write([{ name: 'wide', value: 0 }], later()))
    await clock.pass(0)
    const refused = (await Promise.race([Promise.all(many.slice(32)), host.pass(0)])) ?? []
    expect(refused.flat().map(r => r.kind === 'failed' && r.reason.slice(0, 10))).toEqual(Array(8).fill('QUEUE_FULL'))
    const closing = driver.close()
    await host.pass(500)
    await closing
    expect(await driver.write([{ name: 'wide', value: 0 }], later())).toMatchObject([{ code: 'refused' }])
    expect(host.waiting + clock.waiting).toBe(0)
  })
})

describe('watchdog', () => {
  it('arms once for each connection and always moves the counter', async () => {
    device.words.set('holding:101', 65_535)
    expect(await driver.feed(later())).toMatchObject({ kind: 'accepted', quantised: 0 })
    await driver.feed(later())
    expect(device.log).toEqual([
      'read holding 101+1',
      'read holding 102+1',
      'write holding 102=50',
      'write holding 101=0',
      'write holding 101=1',
    ])
    device.mood = 'away'
    await driver.feed(later())
    await host.pass(1_000)
    device.mood = 'well'
    device.log.splice(0)
    device.words.set('holding:101', 30)
    await driver.feed(later())
    expect(device.log).toEqual(['read holding 101+1', 'read holding 102+1', 'write holding 101=31'])
  })

  it('is not fed after its validity, and undefined where there is none', async () => {
    expect(await driver.feed(clock.now)).toMatchObject({ code: 'expired' })
    const { watchdog, ...without } = map
    const { storage: _, ...undeclared } = watchdog!
    expect(await open({ map: { ...map, watchdog: undeclared } }).feed(later())).toMatchObject({ code: 'refused' })
    expect(device.log).toEqual([])
    expect(await open({ map: without }).feed(later())).toBeUndefined()
  })
})

it.each(['host', 'host:502', 'host:0/1', 'host:70000/1', 'host:502/256'])('refuses the address %s', text => {
  expect(() => parseAddress(text)).toThrow('MODBUS_ADDRESS')
})
it('takes an address with colons', () => expect(parseAddress('::1:502/3')).toEqual({ host: '::1', port: 502, unit: 3 }))
