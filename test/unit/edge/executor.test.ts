import { expect, test } from 'vitest'
import { commandOf, Site } from './site.ts'

const close = { id: '7-0', name: 'close' }

test('S29: the ramp counts from what was applied, not from what was decided', async () => {
  const site = await Site.read()
  for (const _ of [1, 2, 3]) await site.cycle(1_000)
  expect(site.battery.log).toEqual(['power=100', 'power=200', 'power=300'])
  await site.world.clock.pass(60_000)
  await site.cycle(1_000) // after a stall: two cycles' worth at most
  expect(site.battery.held).toBe(500)
})

test('S29: after a restart the ramp counts from what the device holds', async () => {
  const site = await Site.read()
  for (const _ of [1, 2]) await site.cycle(1_000)
  const anew = await site.restarted()
  await anew.cycle(1_000)
  expect(anew.battery.held).toBe(200) // just read: no time has passed since
  await anew.cycle(1_000)
  expect(anew.battery.held).toBe(300)
})

test('a register that was never read is not written', async () => {
  const site = await Site.open()
  await site.apply(1_000)
  expect(site.battery.log).toEqual([])
})

test('S6: nothing moves before the intent is durable; S4: nor after it took too long', async () => {
  const site = await Site.read()
  await site.cycle(0)
  let release = () => {}
  site.world.disk.slow = new Promise(resolve => (release = resolve))
  await site.cycle(1_000)
  expect(site.executor.writerState).toBe('intending')
  expect(site.battery.log).toEqual([])
  await site.world.clock.pass(5_000)
  release()
  await site.world.clock.pass(0)
  expect(site.battery.log).toEqual([])
  expect(site.executor.idle).toBe(true)
})

test('a journal that fails ends the process before anything moves', async () => {
  const site = await Site.read()
  site.world.disk.broken = true
  await site.cycle(1_000)
  expect(site.failed).toEqual(new Error('EIO'))
  expect(site.battery.log).toEqual([])
})

test('a second writer is seen', async () => {
  const site = await Site.read()
  await site.cycle(1_000)
  await site.cycle(1_000)
  expect(site.alarms).toEqual([])
  site.battery.held = -2_000
  await site.cycle(1_000)
  expect(site.alarms).toEqual(['secondWriter bat1'])
})

test('a poll that was under way while we wrote sees no second writer', async () => {
  const site = await Site.read()
  await site.cycle(1_000)
  await site.world.clock.pass(1_000)
  const slow = site.startPoll()
  const stale = { ...(await slow), held: { 'bat1.power': 100 } }
  await site.world.clock.pass(10)
  await site.apply(1_000)
  expect(site.battery.held).toBe(201)
  site.polled(stale)
  expect(site.alarms).toEqual([])
  expect(site.executor.applied('bat1').applied).toEqual({ power: 201 })
})

test('a write whose answer never came: unknown, and what it left behind is ours', async () => {
  const site = await Site.read()
  await site.cycle(0)
  site.battery.fails = { code: 'timeout', carriedOut: true }
  site.battery.deaf = true
  await site.cycle(1_000)
  expect(site.news).toContain('power 100 unknown')
  expect(site.doubts.at(-1)).toBe('bat1 true')
  site.battery.fails = null
  site.battery.deaf = false
  await site.world.clock.pass(1_000)
  await site.poll()
  expect(site.doubts.at(-1)).toBe('bat1 false')
  expect(site.alarms).toEqual([])
  expect(site.executor.applied('bat1').applied).toEqual({ power: 100 })
})

test('S9: a timed-out write that reads back equal is confirmed; a refused one is failed and alarmed', async () => {
  const site = await Site.read()
  await site.cycle(0)
  site.battery.fails = { code: 'timeout', carriedOut: true }
  await site.cycle(1_000)
  expect(site.news).toBe('power 100 confirmed')
  site.battery.fails = { code: 'exception', carriedOut: false }
  await site.cycle(1_000)
  expect(site.news).toBe('power 200 failed')
  expect(site.alarms).toEqual(['writeFailed bat1'])
})

test('S8: a pulse is executed once, whatever repeats', async () => {
  const site = await Site.read()
  for (const _ of [1, 2, 3]) await site.cycle(0, { pulses: [close] })
  expect(site.battery.log).toEqual(['close=1'])
  expect(site.news).toBe('7-0 1 confirmed')
  const anew = await site.restarted()
  await anew.cycle(0, { pulses: [close] })
  expect(anew.battery.log).toEqual(['close=1'])
})

test.each(['before its write', 'after its write'])(
  'S8, S11: a pulse that was under way when the gateway ended (%s) is unknown, and never executed again',
  async when => {
    const site = await Site.read()
    site.battery.fails = { code: 'timeout', carriedOut: when === 'after its write' }
    site.battery.driver.write = (
      (write: typeof site.battery.driver.write) =>
      async (...args) => {
        await write(...args)
        return new Promise(() => {})
      }
    )(site.battery.driver.write)
    await site.cycle(0, { pulses: [close], commands: [commandOf({ pulses: ['7-0'] })] })
    const anew = await site.restarted()
    expect(anew.news).toBe('7-0 1 unknown, command-1 unknown')
    const written = [...anew.battery.log]
    await anew.cycle(0, { pulses: [close], commands: [commandOf({ pulses: ['7-0'] })] })
    expect(anew.battery.log).toEqual(written)
    const again = await anew.restarted()
    expect(again.news).toBe('')
  },
)

test('observe: everything but the write; the receipts say what would have been', async () => {
  const site = await Site.read()
  await site.cycle(1_000, { mode: 'observe', pulses: [close] })
  expect(site.battery.log).toEqual([])
  expect(site.news.split(', ').sort()).toEqual(['7-0 1 suppressed', 'power 100 suppressed'])
})

test('off: nothing is written', async () => {
  const site = await Site.read()
  site.governs = 'none'
  await site.cycle(1_000, { mode: 'off', pulses: [close] })
  expect(site.battery.log).toEqual([])
})

test('S36: local mode at the device suppresses setpoints and pulses', async () => {
  const site = await Site.read()
  await site.cycle(0)
  site.governs = 'none'
  await site.cycle(1_000, { pulses: [close], commands: [commandOf({ pulses: ['7-0'] })] })
  expect(site.battery.log).toEqual([])
  expect(site.news).toBe('7-0 1 failed, command-1 failed')
})

test('in local law the fallback is written without a verdict', async () => {
  const site = await Site.read()
  for (const _ of [1, 2, 3]) await site.cycle(300)
  site.executor.lapse()
  site.governs = 'local'
  for (const _ of [1, 2]) {
    await site.world.clock.pass(1_000)
    await site.poll(false)
  }
  expect(site.battery.log.slice(-2)).toEqual(['power=200', 'power=100'])
})

test('S9: a command is confirmed by a write of a verdict that lists it, by no earlier one', async () => {
  const site = await Site.read()
  await site.cycle(0)
  let release = () => {}
  site.world.disk.slow = new Promise(resolve => (release = resolve))
  await site.cycle(100) // on its way when the command comes
  await site.apply(200, { commands: [commandOf({ setpoints: ['bat1.power'] })] })
  site.battery.deaf = true
  const { readBack } = site.battery.driver
  let reads = 0
  site.battery.driver.readBack = async names => {
    site.battery.deaf = reads++ > 0
    return readBack(names)
  }
  site.world.disk.slow = null
  release()
  await site.world.clock.pass(0)
  expect(site.news).not.toContain('command-1 confirmed')
})

test('commands: confirmed, withdrawn, expired', async () => {
  const site = await Site.read()
  await site.cycle(0)
  await site.cycle(100, { commands: [commandOf({ setpoints: ['bat1.power'] })] })
  expect(site.news).toContain('command-1 confirmed')
  await site.cycle(100, { commands: [commandOf({ id: 'command-2', pulses: ['9-9'] })] })
  await site.cycle(100)
  expect(site.news).toContain('command-2 cancelled')
  await site.cycle(100, { commands: [commandOf({ id: 'command-3', pulses: ['9-9'], over: true })] })
  await site.cycle(100, { commands: [commandOf({ id: 'command-3', pulses: ['9-9'], over: true })] })
  expect(site.news).toContain('command-3 expired')
})
