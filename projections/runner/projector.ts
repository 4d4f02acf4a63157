/**
 * Follows the facts of one site and keeps one store at them: the rows are a function of the log up to the checkpoint,
 * and of nothing else (S22).
 *
 * R1  It begins at the newest frozen fold that the store keeps, at or below the checkpoint, and folds from there; where
 *     there is none that counts, at the beginning of the log. What it folds up to the checkpoint writes nothing.
 * R2  What was made of another log, or stepped a record that is to be passed, goes: the site is projected anew.
 * R3  After a fault of the store nothing is known: it ends, and whoever starts it anew begins at what is there.
 * R4  Nothing waits in memory but the open slice and the batch in hand: the log is followed no faster than it is applied.
 * R5  Where the log was trimmed and no fold of its own reaches what is left, it begins at a state that two nodes have
 *     signed; what that leaves out is said by `from`, and kept. Without such a state it does not begin.
 */
import { type FoldOptions, type FrozenFold, SiteFold } from '../../actors/controller/fold.ts'
import type { EventLog, Follow, LogRecord } from '../../protocol/log/event-log.ts'
import { FOLLOW_BATCH_RECORDS_MAX } from '../../protocol/log/limits.ts'
import type { Clock, Note } from '../../protocol/ports.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import { Applier } from './applier.ts'
import type { FactsAt, FactsSoFar } from './beside.ts'
import { type Lag, lagOf } from './lag.ts'
import type { Projection } from './seen.ts'
import { Slicer } from './slicer.ts'
import type { Slice, Standing, Store } from './store.ts'

/** Changes in one batch: what a statement and its parameters take without holding up whoever else asks the database. */
const BATCH_CHANGES = 20_000
/** Slices in one batch, where they hold next to nothing: what is in memory stays bounded. */
const BATCH_SLICES = 4_000
/** Records between two frozen folds: a restart folds at most so many again, in a fraction of a second. */
const FREEZE_EVERY = 500

export interface ProjectorOptions<Change> {
  readonly facts: Pick<EventLog, 'follow' | 'ends' | 'read' | 'describe'>
  readonly partition: number
  readonly fold: FoldOptions
  /** Skips up to here are in `fold.passed`. */
  readonly skipsKnownTo: number
  /** Of a log that was trimmed: the oldest state that two nodes have signed and above which all is there; null: none. */
  readonly shared: () => Promise<FrozenFold | null>
  readonly store: Store<Change>
  readonly projection: Projection<Change>
  readonly clock: Clock
  readonly note: Note
  /** Terminal. */
  readonly fail: (error: unknown) => void
  /** Records between two frozen folds, where it is not FREEZE_EVERY. */
  readonly freezeEvery?: number
  /** Changes in one batch, where it is not BATCH_CHANGES. */
  readonly batchChanges?: number
  /** Nothing above this position is projected, and `reached` is told once everything up to it is. */
  readonly until?: { readonly position: number; readonly reached: () => void }
}

interface Begun {
  readonly fold: SiteFold
  readonly standing: Standing
}
const NO_STATE =
  'no snapshot that two nodes have signed is there to begin above it: the nodes make one every thousand records'

export class Projector<Change> implements FactsSoFar {
  readonly #o: ProjectorOptions<Change>
  readonly #applier: Applier<Change>
  #slicer!: Slicer<Change>
  #follow: Follow | null = null
  #from = 0
  #position = -1
  #stampMs: number | null = null
  /** Whole, and not yet applied. */
  #slices: Slice<Change>[] = []
  #stampOfSlicesMs = 0
  #atOfSlices: FactsAt = BEFORE
  /** In these slices. */
  #changes = 0
  #sinceFrozen = 0
  /** Goes with the next batch. */
  #frozen: FrozenFold | null = null
  #at: FactsAt = BEFORE
  #waiting: { readonly holds: (at: FactsAt) => boolean; readonly resolve: () => void }[] = []
  #applying: Promise<void> = Promise.resolve()

  constructor(options: ProjectorOptions<Change>) {
    this.#o = options
    this.#applier = new Applier(options.store, options.projection.name, options.clock, options.note)
  }

  get checkpoint(): number {
    return this.#applier.checkpoint
  }
  /** Rows are of this position and above. */
  get from(): number {
    return this.#from
  }
  /** The last record that is applied or waits in an open slice. */
  get position(): number {
    return this.#position
  }
  /** Since it began. */
  get setAside(): number {
    return this.#applier.setAside
  }

  /** Why nothing is applied at present; null: nothing is in the way. */
  get noRoom(): string | null {
    return this.#applier.noRoom
  }

  get lineage(): readonly SignedManifest[] {
    return this.#slicer?.fold.lineage ?? []
  }
  get at(): FactsAt {
    return this.#at
  }
  /** Never, where it ends before. */
  when(holds: (at: FactsAt) => boolean): Promise<void> {
    if (holds(this.#at)) return Promise.resolve()
    return new Promise(resolve => void this.#waiting.push({ holds, resolve }))
  }
  async caughtUp(): Promise<void> {
    const { facts, partition, until } = this.#o
    const { next } = await facts.ends(partition)
    const [last] = await facts.read(partition, Math.max(0, next - 1), 1)
    const to = Math.min(last?.position ?? -1, until?.position ?? next)
    await this.when(() => this.#slicer.fold.position >= to)
  }

  async start(): Promise<void> {
    const { facts, partition, projection } = this.#o
    const { fold, standing } = await this.#begin()
    this.#applier.checkpoint = standing.checkpoint
    this.#from = standing.from
    const { until } = this.#o
    this.#slicer = new Slicer(fold, projection, standing.checkpoint)
    this.#reached(atOf(fold))
    if (until && standing.checkpoint >= until.position) return until.reached()
    this.#follow = facts.follow(partition, fold.position + 1, {
      batch: records => (this.#applying = this.#take(records)),
      failed: error => this.#o.fail(error),
    })
  }
  /** What is not applied by then is taken again by whoever starts next. */
  async stop(): Promise<void> {
    this.#follow?.cancel()
    this.#applier.end()
    await this.#applying.catch(() => {}) // whoever follows has been told
  }
  lag(): Promise<Lag> {
    const { facts, partition } = this.#o
    return lagOf(facts, partition, this.checkpoint, this.#stampMs)
  }

  async #begin(): Promise<Begun> {
    const { facts, partition, fold: options } = this.#o
    const standing = await this.#standing()
    const { earliest } = await facts.ends(partition)
    const { fold: frozen } = standing
    // of another engine: taken only where the log below it is gone
    const own = frozen && (frozen.engine === options.engine || earliest > 0) ? this.#thawed(frozen) : null // R1
    const fold = own ?? new SiteFold(options)
    return fold.position + 1 >= earliest ? { fold, standing } : this.#beginAbove(earliest, standing)
  }
  async #standing(): Promise<Standing> {
    const { facts, partition, store, fold, note, projection } = this.#o
    const { topicId } = await facts.describe()
    const { next } = await facts.ends(partition)
    const standing = await store.standing()
    const stepped = [...(fold.passed ?? [])].some(p => p <= standing.checkpoint && !standing.passed.includes(p))
    if (standing.topicId === topicId && standing.checkpoint < next && !stepped) return standing
    if (standing.topicId !== '')
      note('warn', 'projected anew', {
        projection: projection.name,
        why: stepped ? 'a record is to be passed that it has stepped' : 'it was made of another log',
      })
    await store.clear(topicId) // R2
    return store.standing()
  }
  #thawed(frozen: FrozenFold): SiteFold | null {
    try {
      return SiteFold.thaw(this.#o.fold, frozen)
    } catch (error) {
      this.#o.note('warn', 'a frozen fold is refused', { projection: this.#o.projection.name, error: String(error) })
      return null
    }
  }
  /** R5 */
  async #beginAbove(earliest: number, standing: Standing): Promise<Begun> {
    const { shared, store, note, projection } = this.#o
    const frozen = await shared()
    const fold = frozen && this.#thawed(frozen)
    if (!fold) throw new Refusal('LOG_GONE', `the log begins at ${earliest}; ${NO_STATE}`)
    if (fold.position <= standing.checkpoint) return { fold, standing }
    const from = fold.position + 1
    note('warn', 'begins where the log was trimmed: rows of what it held before cannot be made', {
      ...{ projection: projection.name, from, earliest },
    })
    await store.clear(standing.topicId, from)
    const { passed } = fold
    await store.apply({ expected: from - 1, to: from - 1, slices: [], passed, fold: frozen })
    return { fold, standing: await store.standing() }
  }

  async #take(records: readonly LogRecord[]): Promise<void> {
    const { position: last = Number.POSITIVE_INFINITY, reached } = this.#o.until ?? {}
    for (const record of records) {
      if (record.position > last) break
      const slice = this.#slicer.take(record)
      this.#sinceFrozen++
      if (record.position <= this.checkpoint) this.#reached(atOf(this.#slicer.fold))
      if (record.position === this.checkpoint) this.#stampMs = record.stampMs
      this.#refuseLateSkip(record)
      if (!slice) continue
      this.#slices.push(slice)
      this.#stampOfSlicesMs = record.stampMs
      this.#atOfSlices = atOf(this.#slicer.fold)
      this.#changes += slice.changes.length
      this.#freezeNowAndThen()
      if (this.#changes >= (this.#o.batchChanges ?? BATCH_CHANGES) || this.#slices.length >= BATCH_SLICES)
        await this.#apply()
    }
    if (!(await this.#moreWaits(records))) await this.#apply()
    this.#position = Math.min(last, records.at(-1)?.position ?? this.#position)
    this.#tell()
    if (this.#position < last) return
    this.#follow?.cancel()
    reached?.()
  }
  /** Behind by a whole delivery, it applies by BATCH_CHANGES alone: few large batches catch up sooner. */
  async #moreWaits(records: readonly LogRecord[]): Promise<boolean> {
    const { facts, partition, until } = this.#o
    if (records.length < FOLLOW_BATCH_RECORDS_MAX) return false
    const { next } = await facts.ends(partition)
    return Math.min(next - 1, until?.position ?? next) - records.at(-1)!.position >= FOLLOW_BATCH_RECORDS_MAX
  }
  /** R2: it has stepped what is to be passed; whoever starts it anew knows of it beforehand. */
  #refuseLateSkip({ position }: LogRecord): void {
    if (position > this.#o.skipsKnownTo && this.#slicer.seen?.taken.fact.kind === 'FactSkipped')
      throw new Error(`a skip at ${position}: it starts anew, to know of it before the record that it names`)
  }

  /** Between two slices: there the fold is at the end of what is applied. */
  #freezeNowAndThen(): void {
    if (this.#sinceFrozen < (this.#o.freezeEvery ?? FREEZE_EVERY)) return
    this.#frozen = this.#slicer.fold.freeze()
    this.#sinceFrozen = 0
  }
  async #apply(): Promise<void> {
    const slices = this.#slices
    if (slices.length === 0) return
    this.#slices = []
    this.#changes = 0
    const { passed } = this.#slicer.fold
    const fold = this.#frozen
    this.#frozen = null
    await this.#applier.apply(slices, { passed, fold })
    this.#stampMs = this.#stampOfSlicesMs
    this.#reached(this.#atOfSlices)
  }
  #reached(at: FactsAt): void {
    if (at.position > this.checkpoint) return
    this.#at = at
    this.#tell()
  }
  #tell(): void {
    const met = this.#waiting.filter(({ holds }) => holds(this.#at))
    this.#waiting = this.#waiting.filter(one => !met.includes(one))
    for (const { resolve } of met) resolve()
  }
}

const BEFORE: FactsAt = { position: -1, epoch: 0, cycle: 0 }
const atOf = ({ position, state }: SiteFold): FactsAt => ({
  position,
  epoch: state?.epoch ?? 0,
  cycle: state?.cycle ?? 0,
})
