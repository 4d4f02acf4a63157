/**
 * Follows one more topic of a projection's site, which no step reads, with a checkpoint of its own: its rows are a
 * function of that topic and of the facts, up to their checkpoints, and of nothing else (S22).
 *
 * B1  Each record is a slice.
 * B2  A record is judged by the rows of the facts, once no later fact can change the judgement; until then it waits, and
 *     all that come after it.
 * B3  What was made of another topic goes. Where the facts' rows have gone, these have gone with them.
 * B4  Nothing waits in memory but the batch in hand.
 */
import type { EventLog, Follow, LogRecord } from '../../protocol/log/event-log.ts'
import type { Clock, Note } from '../../protocol/ports.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import { Applier } from './applier.ts'
import { type Lag, lagOf } from './lag.ts'
import type { SetAside, Slice, Standing, Store } from './store.ts'

/** Changes in one batch: what a statement and its parameters take without holding up whoever else asks the database. */
const BATCH_CHANGES = 20_000
/** As long as the columns that show it. */
const REASON_CHARS = 500

/** Up to where the facts are in the rows, and the newest frame there. */
export interface FactsAt {
  readonly position: number
  readonly epoch: number
  readonly cycle: number
}
/** The facts beside which a topic is followed. */
export interface FactsSoFar {
  readonly at: FactsAt
  /** Their rows are of this position and above. */
  readonly from: number
  readonly lineage: readonly SignedManifest[]
  when(holds: (at: FactsAt) => boolean): Promise<void>
  /** All that the log holds by now has been folded. */
  caughtUp(): Promise<void>
}
export type Judged<Change> =
  | { readonly kind: 'rows'; readonly changes: readonly Change[] }
  /** Of another site, or there already. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'aside'; readonly code: string; readonly reason: string }

/** What was judged before a record. */
export interface JudgedBefore {
  /** Up to here it is in the rows. */
  readonly checkpoint: number
  /** All of it is. */
  applied(): Promise<void>
}
/** What a projection makes of a topic beside the facts. */
export interface Judge<Change> {
  judge(record: LogRecord, before: JudgedBefore): Promise<Judged<Change>>
}

export interface BesideOptions<Change> {
  readonly log: Pick<EventLog, 'follow' | 'ends' | 'read' | 'describe'>
  readonly partition: number
  readonly name: string
  readonly store: Store<Change>
  readonly judge: Judge<Change>
  readonly clock: Clock
  readonly note: Note
  /** Terminal. */
  readonly fail: (error: unknown) => void
  readonly until?: { readonly position: number; readonly reached: () => void }
}

export class Beside<Change> implements JudgedBefore {
  readonly #o: BesideOptions<Change>
  readonly #applier: Applier<Change>
  readonly #stopped = Promise.withResolvers<null>()
  #follow: Follow | null = null
  #over = false
  #from = 0
  /** Of the oldest record in hand: nothing is behind where none is. */
  #handMs: number | null = null
  #slices: Slice<Change>[] = []
  #changes = 0
  #taking: Promise<void> = Promise.resolve()

  constructor(options: BesideOptions<Change>) {
    this.#o = options
    this.#applier = new Applier(options.store, options.name, options.clock, options.note)
  }

  get checkpoint(): number {
    return this.#applier.checkpoint
  }
  get from(): number {
    return this.#from
  }
  get setAside(): number {
    return this.#applier.setAside
  }
  /** Why nothing is applied at present; null: nothing is in the way. */
  get noRoom(): string | null {
    return this.#applier.noRoom
  }

  async start(): Promise<void> {
    const { log, partition, until, note, name } = this.#o
    const standing = await this.#standing()
    this.#applier.checkpoint = standing.checkpoint
    this.#from = standing.from
    if (until && standing.checkpoint >= until.position) return until.reached()
    const { earliest } = await log.ends(partition)
    const next = standing.checkpoint + 1
    if (next < earliest) note('warn', 'records are gone before they were taken', { projection: name, next, earliest })
    this.#follow = log.follow(partition, Math.max(next, earliest), {
      batch: records => (this.#taking = this.#take(records)),
      failed: error => this.#o.fail(error),
    })
  }
  async stop(): Promise<void> {
    this.#over = true
    this.#follow?.cancel()
    this.#applier.end()
    this.#stopped.resolve(null)
    await this.#taking.catch(() => {}) // whoever follows has been told
  }
  lag(): Promise<Lag> {
    return lagOf(this.#o.log, this.#o.partition, this.checkpoint, this.#handMs)
  }

  /** B3 */
  async #standing(): Promise<Standing> {
    const { log, partition, store } = this.#o
    const { topicId } = await log.describe()
    const { earliest, next } = await log.ends(partition)
    const standing = await store.standing()
    if (standing.topicId === topicId && standing.checkpoint < next) return standing
    await store.clear(topicId, earliest)
    return store.standing()
  }

  async #take(records: readonly LogRecord[]): Promise<void> {
    const { position: last = Number.POSITIVE_INFINITY, reached } = this.#o.until ?? {}
    for (const record of records) {
      if (record.position > last) break
      this.#handMs ??= record.stampMs
      const slice = await Promise.race([this.#slice(record), this.#stopped.promise])
      if (!slice) return
      this.#slices.push(slice)
      this.#changes += slice.changes.length
      if (this.#changes >= BATCH_CHANGES) await this.applied()
    }
    await this.applied()
    if ((records.at(-1)?.position ?? -1) < last) return
    this.#follow?.cancel()
    reached?.()
  }
  /** B1. Null: it has ended meanwhile. */
  async #slice({ position, stampMs, body }: LogRecord): Promise<Slice<Change> | null> {
    const record = { position, stampMs, body }
    const whole = (changes: readonly Change[], setAside: readonly SetAside[]) => {
      return { to: position, atMs: stampMs, changes, setAside }
    }
    try {
      const judged = await this.#o.judge.judge(record, this)
      if (judged.kind === 'rows') return whole(judged.changes, [])
      if (judged.kind === 'nothing') return whole([], [])
      const reason = judged.reason.slice(0, REASON_CHARS).toWellFormed()
      return whole([], [{ position, code: judged.code, reason }])
    } catch (error) {
      if (!this.#over) this.#o.fail(error)
      return null
    }
  }
  async applied(): Promise<void> {
    const slices = this.#slices
    if (slices.length === 0) return
    this.#slices = []
    this.#changes = 0
    await this.#applier.apply(slices, { passed: [], fold: null })
    this.#handMs = null
  }
}
