/**
 * The projectors of a run, beside it: each under a supervisor of its own, so that its falls are nobody else's. They begin
 * once control runs, and end after it.
 */
import type { ReaderAccess } from '../../projections/operational/pages.ts'
import { LAG_MS_MAX } from '../../projections/runner/lag.ts'
import type { RebuildAsked } from '../../projections/runner/rebuild.ts'
import type { Ports } from '../../protocol/ports.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { Manifest } from '../../protocol/words/manifest.ts'
import type { LogConfig } from '../config/shape.ts'
import { Supervisor } from '../kit/supervisor.ts'
import type { HttpConfig } from '../process/door.ts'
import { processChild } from '../process/process-child.ts'
import type { Spawned } from '../process/spawn.ts'
import { PROJECTIONS, type ProjectionName } from '../projector/engine.ts'
import type { KeepingStatus } from '../projector/keeping.ts'
import type { Begun, ProjectorConfig } from '../projector/process.ts'
import { logOf } from '../real/logs.ts'
import { Absence } from './absence.ts'
import type { Ask } from './control.ts'
import { folders } from './prepare.ts'

const SCRIPT = new URL('../projector/process.ts', import.meta.url)
/** A database that is away for a day is tried all day, at BACKOFF_MS.most: only what falls as it starts gets here. */
const INTENSITY = 100
const PERIOD_MS = 60_000
const BACKOFF_MS = { first: 500, most: 20_000 }
/** One that does not answer by then is shown as down. */
const STATUS_MS_MAX = 1_000

/** By projection, where its database is; null: the embedded one; absent: none is kept. */
export type Servers = Readonly<Partial<Record<ProjectionName, string | null>>>
export type ProjectorStatus = KeepingStatus & { readonly pid: number; readonly views: string | null }
export type ProjectorsStatus = Readonly<Record<string, ProjectorStatus | Down>>
/** `lagging`: for longer than a projection may be behind. */
export interface Down {
  readonly down: string
  readonly lagging: boolean
}

export interface ProjectedSite {
  /** Where a projection keeps what is its own. */
  readonly folderOf: (projection: ProjectionName) => string
  readonly log: LogConfig
  readonly manifest: Manifest
  readonly definitions: readonly string[]
  /** Further behind than this, or down for longer, is told. */
  readonly lagMsMax: number
}

/** The door to the rows, and who wants to know where it is. */
export interface ViewsAsked {
  readonly http: HttpConfig
  readonly opened: (address: string) => void
}

export class Projectors {
  readonly #of: ProjectedSite
  readonly #asked: ViewsAsked | null
  readonly #servers: Servers
  readonly #ports: Ports
  readonly #spawned = new Map<ProjectionName, Spawned>()
  readonly #down = new Map<string, string>()
  readonly #absences = new Map<string, Absence>()
  #trees: readonly Supervisor[] = []
  #views: string | null = null
  #readers: ReaderAccess | null = null

  constructor(of: ProjectedSite, servers: Servers, ports: Ports, views: ViewsAsked | null) {
    this.#of = of
    this.#asked = views
    this.#servers = servers
    this.#ports = ports
  }
  /** Each under a supervisor of its own: one whose database cannot be used keeps no other from its start. */
  async start(): Promise<void> {
    this.#trees = PROJECTIONS.filter(name => name in this.#servers).map(name => {
      this.#absence(name).gone()
      const child = processChild(
        name,
        SCRIPT,
        spawned => this.#begin(name, spawned),
        refusal => this.#down.set(name, refusal.message),
      )
      const spec = { id: name, strategy: 'oneForOne', intensity: INTENSITY, periodMs: PERIOD_MS } as const
      return new Supervisor({ ...spec, backoffMs: BACKOFF_MS, children: [child] }, this.#ports, reason => {
        this.#ports.note('error', 'the projector gives up; control goes on', { reason })
      })
    })
    await Promise.all(this.#trees.map(tree => tree.start()))
  }
  async stop(): Promise<void> {
    for (const absence of this.#absences.values()) absence.stop()
    await Promise.all(this.#trees.map(tree => tree.stop()))
  }

  get supervisors(): readonly Supervisor[] {
    return this.#trees
  }
  /** Where the rows are served; null: not yet, or not at all. */
  get views(): string | null {
    return this.#views
  }
  async status(): Promise<ProjectorsStatus> {
    const ask = async (name: ProjectionName) => {
      const status = await this.#spawned
        .get(name)
        ?.ask<ProjectorStatus>('status', null, STATUS_MS_MAX)
        .catch(() => null)
      this.#viewsAt(status?.views ?? null)
      const down = () => ({ down: this.#down.get(name) ?? 'it does not answer', lagging: this.#absence(name).long })
      return [name, status ?? down()] as const
    }
    return Object.fromEntries(await Promise.all([...this.#spawned.keys()].map(ask)))
  }
  /** Begins it; the status tells how far it is. */
  rebuild(name: string, asked: RebuildAsked): Promise<void> {
    return this.#process(name).ask('rebuild', asked)
  }
  drop(name: string, build: number): Promise<void> {
    return this.#process(name).ask('drop', build)
  }

  #process(name: string): Spawned {
    const spawned = this.#spawned.get(name as ProjectionName)
    if (spawned && !spawned.gone) return spawned
    throw new Refusal('UNAVAILABLE', `the projector '${name}' is not up: ${this.#down.get(name) ?? 'it begins'}`)
  }
  async #begin(name: ProjectionName, spawned: Spawned): Promise<void> {
    this.#spawned.set(name, spawned)
    const absence = this.#absence(name)
    void spawned.exited.then(() => absence.gone())
    const { folderOf, ...of } = this.#of
    const own = { projection: name, dir: folderOf(name), server: this.#servers[name] ?? null }
    const begun = await spawned.ask<Begun>('start', { ...own, ...of, views: this.#viewsOf() } satisfies ProjectorConfig)
    this.#down.delete(name)
    absence.back()
    this.#readers = begun.readers ?? this.#readers
    // one that is not up yet is told here, too, once it is
    if (this.#readers)
      await this.#spawned
        .get('timeseries')
        ?.ask('operational', this.#readers)
        .catch(() => {})
    this.#viewsAt(begun.views)
  }
  /** Told of where nobody else can: the process that would is not there. */
  #absence(name: ProjectionName): Absence {
    const there = this.#absences.get(name)
    if (there) return there
    const { host, note } = this.#ports
    const absence = new Absence(host, this.#of.lagMsMax, (event, downMs) => {
      const of = { projection: name, downMs }
      if (event === 'back') note('info', 'a projection is up again', of)
      else note('warn', 'a projection is down', { ...of, reason: this.#down.get(name) ?? 'it does not start' })
    })
    this.#absences.set(name, absence)
    return absence
  }
  /** A door that could not open at first may have since. */
  #viewsAt(address: string | null): void {
    if (address === null || address === this.#views) return
    this.#views = address
    this.#asked?.opened(address)
  }
  /** Whoever starts anew is found where it was. */
  #viewsOf(): HttpConfig | null {
    return this.#asked && { ...this.#asked.http, address: this.#views ?? this.#asked.http.address }
  }
}

/** The site of a run's folder. */
export function projectedIn(
  dir: string,
  manifest: Manifest,
  definitions: readonly string[],
  lagMsMax = LAG_MS_MAX,
): ProjectedSite {
  return { folderOf: name => folders(dir).of(name), log: logOf(dir), manifest, definitions, lagMsMax }
}

/** What the command line asks of a run. */
export async function projectionAsked(projectors: Projectors | null, ask: Ask): Promise<void> {
  if (!projectors) throw new Refusal('UNAVAILABLE', 'this run was started with --no-projections')
  if (ask.do === 'drop') await projectors.drop(ask.target ?? '', ask.build ?? 0)
  else await projectors.rebuild(ask.target ?? '', ask.rebuild ?? { from: null, verify: false })
}
