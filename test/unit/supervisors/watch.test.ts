import { expect, test } from 'vitest'
import type { Spawned } from '../../../supervisors/process/spawn.ts'
import { watch } from '../../../supervisors/process/watch.ts'
import { worldOf } from '../edge/world.ts'

/** A process that answers as long as it is told to. */
function watched(inStep?: () => number | null) {
  const world = worldOf()
  const process = { name: 'node-a', gone: false, answers: true, asked: 0, killed: '' }
  const spawned = {
    ...process,
    ask: () => {
      process.asked++
      return process.answers ? Promise.resolve(null) : new Promise(() => {})
    },
    kill: (signal: string) => {
      process.killed = signal
    },
  }
  void watch(spawned as unknown as Spawned, world, inStep)
  return { world, process }
}

test('a process that answers lives', async () => {
  const { world, process } = watched()
  await world.clock.pass(60_000)
  expect([process.killed, process.asked]).toEqual(['', 32])
})

test('one that does not is killed after ten seconds, and it is said', async () => {
  const { world, process } = watched()
  await world.clock.pass(10_000)
  process.answers = false
  await world.clock.pass(10_000)
  expect(process.killed).toBe('')
  await world.clock.pass(2_000)
  expect(process.killed).toBe('SIGKILL')
  expect(world.notes).toEqual(['a process does not answer: killed {"process":"node-a","afterMs":10000}'])
})

test('one answer in time is enough', async () => {
  const { world, process } = watched()
  await world.clock.pass(1_000)
  for (let i = 0; i < 5; i++) {
    process.answers = false
    await world.clock.pass(8_000)
    process.answers = true
    await world.clock.pass(2_000)
  }
  expect(process.killed).toBe('')
})

test('of one that is killed in a step the record is named, and what passes it', async () => {
  const { world, process } = watched(() => 4711)
  await world.clock.pass(10_000)
  process.answers = false
  await world.clock.pass(12_000)
  expect(world.notes.join()).toContain('"position":4711,"passedBy":"quorate log skip 4711"')
})
