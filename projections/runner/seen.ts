import type { SiteFold, Taken } from '../../actors/controller/fold.ts'
import type { SiteState } from '../../actors/controller/state.ts'

/** One record as the fold took it: what a projection makes its changes of. */
export interface Seen {
  readonly position: number
  readonly taken: Extract<Taken, { kind: 'stepped' }>
  /** The site's state before it; null: there was no manifest yet. */
  readonly before: SiteState | null
  /** The fold after it. */
  readonly fold: SiteFold
}

/** Pure: the same record after the same records, the same changes. */
export interface Projection<Change> {
  readonly name: string
  changes(seen: Seen): readonly Change[]
  /** Is the slice over with this record (T1)? `records` and `changes` are those of the slice so far. */
  ends(slice: { readonly records: number; readonly changes: number }, seen: Seen | null): boolean
}
