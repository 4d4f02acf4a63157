import type { Retention } from './limits.ts'
import { listSegments, removeDatabase, Segment, segmentFile } from './segment.ts'

/**
 * Gives up sealed segments that lie wholly below the position. Only from the oldest on and never an unsealed one: the log
 * stays one piece, and what a dead roller left can be told from a segment. Several processes may do it at once.
 */
export function removeBelow(dir: string, position: number): number {
  const bases = listSegments(dir)
  let removed = 0
  for (let i = 0; i + 1 < bases.length && bases[i + 1]! <= position; i++) {
    const base = bases[i]!
    if (i + 2 === bases.length && !isSealed(dir, base)) break
    removeDatabase(segmentFile(dir, base))
    removed++
  }
  return removed
}

/** The position below which the class of the log keeps nothing. */
export function retainedFrom(dir: string, retention: Retention, nowMs: number): number {
  const bases = listSegments(dir)
  let from = bases[0] ?? 0
  if (retention.keepSegments !== undefined) {
    from = Math.max(from, bases[Math.max(0, bases.length - Math.max(2, retention.keepSegments))] ?? 0)
  }
  if (retention.keepMs !== undefined) {
    for (let i = 0; i + 2 < bases.length; i++) {
      if (bases[i]! < from) continue
      const newestMs = newestStamp(dir, bases[i]!)
      if (newestMs === null || newestMs >= nowMs - retention.keepMs) break
      from = bases[i + 1]!
    }
  }
  return from
}

function isSealed(dir: string, base: number): boolean {
  const segment = Segment.openToRead(dir, base)
  try {
    return segment.sealed() !== null
  } finally {
    segment.close()
  }
}

function newestStamp(dir: string, base: number): number | null {
  const segment = Segment.openToRead(dir, base)
  try {
    return segment.rows(segment.head().head, 1)[0]?.[2] ?? null
  } finally {
    segment.close()
  }
}
