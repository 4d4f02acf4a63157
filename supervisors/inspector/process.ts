/** The inspector in a process of its own: it knows the log alone, holds no key, and is in nobody's way. */
import { mkdirSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { EDGE_CHARTS } from '../../edge/charts.ts'
import type { Door } from '../../projections/api/door.ts'
import { Moments } from '../../projections/inspector/moments.ts'
import { Recorded } from '../../projections/inspector/recorded.ts'
import { inspectorPage, serveInspector } from '../../projections/inspector/server.ts'
import { ed25519Verifier } from '../../protocol/codec/sign.ts'
import { SUPERVISORS_CHARTS } from '../charts.ts'
import type { LogConfig } from '../config/shape.ts'
import { serveParent } from '../process/child.ts'
import { admissionOf, DoorBeside, type HttpConfig } from '../process/door.ts'
import { openTopic } from '../real/logs.ts'
import { hostPorts } from '../real/ports.ts'
import { skipsIn } from '../records/skips.ts'
import { openEngine } from '../site/engine.ts'
import { KeptCheckpoints } from './checkpoints.ts'
import { enrolBy, submitBy, type Ways } from './ways.ts'

export interface InspectorConfig {
  readonly dir: string
  readonly tenant: string
  readonly site: string
  readonly partition: number
  readonly definitions: readonly string[]
  readonly log: LogConfig
  readonly http: HttpConfig
  readonly ways: Ways
}

async function open(config: InspectorConfig) {
  const { tenant, site, partition, http, ways } = config
  mkdirSync(config.dir, { recursive: true, mode: 0o700 })
  const ports = hostPorts('inspector', config.dir)
  const { note, host, random } = ports
  const fail = (error: unknown) => ports.control.exit(error instanceof Error ? error.message : String(error))
  const topic = (name: 'facts' | 'decisions') => openTopic(config.log, name, { note, readOnly: true })
  const [facts, decisions] = await Promise.all([topic('facts'), topic('decisions')])
  const { definitions, hash } = await openEngine(config.definitions)
  const verifier = ed25519Verifier()
  const of = { tenant, site, verifier }
  const { passed } = await skipsIn(facts, partition, of)
  const checkpoints = new KeptCheckpoints(config.dir)
  const fold = { ...of, definitions, engine: hash, passed }
  const shared = async () => null
  const moments = new Moments({ facts, partition, fold, checkpoints, shared, clock: host, note, fail })
  const recorded = new Recorded({ decisions, partition, tenant, site, verifier, fail })
  await Promise.all([moments.start(), recorded.start()])
  const machines = [...EDGE_CHARTS, ...SUPERVISORS_CHARTS]
  const inspected = { tenant, site, machines, moments, recorded, submit: submitBy(ways, site), enrol: enrolBy(ways) }
  const page = await inspectorPage()
  const door = new DoorBeside<Door>(ports, 'inspector', http.address, () =>
    serveInspector({
      address: http.address,
      ...admissionOf(http),
      sites: [inspected],
      page,
      clock: host,
      random,
      note,
    }),
  )
  await door.start()
  const close = async () => {
    await door.stop()
    moments.stop()
    recorded.stop()
    await Promise.all([facts.close(), decisions.close()])
    checkpoints.close()
  }
  return { door, moments, close }
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
      position: running?.moments.now?.position ?? null,
    }),
    stop,
  },
  stop,
)
