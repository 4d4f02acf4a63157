import type { Applied, Batch, Slice, Standing, Store } from '../../../projections/runner/store.ts'
import { NOTHING } from '../../../projections/runner/store.ts'

/** A store whose rows are the slices themselves. */
export class MemoryStore<Change> implements Store<Change> {
  slices: Slice<Change>[] = []
  now: Standing = NOTHING
  batches = 0
  refuses: (change: Change) => boolean = () => false
  /** Throws before this many more batches are applied. */
  failsAfter = Number.POSITIVE_INFINITY

  /** Has room for so many more batches. */
  room = Number.POSITIVE_INFINITY

  async standing(): Promise<Standing> {
    return structuredClone(this.now)
  }
  async clear(topicId: string, from = 0): Promise<void> {
    this.slices = []
    this.now = { ...NOTHING, topicId, from, checkpoint: from - 1 }
  }
  async apply({ expected, to, slices, passed, fold }: Batch<Change>): Promise<Applied> {
    if (this.failsAfter-- <= 0) throw new Error('the database is gone')
    if (this.now.checkpoint !== expected) return { kind: 'fenced', found: this.now.checkpoint }
    if (slices.some(s => s.changes.some(this.refuses))) return { kind: 'refused', reason: 'no such row' }
    if (this.room-- <= 0) return { kind: 'noRoom', reason: 'the disk is full' }
    this.slices.push(...structuredClone(slices))
    this.now = { ...this.now, checkpoint: to, passed, fold: fold ?? this.now.fold }
    this.batches++
    return { kind: 'applied' }
  }
}
