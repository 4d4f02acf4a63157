import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import { LogError, type Topic } from '../event-log.ts'
import { kindOf } from './faults.ts'
import { nap } from './retry.ts'
import { createSegment, listSegments, Segment, segmentFile } from './segment.ts'

/** Between a listing and an open, others roll and retain; more rounds than this mean that a segment is really missing. */
const ROUNDS_MAX = 100

/** Makes the first segment of a new log; of several that try at once, one wins. */
export function beginChain(dir: string, topic: Topic): void {
  fs.mkdirSync(dir, { recursive: true })
  if (listSegments(dir).length > 0) return
  createSegment(dir, 0, { topic, topicId: randomUUID().replaceAll('-', ''), partitions: [], trims: new Map() })
}

/**
 * The segment that takes appends: the last one, unless the one before is not sealed. Then whoever made the last died
 * before the seal, nothing was ever appended to it, and nobody may open it.
 */
export function openTail(dir: string, pageCountMax: number): Segment {
  return settled(dir, () => {
    const bases = listSegments(dir)
    const last = bases.at(-1)
    if (last === undefined) throw new LogError('LOG_FAILED', `there is no log in ${dir}`)
    const before = bases.at(-2)
    if (before !== undefined) {
      const previous = Segment.open(dir, before, pageCountMax)
      if (previous.sealed() === null) return previous
      previous.close()
    }
    return Segment.open(dir, last, pageCountMax)
  })
}

/** Repeats what failed only because a listed segment went away meanwhile. */
export function settled<T>(dir: string, attempt: () => T): T {
  for (let round = 1; ; round++) {
    try {
      return attempt()
    } catch (error) {
      if (kindOf(error) !== 'absent') throw error
      if (round === ROUNDS_MAX) {
        throw new LogError('LOG_FAILED', `a segment of ${dir} cannot be opened: ${(error as Error).message}`)
      }
    }
    nap(1)
  }
}

/** Under the write lock of the unsealed segment: whatever lies above it was left by somebody who died while rolling. */
export function orphansAbove(dir: string, base: number): readonly string[] {
  return listSegments(dir)
    .filter(other => other > base)
    .map(other => segmentFile(dir, other))
}
