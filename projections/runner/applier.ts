/**
 * Slices on their way into a store.
 *
 * A1  What the store refuses for its content is applied slice by slice, and the slice that it refuses is set aside with
 *     its reason; the others go on.
 * A2  A store without room is offered the same again until there is some. Meanwhile nothing more is taken from the log,
 *     and what is in the rows is there to be read.
 */
import type { FrozenFold } from '../../actors/controller/fold.ts'
import type { Clock, Note } from '../../protocol/ports.ts'
import type { Applied, Batch, Slice, Store } from './store.ts'

/** Long enough to be no load beside the work of making room. */
const ROOM_LOOK_MS = 2_000

interface With {
  readonly passed: readonly number[]
  readonly fold: FrozenFold | null
}

export class Applier<Change> {
  readonly #store: Store<Change>
  readonly #name: string
  readonly #clock: Clock
  readonly #note: Note
  readonly #ended = Promise.withResolvers<void>()
  #over = false
  checkpoint = -1
  /** Since it began. */
  setAside = 0
  /** Why nothing is applied at present; null: nothing is in the way. */
  noRoom: string | null = null

  constructor(store: Store<Change>, name: string, clock: Clock, note: Note) {
    this.#store = store
    this.#name = name
    this.#clock = clock
    this.#note = note
  }
  /** It no longer waits for room: what it has in hand is not applied. */
  end(): void {
    this.#over = true
    this.#ended.resolve()
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
    const applied = await this.#untilRoom(batch)
    if (applied.kind === 'refused') return applied.reason
    if (applied.kind === 'fenced')
      throw new Error(`fenced: the checkpoint is ${applied.found}, not ${batch.expected}; somebody else projects here`) // T3
    this.checkpoint = batch.to
    this.setAside += batch.slices.reduce((sum, slice) => sum + slice.setAside.length, 0)
    return null
  }
  /** A2 */
  async #untilRoom(batch: Batch<Change>): Promise<Exclude<Applied, { kind: 'noRoom' }>> {
    for (;;) {
      const applied = await this.#store.apply(batch)
      const reason = applied.kind === 'noRoom' ? applied.reason : null
      this.#tell(reason)
      if (applied.kind !== 'noRoom') return applied
      await Promise.race([this.#pause(), this.#ended.promise])
      if (this.#over) throw new Error(`ended while there was no room: ${reason}`)
    }
  }
  #pause(): Promise<void> {
    return new Promise(resolve => void this.#clock.after(ROOM_LOOK_MS, resolve))
  }
  #tell(noRoom: string | null): void {
    const of = { projection: this.#name }
    if (noRoom !== null && this.noRoom === null)
      this.#note('error', 'no room in the database', { ...of, reason: noRoom })
    if (noRoom === null && this.noRoom !== null) this.#note('info', 'there is room in the database again', of)
    this.noRoom = noRoom
  }
  /** A1 */
  #without(slice: Slice<Change>, reason: string): Slice<Change> {
    this.#note('error', 'set aside', { projection: this.#name, position: slice.to, reason })
    const { to, setAside } = slice
    return { ...slice, changes: [], setAside: [...setAside, { position: to, code: 'POISONED', reason }] }
  }
}
