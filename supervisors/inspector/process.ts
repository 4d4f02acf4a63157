/** The inspector in a process of its own: it knows the log alone, holds no key, and is in nobody's way. */
import { mkdirSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { EDGE_CHARTS } from '../../edge/charts.ts'
import type { Door } from '../../projections/api/door.ts'
import { Moments } from '../../projections/inspector/moments.ts'
import { Recorded } from '../../projections/inspector/recorded.ts'
import { inspectorPage, serveInspector } from '../../projections/inspector/server.ts'
import type { InspectedSite } from '../../projections/inspector/site.ts'
import { ed25519Verifier } from '../../protocol/codec/sign.ts'
import type { EventLog } from '../../protocol/log/event-log.ts'
import type { Ports } from '../../protocol/ports.ts'
import type { Manifest } from '../../protocol/words/manifest.ts'
import { SUPERVISORS_CHARTS } from '../charts.ts'
import type { LogConfig } from '../config/shape.ts'
import { oldestShared } from '../node/beginning.ts'
import { serveParent } from '../process/child.ts'
import { admissionOf, DoorBeside, type HttpConfig } from '../process/door.ts'
import { openTopic } from '../real/logs.ts'
import { hostPorts } from '../real/ports.ts'
import { skipsIn } from '../records/skips.ts'
import { openEngine } from '../site/engine.ts'
import { KeptCheckpoints } from './checkpoints.ts'
import { enrolBy, submitBy, type Ways } from './ways.ts'

export interface InspectorConfig {
  /** Its own: where each site's time machine keeps the places that it begins at. */
  readonly dir: string
  readonly log: LogConfig
  readonly http: HttpConfig
  readonly sites: readonly LookedAt[]
  readonly ways: Ways
}
interface LookedAt {
  readonly manifest: Manifest
  readonly definitions: readonly string[]
}
type Topics = Readonly<Record<'facts' | 'decisions', EventLog>>

async function open(config: InspectorConfig) {
  const { dir, log, http } = config
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const ports = hostPorts('inspector', dir)
  const { note, host, random } = ports
  const topic = (name: keyof Topics) => openTopic(log, name, { note, readOnly: true })
  const [facts, decisions] = await Promise.all([topic('facts'), topic('decisions')])
  const opened = await Promise.all(config.sites.map(site => openSite(site, config, { facts, decisions }, ports)))
  const sites = opened.map(({ inspected }) => inspected)
  const page = await inspectorPage()
  const { address } = http
  const door = new DoorBeside<Door>(ports, 'inspector', address, () =>
    serveInspector({ address, ...admissionOf(http), sites, page, clock: host, random, note }),
  )
  await door.start()
  note('info', 'the inspector runs', { address: door.address })
  const close = async () => {
    await door.stop()
    for (const site of opened) site.stop()
    await Promise.all([facts.close(), decisions.close()])
    for (const { checkpoints } of opened) checkpoints.close()
  }
  return { door, sites, close }
}

async function openSite(
  { manifest, definitions: files }: LookedAt,
  { dir, log, ways }: InspectorConfig,
  { facts, decisions }: Topics,
  { note, host: clock, control }: Ports,
) {
  const { tenant, site, partition } = manifest
  const own = join(dir, `${tenant}.${site}`)
  mkdirSync(own, { recursive: true, mode: 0o700 })
  const fail = (error: unknown) => control.exit(error instanceof Error ? error.message : String(error))
  const { definitions, hash } = await openEngine(files)
  const verifier = ed25519Verifier()
  const of = { tenant, site, verifier }
  const { passed } = await skipsIn(facts, partition, of)
  const checkpoints = new KeptCheckpoints(own)
  const fold = { ...of, definitions, engine: hash, passed }
  const shared = async () => {
    const snapshots = await openTopic(log, 'snapshots', { note, readOnly: true })
    return oldestShared({ facts, snapshots, manifest, fold, note }, passed).finally(() => snapshots.close())
  }
  const moments = new Moments({ facts, partition, fold, checkpoints, shared, clock, note, fail })
  const recorded = new Recorded({ ...of, decisions, partition, fail })
  await Promise.all([moments.start(), recorded.start()])
  const machines = [...EDGE_CHARTS, ...SUPERVISORS_CHARTS]
  const out = { submit: submitBy(ways, { tenant, site }), enrol: enrolBy(ways) }
  const inspected: InspectedSite = { tenant, site, machines, moments, recorded, ...out }
  const stop = () => {
    moments.stop()
    recorded.stop()
  }
  return { inspected, checkpoints, stop }
}

let running: Awaited<ReturnType<typeof open>> | null = null
async function stop(): Promise<void> {
  const ending = running
  running = null
  await ending?.close()
}

setPriority(constants.priority.PRIORITY_LOW)
serveParent(
  {
    start: async (config: InspectorConfig) => {
      running = await open(config)
      return { address: running.door.address }
    },
    status: async () => ({
      pid: process.pid,
      address: running?.door.address ?? null,
      positions: running?.sites.map(({ moments }) => moments.now?.position ?? null) ?? [],
    }),
    stop,
  },
  stop,
)
