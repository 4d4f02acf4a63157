/**
 * Slices on their way into a store.
 *
 * A1  What the store refuses for its content is applied slice by slice, and the slice that it refuses is set aside with
 *     its reason; the others go on.
 */
import type { FrozenFold } from '../../actors/controller/fold.ts'
import type { Note } from '../../protocol/ports.ts'
import type { Batch, Slice, Store } from './store.ts'

interface With {
  readonly passed: readonly number[]
  readonly fold: FrozenFold | null
}

export class Applier<Change> {
  readonly #store: Store<Change>
  readonly #name: string
  readonly #note: Note
  checkpoint = -1
  /** Since it began. */
  setAside = 0

  constructor(store: Store<Change>, name: string, note: Note) {
    this.#store = store
    this.#name = name
    this.#note = note
  }

  /** Throws where somebody else projects into the store, and where its service fails. */
  async apply(slices: readonly Slice<Change>[], { passed, fold }: With): Promise<void> {
    const last = slices.at(-1)
    if (!last) return
    const refusal = await this.#offer({ expected: this.checkpoint, to: last.to, slices, passed, fold })
    if (refusal !== null)
      for (const slice of slices) {
        const alone = { expected: this.checkpoint, to: slice.to, passed, fold: null }
        const reason = await this.#offer({ ...alone, slices: [slice] })
        if (reason === null) continue
        const still = await this.#offer({ ...alone, slices: [this.#without(slice, reason)] })
        if (still !== null) throw new Error(`an empty slice is refused: ${still}`)
      }
  }
  /** Null, or why it is refused for its content. */
  async #offer(batch: Batch<Change>): Promise<string | null> {
    const applied = await this.#store.apply(batch)
    if (applied.kind === 'refused') return applied.reason
    if (applied.kind === 'fenced')
      throw new Error(`fenced: the checkpoint is ${applied.found}, not ${batch.expected}; somebody else projects here`) // T3
    this.checkpoint = batch.to
    this.setAside += batch.slices.reduce((sum, slice) => sum + slice.setAside.length, 0)
    return null
  }
  /** A1 */
  #without(slice: Slice<Change>, reason: string): Slice<Change> {
    this.#note('error', 'set aside', { projection: this.#name, position: slice.to, reason })
    const { to, setAside } = slice
    return { ...slice, changes: [], setAside: [...setAside, { position: to, code: 'POISONED', reason }] }
  }
}
