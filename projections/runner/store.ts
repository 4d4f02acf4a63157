/**
 * What a projection is written to, and in which pieces. A store knows nothing of facts; a projector (`projector.ts`)
 * knows nothing of databases.
 *
 * T1  What a slice is, is a function of the log alone: whoever projects it, from wherever, cuts it alike.
 * T2  A batch is one or more whole slices. It is applied whole, with its checkpoint, or it is as if it never was (S22).
 * T3  A store applies a batch only where its checkpoint is the one expected: two projectors cannot both go on.
 */
import type { FrozenFold } from '../../actors/controller/fold.ts'

/** A record that enters no row: refused by the fold, or by the store, or it made the projection throw. */
export interface SetAside {
  readonly position: number
  readonly code: string
  readonly reason: string
}
export interface Slice<Change> {
  /** Its last record. */
  readonly to: number
  /** Log time at its end, ms. */
  readonly atMs: number
  readonly changes: readonly Change[]
  readonly setAside: readonly SetAside[]
}
export interface Batch<Change> {
  /** The checkpoint that it follows; -1: the beginning. */
  readonly expected: number
  /** The last record of its last slice. */
  readonly to: number
  readonly slices: readonly Slice<Change>[]
  /** What the fold has passed on an administrator's word. */
  readonly passed: readonly number[]
  /** Now and then: the fold as it was at the end of one of these slices. */
  readonly fold: FrozenFold | null
}
export type Applied =
  | { readonly kind: 'applied' }
  /** The checkpoint is another one: somebody else projects into this store. */
  | { readonly kind: 'fenced'; readonly found: number }
  /** The data themselves do not go in, now or ever; what is wrong with the store's service is thrown. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The checkpoint has not moved, and will once there is room. */
  | { readonly kind: 'noRoom'; readonly reason: string }

/** Where a store stands. */
export interface Standing {
  readonly checkpoint: number
  /** Rows are of this position and above: what the log held before was gone, or was not asked for. 0: of all of it. */
  readonly from: number
  /** Of the log that it was made from: a position means nothing in another. Empty: nothing was made yet. */
  readonly topicId: string
  readonly passed: readonly number[]
  /** At or below the checkpoint. */
  readonly fold: FrozenFold | null
}
export const NOTHING: Standing = { checkpoint: -1, from: 0, topicId: '', passed: [], fold: null }

/** The rows of one site in one database. */
export interface Store<Change> {
  standing(): Promise<Standing>
  /** Everything of this site goes, and a projection of this log may begin: at its beginning, or at `from`. */
  clear(topicId: string, from?: number): Promise<void>
  /** Throws where the service fails: whether it was applied is not known then, and `standing` tells. */
  apply(batch: Batch<Change>): Promise<Applied>
}

/** By table, how many rows and what they add up to: equal where the rows are. */
export type Sums = Readonly<Record<string, string>>
