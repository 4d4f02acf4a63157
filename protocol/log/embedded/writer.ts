import fs from 'node:fs'
import type { Topic } from '../event-log.ts'
import { Ballast } from './ballast.ts'
import { Ringer } from './bell.ts'
import { beginChain, openTail, orphansAbove } from './chain.ts'
import { Courtesy } from './courtesy.ts'
import { kindOf, textOf } from './faults.ts'
import type { Limits } from './limits.ts'
import { Mark } from './mark.ts'
import { whileBusy } from './retry.ts'
import { createSegment, listSegments, removeDatabase, type Segment, segmentFile } from './segment.ts'

/** How one commit ended; only the worker's loop branches on it. */
export type Committed =
  | { readonly kind: 'done'; readonly first: number }
  /** Others held the lock all the time: nothing was written. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'full'; readonly reason: string }
  | { readonly kind: 'corrupt'; readonly position: number; readonly reason: string }
  /** The disk did not do what it was told. After a failed sync nobody knows what is durable: never carry on. */
  | { readonly kind: 'failed'; readonly reason: string }

/** A turn of waiting for the lock; then the worker looks after its followers and comes again. */
const BUSY_TURN_MS = 5
/** How often the tail may have been sealed by others before one append found it open. */
const ROLLS_MAX = 100
/** A look at the segment's size costs a query: only after this part of a segment was appended. */
const SIZE_CHECK_PART = 16
const PAGE_BYTES = 4096
/** Roughly what a record costs beside its body. */
const RECORD_BYTES = 40

/**
 * W1 a position is given under the write lock of the unsealed segment, and is the one after the highest that is there;
 * W2 it is never at or below one that was acknowledged, even where the database has forgotten that one;
 * W3 after the commit the mark, then the acknowledgement, then `settle`: nobody waits for what only others need.
 */
export class Writer {
  readonly #dir: string
  readonly #limits: Limits
  readonly #mark: Mark
  readonly #courtesy: Courtesy
  readonly #ringer: Ringer
  readonly #ballast: Ballast
  #segment: Segment
  #partitions = new Set<number>()
  /** The head that this process left: while nobody else appends, the mark need not be read. */
  #leftAt = -2
  #bytesSinceLook = 0

  constructor(dir: string, topic: Topic, limits: Limits) {
    beginChain(dir, topic)
    this.#dir = dir
    this.#limits = limits
    this.#ballast = new Ballast(dir, limits.ballastBytes)
    this.#ballast.lay()
    this.#segment = openTail(dir, this.#pageCap())
    this.#mark = new Mark(dir)
    this.#courtesy = new Courtesy(dir)
    this.#ringer = new Ringer(dir)
    this.#use(this.#segment)
  }

  commit(partitions: readonly number[], bodies: readonly string[], stampMs: number): Committed {
    this.#courtesy.beforeCommit()
    for (let roll = 0; roll < ROLLS_MAX; roll++) {
      const segment = this.#segment
      try {
        if (!this.#begin()) return { kind: 'busy' }
        const { head, sealed } = segment.head()
        if (sealed !== null) {
          segment.rollback()
          this.#use(openTail(this.#dir, this.#pageCap()))
          continue
        }
        const acknowledged = head === this.#leftAt ? head : Math.max(this.#mark.read(), this.#leftAt)
        if (head < acknowledged) {
          segment.rollback()
          return this.#forgotten(head, acknowledged)
        }
        for (let i = 0; i < bodies.length; i++) {
          this.#notePartition(segment, partitions[i]!)
          this.#bytesSinceLook += bodies[i]!.length + RECORD_BYTES
        }
        segment.insert(head + 1, partitions, stampMs, bodies)
        segment.commit()
        this.#leftAt = head + bodies.length
        this.#mark.write(this.#leftAt)
        return { kind: 'done', first: head + 1 }
      } catch (error) {
        return this.#failed(error)
      }
    }
    return { kind: 'busy' }
  }

  /** After the acknowledgement: the bell, a look for who else wants the lock, and a new segment where this one is large. */
  settle(): void {
    this.#ringer.ring()
    this.#courtesy.committed()
    this.#rollWhenLarge()
  }

  /** True where nothing is to be done or it was done; a failure leaves a segment that is too large, which loses nothing. */
  #rollWhenLarge(): boolean {
    if (this.#bytesSinceLook < this.#limits.segmentBytesMax / SIZE_CHECK_PART) return true
    this.#bytesSinceLook = 0
    const { page_count } = this.#segment.db.prepare('pragma page_count').get() as { page_count: number }
    if (page_count * PAGE_BYTES < this.#limits.segmentBytesMax) return true
    try {
      return this.#roll()
    } catch {
      this.#segment.rollback()
      this.#partitions = new Set(this.#segment.carried().partitions)
      return false
    }
  }

  /** Notes, durably, that the partition needs nothing below; returns below what nobody needs anything. */
  trim(partition: number, before: number): number | null {
    for (let roll = 0; roll < ROLLS_MAX; roll++) {
      const segment = this.#segment
      if (!this.#begin()) return null
      try {
        if (segment.head().sealed !== null) {
          segment.rollback()
          this.#use(openTail(this.#dir, this.#pageCap()))
          continue
        }
        const { partitions, trims } = segment.carried()
        const wanted = Math.max(before, trims.get(partition) ?? 0)
        segment.put(`trim:${partition}`, wanted)
        segment.commit()
        const others = partitions.filter(other => other !== partition).map(other => trims.get(other) ?? 0)
        return Math.min(wanted, ...others)
      } catch (error) {
        segment.rollback()
        throw error
      }
    }
    return null
  }

  /** Idle work: the write-ahead log and the ballast. */
  keepHouse(): void {
    this.#ballast.lay()
    this.#capPages()
    const wal = fs.statSync(`${segmentFile(this.#dir, this.#segment.base)}-wal`, { throwIfNoEntry: false })
    if (wal && wal.size > this.#limits.walBytesMax) {
      whileBusy(0, () => this.#segment.db.exec('pragma wal_checkpoint(truncate)'))
    }
  }

  close(): void {
    this.#ringer.close()
    this.#segment.close()
    this.#mark.close()
    this.#courtesy.close()
  }

  #begin(): boolean {
    const begun = whileBusy(
      BUSY_TURN_MS,
      () => {
        this.#segment.begin()
        return true
      },
      () => this.#courtesy.wish(),
    )
    return begun ?? false
  }

  #use(segment: Segment): void {
    if (this.#segment !== segment) this.#segment.close()
    this.#segment = segment
    this.#partitions = new Set(segment.carried().partitions)
    this.#bytesSinceLook = this.#limits.segmentBytesMax
  }

  #notePartition(segment: Segment, partition: number): void {
    if (this.#partitions.has(partition)) return
    segment.put(`part:${partition}`, 1)
    this.#partitions.add(partition)
  }

  /**
   * Under the old segment's write lock: 1 clear what a dead roller left, 2 make the next segment, whole, 3 seal the old
   * one. Killed before 3: the old one goes on and the next roller clears. The bell wakes followers to move over.
   */
  #roll(): boolean {
    const segment = this.#segment
    if (!this.#begin()) return false
    const { head, sealed } = segment.head()
    if (sealed !== null) {
      segment.rollback()
      return true
    }
    for (const orphan of orphansAbove(this.#dir, segment.base)) removeDatabase(orphan)
    createSegment(this.#dir, head + 1, segment.carried())
    segment.put('sealed', head)
    segment.commit()
    this.#ringer.ring()
    this.#use(openTail(this.#dir, this.#pageCap()))
    return true
  }

  #forgotten(head: number, acknowledged: number): Committed {
    return {
      kind: 'corrupt',
      position: head + 1,
      reason:
        `the log ends at ${head}, but ${acknowledged} was acknowledged: the records between are lost. Restore the log; ` +
        `to go on without them, remove ${this.#mark.file} while nobody has the log open`,
    }
  }

  #failed(error: unknown): Committed {
    const reason = textOf(error)
    try {
      this.#segment.rollback()
      this.#partitions = new Set(this.#segment.carried().partitions)
    } catch (second) {
      return { kind: 'failed', reason: `${reason}; then ${textOf(second)}` }
    }
    switch (kindOf(error)) {
      case 'busy':
        return { kind: 'busy' }
      case 'full':
        if (this.#ballast.release()) this.#capPages()
        return { kind: 'full', reason: `${reason}; ${listSegments(this.#dir).length} segments in ${this.#dir}` }
      case 'corrupt':
        return { kind: 'corrupt', position: this.#segment.base, reason }
      default:
        return { kind: 'failed', reason }
    }
  }

  /** Where a cap stands in for a full disk, the ballast counts in it as it does on a disk. */
  #pageCap(): number {
    if (this.#limits.pageCountMax === 0) return 0
    return this.#limits.pageCountMax - (this.#ballast.held ? Math.ceil(this.#ballast.bytes / PAGE_BYTES) : 0)
  }

  #capPages(): void {
    const pages = this.#pageCap()
    if (pages > 0) this.#segment.db.exec(`pragma max_page_count=${pages}`)
  }
}
