/**
 * The time machine: what a site was right after each record of its log. A moment is made by the controllers' own step,
 * so that the past is computed and never stored; whoever looks on sees the same as whoever never left.
 *
 * M1  A moment is a function of the log up to its position, and of nothing else (S22).
 * M2  What is kept is bounded: LIVE moments at the end, WINDOWS stretches of the past, and frozen folds on the way.
 * M3  The past is never folded in one go for long: after SLICE records everybody else has a turn.
 */
import { type FoldOptions, type FrozenFold, SiteFold, type Taken } from '../../actors/controller/fold.ts'
import type { Site } from '../../actors/controller/site.ts'
import type { SiteState } from '../../actors/controller/state.ts'
import { type EventLog, type Follow, LogError, type LogRecord } from '../../protocol/log/event-log.ts'
import type { Cancel, Clock, Note } from '../../protocol/ports.ts'
import type { Candidate } from '../../protocol/words/candidate.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { Manifest } from '../../protocol/words/manifest.ts'
import type { Checkpoints } from './checkpoints.ts'
import { positionAt } from './position-at.ts'

/** Moments at the end of the log: some minutes of a site. */
const LIVE = 1_500
/** Records between two frozen folds: so many are folded to get anywhere. */
const FREEZE_EVERY = 500
/** Stretches of the past that are kept, each FREEZE_EVERY long: for those who step to and fro. */
const WINDOWS = 8
/** Records after which others have their turn. */
const SLICE = 100

/** A site right after one record. */
export interface Moment {
  readonly position: number
  /** The log's stamp, for people. */
  readonly stampMs: number
  readonly taken: Taken
  readonly state: SiteState
  readonly site: Site
  readonly manifest: Manifest
  readonly manifestHash: string
  /** The newest candidate at this moment, as the step makes it. */
  readonly candidate: Candidate | null
}
export interface MomentsOptions {
  readonly facts: Pick<EventLog, 'follow' | 'ends' | 'read' | 'describe'>
  readonly partition: number
  readonly fold: FoldOptions
  readonly checkpoints: Checkpoints
  /** The oldest state that two nodes have signed and above which the log is whole; null: none. */
  readonly shared: () => Promise<FrozenFold | null>
  /** The host's. */
  readonly clock: Clock
  readonly note: Note
  /** Terminal. */
  readonly fail: (error: unknown) => void
  readonly freezeEvery?: number
  readonly live?: number
}

export class Moments {
  readonly #o: MomentsOptions
  readonly #freezeEvery: number
  readonly #listeners = new Set<(moment: Moment) => void>()
  #fold!: SiteFold
  #live: Moment[] = []
  /** By the position of the frozen fold that they begin at, least recently used first. */
  readonly #windows = new Map<number, Promise<Moment[]>>()
  #sinceFrozen = 0
  #follow: Follow | null = null

  constructor(options: MomentsOptions) {
    this.#o = options
    this.#freezeEvery = options.freezeEvery ?? FREEZE_EVERY
  }

  async start(): Promise<void> {
    const { facts, partition, fold, checkpoints, fail } = this.#o
    const { topicId } = await facts.describe()
    const { earliest, next } = await facts.ends(partition)
    checkpoints.begin(topicId, fold.engine)
    this.#fold = this.#thaw(next - 1) ?? new SiteFold(fold)
    if (this.#fold.position + 1 < earliest) await this.#beginAbove(earliest)
    this.#follow = facts.follow(partition, Math.max(earliest, this.#fold.position + 1), {
      batch: records => this.#take(records),
      failed: fail,
    })
  }
  stop(): void {
    this.#follow?.cancel()
  }
  /** The beginning is trimmed away: at a state that two nodes have signed. Throws LOG_GONE where there is none. */
  async #beginAbove(earliest: number): Promise<void> {
    const { shared, checkpoints } = this.#o
    const frozen = await shared()
    if (!frozen)
      throw new Refusal(
        'LOG_GONE',
        `the log begins at ${earliest}, and no state that two nodes have signed is kept above it`,
      )
    checkpoints.put(frozen)
    this.#fold = SiteFold.thaw(this.#o.fold, frozen)
  }

  /** Null before the first manifest has been read. */
  get now(): Moment | null {
    return this.#live.at(-1) ?? null
  }
  listen(told: (moment: Moment) => void): Cancel {
    this.#listeners.add(told)
    return { cancel: () => void this.#listeners.delete(told) }
  }

  /** The moment at the position, or the last one before it. Throws CURSOR_GONE, NOT_FOUND, UNAVAILABLE. */
  async at(position: number): Promise<Moment> {
    return lastUpTo(await this.#around(position), position) ?? this.#nothingAt(position)
  }
  /** At most `max` moments up to a position, oldest first: the last of them is `at(position)`. */
  async upTo(position: number, max: number): Promise<readonly Moment[]> {
    const found: Moment[] = []
    for (let to = position; found.length < max; ) {
      const there = await this.#around(to).catch(goneBefore)
      const own = there.filter(moment => moment.position <= to).slice(-(max - found.length))
      if (own.length === 0) break
      found.unshift(...own)
      to = there[0]!.position - 1
      if (found.length < max && own.length < there.length && own[0] !== there[0]) break
    }
    return found
  }
  /** The next moment above a position; null at the end of the log. */
  async after(position: number): Promise<Moment | null> {
    const { next } = await this.#o.facts.ends(this.#o.partition)
    for (let from = position + 1; from < next; ) {
      const [record] = await this.#o.facts.read(this.#o.partition, from, 1)
      if (!record) return null
      const moment = await this.at(record.position).catch(() => null)
      if (moment && moment.position > position) return moment
      from = record.position + 1
    }
    return null
  }
  /** The last position whose stamp is not after the time. */
  positionAt(stampMs: number): Promise<number> {
    return positionAt(this.#o.facts, this.#o.partition, stampMs)
  }
  ends() {
    return this.#o.facts.ends(this.#o.partition)
  }
  /** The first and the newest record that are kept. Null while there is none. */
  async stampedEnds() {
    const { facts, partition } = this.#o
    const { earliest, next } = await this.ends()
    const [first] = await facts.read(partition, earliest, 1)
    const [newest] = await facts.read(partition, Math.max(earliest, next - 1), 1)
    const stamped = (record: LogRecord | undefined) =>
      record ? { position: record.position, stampMs: record.stampMs } : null
    return { first: stamped(first), newest: stamped(newest ?? first) }
  }

  async #take(records: readonly LogRecord[]): Promise<void> {
    let sinceTurn = 0
    for (const record of records) {
      const moment = step(this.#fold, record, this.#live.at(-1) ?? null)
      if (++this.#sinceFrozen >= this.#freezeEvery) this.#freeze()
      if (moment) {
        this.#live.push(moment)
        if (this.#live.length > 2 * this.#kept) this.#live = this.#live.slice(-this.#kept)
        for (const told of this.#listeners) told(moment)
      }
      if (++sinceTurn % SLICE === 0) await this.#turn() // M3
    }
  }
  get #kept(): number {
    return this.#o.live ?? LIVE
  }
  #freeze(): void {
    const frozen = this.#fold.freeze()
    if (!frozen) return // no manifest yet: the next record is asked
    this.#o.checkpoints.put(frozen)
    this.#sinceFrozen = 0
  }
  #thaw(position: number): SiteFold | null {
    const frozen = this.#o.checkpoints.newest(position)
    if (!frozen) return null
    try {
      return SiteFold.thaw(this.#o.fold, frozen)
    } catch (error) {
      this.#o.note('warn', 'a frozen fold is refused', { position: frozen.position, error: String(error) })
      return null
    }
  }

  /** Moments around a position; the first of them may be above it only where nothing is kept before. */
  async #around(position: number): Promise<readonly Moment[]> {
    const first = this.#live[0]
    if (first && position >= first.position) {
      if (position > this.#fold.position) await this.#refuseFuture(position)
      return this.#live
    }
    const { earliest } = await this.ends()
    if (position < earliest)
      throw new Refusal('CURSOR_GONE', `position ${position} is not kept any more; the log begins at ${earliest}`)
    if (earliest > 0 && !this.#o.checkpoints.newest(position))
      throw new Refusal('CURSOR_GONE', `of position ${position} the state before it is not known any more`)
    if (!first) throw new Refusal('UNAVAILABLE', 'the log is still being read; it will be here shortly')
    const window = await this.#window(position)
    if (window[0] && window[0].position <= position) return window
    // between a frozen fold and the record after it: the last moment is that of the fold itself
    const begin = this.#o.checkpoints.newest(position)?.position ?? -1
    return begin >= earliest ? this.#window(begin) : window
  }
  async #refuseFuture(position: number): Promise<void> {
    const { next } = await this.ends()
    if (position >= next)
      throw new Refusal('NOT_FOUND', `position ${position} is not in the log yet; its newest is ${next - 1}`)
  }
  #window(position: number): Promise<Moment[]> {
    const begin = this.#o.checkpoints.newest(position - 1)?.position ?? -1
    const kept = this.#windows.get(begin)
    this.#windows.delete(begin)
    const window = kept ?? this.#foldFrom(begin, position)
    this.#windows.set(begin, window)
    window.catch(() => this.#windows.delete(begin))
    if (this.#windows.size > WINDOWS) this.#windows.delete(this.#windows.keys().next().value!) // M2
    return window
  }
  /**
   * From a frozen fold to the next one, or to `position` where none follows. Every signature is checked again: what was
   * refused the first time would be taken without (S26).
   */
  async #foldFrom(begin: number, position: number): Promise<Moment[]> {
    const { facts, partition, fold: options } = this.#o
    const fold = begin < 0 ? new SiteFold(options) : this.#thaw(begin)
    if (!fold) throw new Refusal('UNAVAILABLE', `the way to position ${begin} is not known any more; try again`)
    const { earliest } = await this.ends()
    const moments: Moment[] = []
    for (let from = Math.max(earliest, begin + 1), taken = 0; taken < this.#freezeEvery || from <= position; ) {
      const records = await facts.read(partition, from, SLICE)
      if (records.length === 0) break
      for (const record of records) {
        const moment = step(fold, record, moments.at(-1) ?? null)
        if (moment) moments.push(moment)
      }
      taken += records.length
      from = records.at(-1)!.position + 1
      await this.#turn()
    }
    return moments
  }
  #turn(): Promise<void> {
    return new Promise(resolve => void this.#o.clock.after(0, resolve))
  }
  #nothingAt(position: number): never {
    throw new Refusal('NOT_FOUND', `at position ${position} the site had no manifest yet`)
  }
}

/** Null for what is not of this site, and before its first manifest. */
function step(fold: SiteFold, { position, stampMs, body }: LogRecord, before: Moment | null) {
  const taken = fold.take(position, body)
  const { state, site, manifest, manifestHash } = fold
  if (taken.kind === 'foreign' || !state || !site || !manifest) return null
  const candidate = (taken.kind === 'stepped' && taken.candidate) || before?.candidate || null
  return { position, stampMs, taken, state, site, manifest, manifestHash, candidate } satisfies Moment
}

function lastUpTo(moments: readonly Moment[], position: number): Moment | null {
  let low = 0
  let high = moments.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (moments[middle]!.position <= position) low = middle + 1
    else high = middle
  }
  return moments[low - 1] ?? null
}
/** Whoever reads backwards ends where the log begins. */
function goneBefore(error: unknown): readonly Moment[] {
  if (error instanceof Refusal && ['CURSOR_GONE', 'NOT_FOUND'].includes(error.code)) return []
  if (error instanceof LogError && error.code === 'LOG_GONE') return []
  throw error
}
