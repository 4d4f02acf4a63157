/**
 * The rows of a log made once more, beside the live ones.
 *
 *    1 a build beside the live one, or the one that an earlier rebuild has begun
 *    2 the log projected into it, up to where the live one is
 *    3 both added up at one position
 *    4 the switch, unless it was only asked whether they are equal
 *
 * N1  The live build is read and never written; it is kept until it is dropped by name.
 * N2  A rebuild that was cut short goes on where its checkpoint is.
 */

import type { EventLog } from '../../protocol/log/event-log.ts'
import type { Clock } from '../../protocol/ports.ts'
import { Beside } from './beside.ts'
import type { Build, Database } from './database.ts'
import { Projector, type ProjectorOptions } from './projector.ts'

export interface RebuildAsked {
  /** Rows of this position and above only; null: of all of the log. */
  readonly from: number | null
  /** Compares and switches nothing. */
  readonly verify: boolean
}
export interface RebuildProgress {
  readonly phase: 'projecting' | 'comparing' | 'done' | 'failed'
  readonly build: number
  readonly position: number
  readonly to: number
  /** Its rows are of this position and above. */
  readonly from: number
  readonly perSecond: number
  /** Null: not known yet. */
  readonly secondsLeft: number | null
  /** The position at which the two were added up, and whether they are equal; null: there was nothing to compare. */
  readonly compared: {
    readonly position: number
    readonly equal: boolean
    readonly different: readonly string[]
  } | null
  /** Why it has failed, or does not go on for now. */
  readonly reason: string
}
export interface RebuildOptions<Change> {
  readonly database: Database<Change>
  /** The topic that is followed beside the facts. */
  readonly beside: EventLog
  readonly projector: Omit<ProjectorOptions<Change>, 'store' | 'projection' | 'clock' | 'fail' | 'until'>
  readonly clock: Clock
}

export class Rebuild<Change> {
  readonly #o: RebuildOptions<Change>
  readonly #beganMs: number
  #began = -1
  #running: Projector<Change> | null = null
  #at: Omit<RebuildProgress, 'position' | 'perSecond' | 'secondsLeft'> = {
    ...{ phase: 'projecting', build: 0, to: -1, from: 0, compared: null, reason: '' },
  }

  constructor(options: RebuildOptions<Change>) {
    this.#o = options
    this.#beganMs = options.clock.monotonicMs()
  }

  get progress(): RebuildProgress {
    const position = Math.max(this.#began, this.#running?.checkpoint ?? -1)
    const seconds = (this.#o.clock.monotonicMs() - this.#beganMs) / 1_000
    const perSecond = Math.round((position - this.#began) / Math.max(seconds, 0.001))
    const secondsLeft = perSecond > 0 ? Math.ceil(Math.max(0, this.#at.to - position) / perSecond) : null
    const reason = this.#running?.noRoom ?? this.#at.reason
    return { ...this.#at, position, perSecond, secondsLeft, reason }
  }
  /** Never rejects: what went wrong is in its progress. Resolves to the build to follow from now on, if it has switched. */
  async run(asked: RebuildAsked): Promise<Build | null> {
    try {
      return await this.#run(asked)
    } catch (error) {
      this.#at = { ...this.#at, phase: 'failed', reason: error instanceof Error ? error.message : String(error) }
      return null
    }
  }

  async #run({ from, verify }: RebuildAsked): Promise<Build | null> {
    const { database } = this.#o
    const live = await database.live()
    const build = await this.#beside(live, from) // 1
    const beside = (await this.#besideOf(live)).checkpoint // before the facts: by those it was judged
    await this.#project(build, (await this.#standing(live)).checkpoint, beside) // 2
    const compared = this.#at.from === (await this.#standing(live)).from ? await this.#compare(live, build) : null // 3
    if (verify) await database.drop(build.id)
    else await database.switchTo(build.id) // 4
    this.#at = { ...this.#at, phase: 'done', compared }
    return verify ? null : build
  }

  /** N2 */
  async #beside(live: Build, from: number | null): Promise<Build> {
    const { database, projector } = this.#o
    const begun = (await database.builds()).findLast(b => b.state === 'building' && b.version === live.version)
    const build = begun ?? (await database.add())
    this.#at = { ...this.#at, build: build.id }
    if (from !== null && !begun) {
      const store = await database.store(build.id)
      await store.clear((await projector.facts.describe()).topicId, from)
      const { fold, passed } = await this.#standing(live)
      const below = fold && fold.position < from ? fold : null
      await store.apply({ expected: from - 1, to: from - 1, slices: [], passed, fold: below })
    }
    this.#began = (await this.#standing(build)).checkpoint
    return build
  }
  async #standing({ id }: Build) {
    return (await this.#o.database.store(id)).standing()
  }
  async #besideOf({ id }: Build) {
    return (await this.#o.database.besideStore(id)).standing()
  }

  /** Up to where the live one is; where it has nothing, to the end of the log. */
  async #project(build: Build, checkpoint: number, besideTo: number): Promise<void> {
    const { database, beside, clock } = this.#o
    const { facts, partition, note } = this.#o.projector
    const to = checkpoint >= 0 ? checkpoint : (await facts.ends(partition)).next - 1
    this.#at = { ...this.#at, to }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const also = Promise.withResolvers<void>()
    this.#running = new Projector({
      ...this.#o.projector,
      ...{ projection: database.projection, clock },
      store: await database.store(build.id),
      until: { position: to, reached: resolve },
      fail: reject,
    })
    await this.#running.start()
    this.#at = { ...this.#at, from: this.#running.from }
    const other = new Beside({
      ...{ log: beside, partition, clock, note, name: `${database.projection.name} of ${database.beside}` },
      store: await database.besideStore(build.id),
      judge: await database.besideJudge(build.id, this.#running),
      until: { position: besideTo, reached: also.resolve },
      fail: also.reject,
    })
    await other.start()
    try {
      await Promise.all([promise, also.promise])
    } finally {
      await other.stop()
      await this.#running.stop()
    }
  }

  /** The live one has gone on meanwhile: it is added up where it is now, and the new one brought there. */
  async #compare(live: Build, build: Build): Promise<RebuildProgress['compared']> {
    const { database } = this.#o
    this.#at = { ...this.#at, phase: 'comparing' }
    const of = await database.sums(live.id, live.id)
    if (of.facts.checkpoint < 0) return null
    await this.#project(build, of.facts.checkpoint, of.beside.checkpoint)
    const own = await database.sums(build.id, live.id)
    if (own.facts.checkpoint !== of.facts.checkpoint) return null // cut otherwise: a build of a part of the log
    // what has expired of the topic beside can be made no more
    const alike = (await this.#besideOf(live)).from === (await this.#besideOf(build)).from
    const [sums, made] = [
      { ...of.facts.sums, ...(alike && of.beside.sums) },
      { ...own.beside.sums, ...own.facts.sums },
    ]
    const different = Object.keys(sums).filter(table => sums[table] !== made[table])
    return { position: of.facts.checkpoint, equal: different.length === 0, different }
  }
}
