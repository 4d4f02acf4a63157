import { expect, test } from 'vitest'
import { Notebook } from '../../../edge/notebook.ts'
import { parseJournal } from '../../../protocol/journal.ts'
import type { DiskFile } from '../../../protocol/ports.ts'
import { NO_SLOTS } from '../../../protocol/words/facts.ts'
import { standing } from './scenarios/votes.ts'
import { MemoryDisk } from './world.ts'

const pulse = (id: string) => ({ k: 'pulse', id, asset: 'bat1', name: 'close' }) as const
const pulsed = (id: string) => ({ ...pulse(id), k: 'pulsed', outcome: 'confirmed', reason: '' }) as const
const ended = (id: string) => ({ k: 'commandEnded', id, outcome: 'confirmed' }) as const

test('a standing verdict is of its boot; slots are of the site', async () => {
  const disk = new MemoryDisk()
  const notebook = await Notebook.open(disk, 'one')
  const slots = { ...NO_SLOTS, onTime: 7 }
  await notebook.verdict(standing(3, 8_000), slots, 3_500)
  const same = (await Notebook.open(disk.crash(), 'one')).recovered
  expect([same.standing?.cycle, same.lastAtMs, same.slots]).toEqual([3, 3_500, slots])
  const other = (await Notebook.open(disk, 'two')).recovered
  expect([other.standing, other.lastAtMs, other.slots]).toEqual([null, null, slots])
})

test('what was begun and has no known end is open; what ended is remembered', async () => {
  const disk = new MemoryDisk()
  const notebook = await Notebook.open(disk, 'one')
  await notebook.write(pulse('1-0'))
  await notebook.write(pulse('2-0'))
  await notebook.write(pulsed('1-0'))
  await notebook.write({ k: 'command', id: 'command-1' })
  await notebook.write({ k: 'command', id: 'command-2' })
  await notebook.write(ended('command-2'))
  const anew = await Notebook.open(disk.crash(), 'one')
  expect(anew.recovered.openPulses).toEqual([{ id: '2-0', asset: 'bat1', name: 'close' }])
  expect(anew.recovered.openCommands).toEqual(['command-1'])
  expect(['1-0', '2-0', '3-0'].map(id => anew.hasPulse(id))).toEqual([true, true, false])
  expect(anew.hasCommand('command-2')).toBe(true)
})

test('S10: what ended is told until it is surely told, and of no other end', async () => {
  const disk = new MemoryDisk()
  const notebook = await Notebook.open(disk, 'one')
  await notebook.write(pulse('1-0'))
  await notebook.write(pulsed('1-0'))
  await notebook.write({ k: 'command', id: 'command-1' })
  await notebook.write(ended('command-1'))
  const untold = (await Notebook.open(disk.crash(), 'one')).recovered
  const end = { id: '1-0', asset: 'bat1', name: 'close', outcome: 'confirmed', reason: '' }
  expect(untold.untold).toEqual({ pulses: [end], commands: [{ id: 'command-1', outcome: 'confirmed' }] })
  expect([untold.openPulses, untold.openCommands]).toEqual([[], []])
  await (await Notebook.open(disk, 'one')).write({ k: 'told', pulses: ['1-0'], commands: ['command-1'] })
  expect((await Notebook.open(disk.crash(), 'one')).recovered.untold).toEqual({ pulses: [], commands: [] })
})

test('a note is not promised before it is durable', async () => {
  const disk = new MemoryDisk()
  const notebook = await Notebook.open(disk, 'one')
  disk.slow = new Promise(() => {})
  let durable = false
  void notebook.write(pulse('1-0')).then(() => {
    durable = true
  })
  await new Promise(resolve => setImmediate(resolve))
  expect(durable).toBe(false)
  expect((await Notebook.open(disk.crash(), 'one')).recovered.openPulses).toEqual([])
})

test('compacted now and then, not at every note, and nothing of it is lost', async () => {
  const disk = new MemoryDisk()
  const notebook = await Notebook.open(disk, 'one')
  await notebook.verdict(standing(1, 8_000), NO_SLOTS, 1)
  const said = { bytes: '{}', signature: 'x' }
  const proof = { key: 'node-a', publicKey: 'p', first: said, second: said }
  await notebook.write({ k: 'disqualified', proof })
  for (let i = 0; i < 2_500; i++) {
    await notebook.write(pulse(`${i}-0`))
    if (i % 500 === 0) continue
    await notebook.write(pulsed(`${i}-0`))
    await notebook.write({ k: 'told', pulses: [`${i}-0`], commands: [] })
  }
  expect(disk.replaced.get('notebook')).toBe(7)
  const anew = await Notebook.open(disk.crash(), 'one')
  expect(anew.recovered.openPulses.map(p => p.id)).toEqual(['0-0', '500-0', '1000-0', '1500-0', '2000-0'])
  expect(anew.recovered.standing?.cycle).toBe(1)
  expect(anew.recovered.disqualified).toEqual([proof])
  expect([anew.hasPulse('2499-0'), anew.hasPulse('1-0')]).toEqual([true, false]) // long ago: forgotten
})

test('S3: a compaction takes in nothing that is still to be noted: what stands in the journal never falls', async () => {
  const disk = new MemoryDisk()
  const kept: number[] = []
  const look = (bytes: Uint8Array) => {
    const notes = parseJournal(bytes).records.map(text => JSON.parse(text))
    kept.push(notes.findLast(n => n.k === 'verdict').verdict.cycle)
  }
  const open = async (name: string): Promise<DiskFile> => {
    const file = await disk.open(name)
    return {
      ...file,
      append(bytes) {
        look(bytes)
        file.append(bytes)
      },
      replace(bytes) {
        look(bytes)
        return file.replace(bytes)
      },
    }
  }
  const notebook = await Notebook.open({ open }, 'one', 4)
  const cycles = [1, 2, 3, 4, 5, 6, 7, 8]
  await Promise.all(cycles.map(cycle => notebook.verdict(standing(cycle, 8_000), NO_SLOTS, cycle)))
  expect(disk.replaced.get('notebook')).toBe(1)
  expect(kept).toEqual(cycles)
})

test('cycle numbers that may have been used are used no more, in whatever boot', async () => {
  const disk = new MemoryDisk()
  const notebook = await Notebook.open(disk, 'one')
  expect(notebook.recovered.cycle).toBe(0)
  await notebook.write({ k: 'cycles', upTo: 8 })
  for (let i = 0; i < 1_100; i++) await notebook.write(ended(`command-${i}`)) // compacted
  expect((await Notebook.open(disk.crash(), 'two')).recovered.cycle).toBe(8)
})
