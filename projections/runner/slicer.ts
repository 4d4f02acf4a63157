/**
 * From records to whole slices: the fold, and what it waits with. It is the part of a projector that waits for nothing.
 *
 * C1  A record at or below the checkpoint moves the fold and nothing else: its rows are there.
 * C2  A record that cannot be projected is set aside with its reason, and the next one is taken.
 */
import type { SiteFold } from '../../actors/controller/fold.ts'
import type { LogRecord } from '../../protocol/log/event-log.ts'
import type { Projection, Seen } from './seen.ts'
import type { SetAside, Slice } from './store.ts'

/** As long as the columns that show it. */
const REASON_CHARS = 500

export class Slicer<Change> {
  readonly fold: SiteFold
  readonly #projection: Projection<Change>
  readonly #checkpoint: number
  #changes: Change[] = []
  #setAside: SetAside[] = []
  #records = 0
  /** The last record, where it was stepped. */
  seen: Seen | null = null

  constructor(fold: SiteFold, projection: Projection<Change>, checkpoint: number) {
    this.fold = fold
    this.#projection = projection
    this.#checkpoint = checkpoint
  }

  /** A slice where this record ends one. */
  take({ position, body }: LogRecord): Slice<Change> | null {
    const seen = this.#step(position, body)
    this.seen = seen
    if (position <= this.#checkpoint) return null // C1
    this.#records++
    if (seen) this.#changesOf(seen)
    const so = { records: this.#records, changes: this.#changes.length }
    if (!this.#projection.ends(so, seen)) return null
    const slice = { to: position, atMs: this.fold.state?.now ?? 0, changes: this.#changes, setAside: this.#setAside }
    this.#changes = []
    this.#setAside = []
    this.#records = 0
    return slice
  }

  #step(position: number, body: string): Seen | null {
    const before = this.fold.state
    try {
      const taken = this.fold.take(position, body)
      if (taken.kind === 'stepped') return { position, taken, before, fold: this.fold }
      if (taken.kind === 'refused') this.#aside(position, taken.code, taken.reason)
      if (taken.kind === 'passed') this.#aside(position, 'PASSED', 'as an administrator has asked')
    } catch (error) {
      this.#aside(position, 'POISONED', String(error)) // C2
    }
    return null
  }
  #changesOf(seen: Seen): void {
    try {
      this.#changes.push(...this.#projection.changes(seen))
    } catch (error) {
      this.#aside(seen.position, 'POISONED', String(error)) // C2
    }
  }
  #aside(position: number, code: string, reason: string): void {
    if (position > this.#checkpoint)
      this.#setAside.push({ position, code, reason: reason.slice(0, REASON_CHARS).toWellFormed() })
  }
}
