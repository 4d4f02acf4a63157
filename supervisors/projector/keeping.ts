/** One database kept at the log: the projector of its live build, a rebuild beside it when asked for, and its lag. */

import { Beside } from '../../projections/runner/beside.ts'
import type { Build, Database } from '../../projections/runner/database.ts'
import { type Lag, LagAlarm } from '../../projections/runner/lag.ts'
import { Projector, type ProjectorOptions } from '../../projections/runner/projector.ts'
import { Rebuild, type RebuildAsked, type RebuildProgress } from '../../projections/runner/rebuild.ts'
import type { EventLog } from '../../protocol/log/event-log.ts'
import type { Cancel, Clock, Note } from '../../protocol/ports.ts'
import { Refusal } from '../../protocol/words/errors.ts'

const LOOK_MS = 5_000

export interface KeepingOptions<Change> {
  readonly database: Database<Change>
  readonly projector: Omit<ProjectorOptions<Change>, 'store' | 'projection' | 'until' | 'clock' | 'note' | 'fail'>
  /** The topic that is followed beside the facts. */
  readonly beside: EventLog
  /** Further behind than this is told. */
  readonly lagMsMax: number
  readonly host: Clock
  readonly note: Note
  readonly fail: (error: unknown) => void
}
export interface KeepingStatus extends Lag {
  readonly projection: string
  readonly address: string
  readonly build: number
  /** Its rows are of this position and above: what the log held before was gone. */
  readonly from: number
  readonly builds: readonly Build[]
  readonly setAside: number
  /** Of the topic that is followed beside the facts. */
  readonly beside: Lag & { readonly topic: string }
  /** Behind by more than `lagMsMax`, and not yet with the log again. */
  readonly lagging: boolean
  /** Why nothing is applied at present; null: nothing is in the way. */
  readonly noRoom: string | null
  /** Null: none since this process began. */
  readonly rebuild: RebuildProgress | null
}

export class Keeping<Change> {
  readonly #o: KeepingOptions<Change>
  #build = 0
  #projector!: Projector<Change>
  #beside!: Beside<Change>
  #rebuild: Rebuild<Change> | null = null
  #rebuilding = false
  readonly #alarm: LagAlarm
  #looking: Cancel | null = null

  constructor(options: KeepingOptions<Change>) {
    this.#o = options
    this.#alarm = new LagAlarm(options.lagMsMax)
  }

  async start(): Promise<void> {
    await this.#follow()
    this.#look()
  }
  async stop(): Promise<void> {
    this.#looking?.cancel()
    await this.#end()
    await this.#o.database.close()
  }
  /** The one that is read. */
  get build(): number {
    return this.#build
  }
  async status(): Promise<KeepingStatus> {
    const { database } = this.#o
    return {
      ...(await this.#projector.lag()),
      projection: database.projection.name,
      address: database.address,
      build: this.#build,
      from: this.#projector.from,
      builds: await database.builds(),
      setAside: this.#projector.setAside + this.#beside.setAside,
      beside: { topic: database.beside, ...(await this.#beside.lag()) },
      lagging: this.#alarm.raised,
      noRoom: this.#projector.noRoom ?? this.#beside.noRoom,
      rebuild: this.#rebuild?.progress ?? null,
    }
  }
  /** Begins it; its progress is in the status. */
  rebuild(asked: RebuildAsked): void {
    if (this.#rebuilding) throw new Refusal('UNAVAILABLE', 'a rebuild is going on; its progress is in the status')
    const { database, beside, projector, note, host } = this.#o
    this.#rebuild = new Rebuild({ database, beside, projector: { ...projector, note }, clock: host })
    this.#rebuilding = true
    this.#rebuild
      .run(asked)
      .then(build => build && this.#change())
      .catch(this.#o.fail)
      .finally(() => {
        this.#rebuilding = false
      })
  }
  drop(build: number): Promise<void> {
    return this.#o.database.drop(build)
  }

  async #follow(): Promise<void> {
    const { database, projector, host: clock, note, fail } = this.#o
    const { id } = await database.live()
    const store = await database.store(id)
    this.#build = id
    this.#projector = new Projector({ ...projector, projection: database.projection, store, clock, note, fail })
    await this.#projector.start()
    this.#beside = new Beside({
      ...{ log: this.#o.beside, partition: projector.partition, clock, note, fail },
      name: `${database.projection.name} of ${database.beside}`,
      store: await database.besideStore(id),
      judge: await database.besideJudge(id, this.#projector),
    })
    await this.#beside.start()
  }
  async #end(): Promise<void> {
    await this.#beside.stop()
    await this.#projector.stop()
  }
  /** To the build that is live now. */
  async #change(): Promise<void> {
    await this.#end()
    await this.#follow()
  }

  #look(): void {
    const { host, fail, lagMsMax } = this.#o
    Promise.all([this.#projector.lag(), this.#beside.lag()])
      .then(lags => this.#tell(lags))
      .catch(fail)
    this.#looking = host.after(Math.min(LOOK_MS, lagMsMax), () => this.#look())
  }
  #tell(lags: readonly Lag[]): void {
    const { note, database, lagMsMax } = this.#o
    const { behindMs, behindRecords } = lags.reduce((a, b) => (a.behindMs >= b.behindMs ? a : b))
    const seen = this.#alarm.see(behindMs)
    const of = { projection: database.projection.name, behindMs, behindRecords }
    if (seen === 'raised') note('warn', 'a projection lags behind the log', { ...of, lagMsMax })
    if (seen === 'over') note('info', 'a projection is with the log again', of)
  }
}
