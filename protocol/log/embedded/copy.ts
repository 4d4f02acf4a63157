import fs from 'node:fs'
import { backup } from 'node:sqlite'
import { kindOf } from './faults.ts'
import { listSegments, Segment, segmentFile, syncPath } from './segment.ts'

/** Pages in one step of a copy: a writer waits for no longer than this takes. */
const PAGES = 512

/**
 * A log into an empty folder, as it is at the end of the copy or a little before, while others append to it: whole
 * segments, oldest first, up to the one that is not sealed. Positions and the topic's id stay. Durable when it resolves.
 */
export async function copyEmbeddedLog(from: string, to: string): Promise<void> {
  fs.mkdirSync(to, { recursive: true, mode: 0o700 })
  for (let above = -1; ; ) {
    const base = listSegments(from).find(b => b > above)
    if (base === undefined) break // a segment is sealed after the next one was made: only where there is no log at all
    const copied = await copySegment(from, to, base)
    if (copied !== 'gone' && !copied.sealed) break
    above = base
  }
  syncPath(to)
}

async function copySegment(from: string, to: string, base: number): Promise<'gone' | { readonly sealed: boolean }> {
  const file = segmentFile(to, base)
  try {
    const segment = Segment.openToRead(from, base)
    try {
      await backup(segment.db, file, { rate: PAGES })
    } finally {
      segment.close()
    }
  } catch (error) {
    if (kindOf(error) === 'absent') return 'gone' // retention was faster
    throw error
  }
  const copy = Segment.openToRead(to, base)
  const sealed = copy.sealed() !== null
  copy.close()
  syncPath(file)
  return { sealed }
}
