/** A projector in a process of its own: no database, and no step that does not end, is in the way of control. */
import { mkdirSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { OperationalDatabase } from '../../projections/operational/open.ts'
import type { ReaderAccess } from '../../projections/operational/pages.ts'
import type { Database } from '../../projections/runner/database.ts'
import type { RebuildAsked } from '../../projections/runner/rebuild.ts'
import { TimeseriesDatabase } from '../../projections/timeseries/open.ts'
import { ed25519Verifier } from '../../protocol/codec/sign.ts'
import type { EventLog } from '../../protocol/log/event-log.ts'
import type { Ports } from '../../protocol/ports.ts'
import type { Manifest } from '../../protocol/words/manifest.ts'
import type { LogConfig } from '../config/shape.ts'
import { oldestShared } from '../node/beginning.ts'
import { serveParent } from '../process/child.ts'
import type { HttpConfig } from '../process/door.ts'
import { openTopic } from '../real/logs.ts'
import { hostPorts } from '../real/ports.ts'
import { skipsIn } from '../records/skips.ts'
import { openEngine } from '../site/engine.ts'
import { type EngineOptions, openDatabase } from './engine.ts'
import { Keeping } from './keeping.ts'
import { ViewsDoor } from './views.ts'

export interface ProjectorConfig extends Omit<EngineOptions, 'tenant' | 'site' | 'verifier'> {
  readonly log: LogConfig
  /** What the site was started with: by its keys the snapshots of nodes count, and skips where the log was trimmed. */
  readonly manifest: Manifest
  readonly definitions: readonly string[]
  /** Further behind than this is told. */
  readonly lagMsMax: number
  /** The door to the rows of both databases, where this one is the time series; null: none. */
  readonly views: HttpConfig | null
}
/** What others must know of it to find the rows. */
export interface Begun {
  readonly views: string | null
  readonly readers: ReaderAccess | null
}

async function open(config: ProjectorConfig) {
  const { log, manifest, projection } = config
  const { tenant, site, partition } = manifest
  mkdirSync(config.dir, { recursive: true, mode: 0o700 })
  const ports = hostPorts(projection, config.dir)
  const fail = (error: unknown) => ports.control.exit(error instanceof Error ? error.message : String(error))
  const facts = await openTopic(log, 'facts', { note: ports.note, readOnly: true })
  const { definitions, hash } = await openEngine(config.definitions)
  const of = { tenant, site, verifier: ed25519Verifier() }
  const { earliest, next } = await facts.ends(partition)
  const since = earliest > 0 ? { manifest, epoch: 0, cycle: 0, from: earliest } : undefined
  const { passed } = await skipsIn(facts, partition, of, since)
  const database = await openDatabase({ ...config, ...of }, ports, fail)
  const beside = await openTopic(log, database.beside, { note: ports.note, readOnly: true })
  const fold = { ...of, definitions, engine: hash, passed }
  const { host, note } = ports
  const shared = async () => {
    const snapshots = await openTopic(log, 'snapshots', { note, readOnly: true })
    return oldestShared({ facts, snapshots, manifest, fold, note }, passed).finally(() => snapshots.close())
  }
  const projector = { facts, partition, fold, skipsKnownTo: next - 1, shared }
  const keeping = new Keeping({ database, beside, projector, lagMsMax: config.lagMsMax, host, note, fail })
  await keeping.start()
  const door = doorOf(config, database, keeping, facts, ports)
  await door?.start()
  const begun: Begun = {
    views: door?.address ?? null,
    readers: database instanceof OperationalDatabase ? database.readers : null,
  }
  return { logs: [facts, beside], keeping, door, begun }
}
function doorOf(
  { manifest: { tenant, site, partition }, views, lagMsMax }: ProjectorConfig,
  database: Database<unknown>,
  keeping: Keeping<unknown>,
  facts: EventLog,
  ports: Ports,
): ViewsDoor | null {
  if (views === null || !(database instanceof TimeseriesDatabase)) return null
  const timeseries = () => database.reader(keeping.build)
  return new ViewsDoor(ports, { ...views, lagMsMax }, [{ tenant, site, partition, facts, timeseries }])
}
let running: Awaited<ReturnType<typeof open>> | null = null
const own = () => {
  if (!running) throw new Error('not started')
  return running
}
async function stop(): Promise<void> {
  const ending = running
  running = null
  await ending?.door?.stop()
  await ending?.keeping.stop()
  await Promise.all(ending?.logs.map(each => each.close()) ?? [])
}

setPriority(constants.priority.PRIORITY_LOW) // its engine's processes inherit it
serveParent(
  {
    start: async (config: ProjectorConfig) => {
      running = await open(config)
      return running.begun
    },
    operational: (access: ReaderAccess) => own().door?.readAt(access),
    status: async () => ({
      pid: process.pid,
      views: own().door?.address ?? null,
      ...(await own().keeping.status()),
    }),
    rebuild: (asked: RebuildAsked) => own().keeping.rebuild(asked),
    drop: (build: number) => own().keeping.drop(build),
    stop,
  },
  stop,
)
