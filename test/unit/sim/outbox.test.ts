/** What an outbox's file shows of its gaps: how many entries waited when each was made, and which went with it. */
import { expect, test } from 'vitest'
import { Journal } from '../../../protocol/journal.ts'
import type { Disk } from '../../../protocol/ports.ts'
import { WatchedOutbox } from '../../../sim/oracle/outbox.ts'

/** Records as an outbox writes them; an array is a compaction. */
async function watched(...records: readonly (object | readonly object[])[]): Promise<WatchedOutbox> {
  const outbox = new WatchedOutbox()
  const file = {
    append: (bytes: Uint8Array) => outbox.noted(bytes, false, 7),
    sync: async () => {},
    read: async () => new Uint8Array(),
    replace: async (bytes: Uint8Array) => outbox.noted(bytes, true, 7),
  }
  const disk: Disk = { open: async () => file }
  const journal = await Journal.open(disk, 'outbox')
  for (const record of records)
    if (Array.isArray(record)) await journal.compact(record.map(one => JSON.stringify(one)))
    else journal.append(JSON.stringify(record))
  return outbox
}
const entry = (n: number) => ({ n, body: `entry ${n}` })
const gap = (first: number, n: number) => ({ n, first, body: `gap ${first} to ${n}` })
const gaps = (outbox: WatchedOutbox) => outbox.gaps.map(g => [g.first, g.last, g.waiting])
const dropped = (outbox: WatchedOutbox) => outbox.dropped().map(put => put.body)

test('a gap is counted with all that waited, and takes the gap before it in', async () => {
  const outbox = await watched(entry(1), entry(2), entry(3), gap(1, 2), entry(4), gap(1, 3))
  expect(gaps(outbox)).toEqual([
    [1, 2, 3],
    [1, 3, 3],
  ])
  expect(dropped(outbox)).toEqual(['entry 1', 'entry 2', 'entry 3'])
})
test('what was released waits no more', async () => {
  const outbox = await watched(entry(1), entry(2), { released: 1 }, entry(3), gap(2, 3))
  expect(gaps(outbox)).toEqual([[2, 3, 2]])
  expect(dropped(outbox)).toEqual(['entry 2', 'entry 3'])
})
test('a compaction leaves out how full it was, and what follows may have stood in it', async () => {
  const outbox = await watched(
    entry(1),
    entry(2),
    [{ released: 0, n: 4, key: 'a' }, gap(1, 3), entry(4)],
    gap(1, 2),
    entry(3),
    gap(1, 3),
    entry(4),
    entry(5),
    gap(1, 4),
  )
  expect(gaps(outbox)).toEqual([
    [1, 3, null],
    [1, 4, 3],
  ])
})
test('another key is a reason of its own', async () => {
  const outbox = await watched({ key: 'a' }, entry(1), { key: 'b' }, gap(1, 1), entry(2), entry(3), gap(1, 2))
  expect(outbox.gaps.map(g => g.rekeyed)).toEqual([true, false])
})
