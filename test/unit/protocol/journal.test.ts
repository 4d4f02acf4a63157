import { expect, test } from 'vitest'
import { Journal } from '../../../protocol/journal.ts'
import { Kept, nextOf } from '../../../protocol/kept.ts'
import type { Disk } from '../../../protocol/ports.ts'
import { MemoryDisk } from '../edge/world.ts'

/** A disk whose reads are spoilt, one after the other. */
function spoiling(disk: MemoryDisk, ...spoil: ((bytes: Uint8Array) => Uint8Array)[]): Disk {
  return {
    open: async name => {
      const file = await disk.open(name)
      return { ...file, read: async () => (spoil.shift() ?? (bytes => bytes))(await file.read()) }
    },
  }
}
const flipped = (at: number) => (bytes: Uint8Array) => bytes.with(at, bytes[at]! ^ 0x20)
const cut = (by: number) => (bytes: Uint8Array) => bytes.slice(0, bytes.length - by)

async function written(...texts: string[]): Promise<MemoryDisk> {
  const disk = new MemoryDisk()
  const journal = await Journal.open(disk, 'j')
  for (const text of texts) journal.append(text)
  await journal.sync()
  return disk
}

test('J1: a torn tail is dropped, and what stands before it is kept for good', async () => {
  const disk = await written('one', 'two', 'three')
  const torn = await Journal.open(spoiling(disk, cut(2), cut(2), cut(2)), 'j')
  expect([torn.recovered, torn.tornBytes]).toEqual([['one', 'two'], 11])
  expect((await Journal.open(disk, 'j')).recovered).toEqual(['one', 'two'])
})

test('J2: a read that brings a wrong byte is made again', async () => {
  const disk = await written('one', 'two', 'three')
  const journal = await Journal.open(spoiling(disk, flipped(9), flipped(25)), 'j')
  expect([journal.recovered, journal.tornBytes]).toEqual([['one', 'two', 'three'], 0])
})

test.each([
  ['a body', 9],
  ['a length', 2],
])('J2: a record that is damaged for good, in %s, with sound ones behind it, is refused', async (_, at) => {
  const disk = await written('one', 'two', 'three')
  const damaged = flipped(at)
  await expect(Journal.open(spoiling(disk, damaged, damaged, damaged), 'j')).rejects.toThrow(
    /JOURNAL_CORRUPT: 'j' is damaged at byte 0 of 35, and sound again from 11 on/,
  )
  expect((await Journal.open(disk, 'j')).recovered).toEqual(['one', 'two', 'three'])
})

test('a kept value is whole or refused, never read as none', async () => {
  const disk = new MemoryDisk()
  await (await Kept.open(disk, 'k')).put('seven')
  expect((await Kept.open(disk, 'k')).found).toBe('seven')
  const file = await disk.open('k')
  await file.replace(flipped(9)(await file.read()))
  for (let start = 0; start < 2; start++)
    await expect(Kept.open(disk, 'k')).rejects.toThrow(/JOURNAL_CORRUPT: 'k' is damaged at byte 0 of 13/)
})

test('a count goes on over lives', async () => {
  const disk = new MemoryDisk()
  expect([await nextOf(disk, 'epoch'), await nextOf(disk, 'epoch')]).toEqual([1, 2])
})
