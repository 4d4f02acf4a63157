/** A projector in a process of its own: no database, and no step that does not end, is in the way of control. */
import { mkdirSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import type { RebuildAsked } from '../../projections/runner/rebuild.ts'
import { ed25519Verifier } from '../../protocol/codec/sign.ts'
import type { LogConfig } from '../config/shape.ts'
import { serveParent } from '../process/child.ts'
import { openTopic } from '../real/logs.ts'
import { hostPorts } from '../real/ports.ts'
import { skipsIn } from '../records/skips.ts'
import { openEngine } from '../site/engine.ts'
import { type EngineOptions, openDatabase } from './engine.ts'
import { Keeping } from './keeping.ts'

export interface ProjectorConfig extends EngineOptions {
  readonly log: LogConfig
  readonly partition: number
  readonly definitions: readonly string[]
}

async function open(config: ProjectorConfig) {
  const { tenant, site, partition, projection } = config
  mkdirSync(config.dir, { recursive: true, mode: 0o700 })
  const ports = hostPorts(projection, config.dir)
  const fail = (error: unknown) => ports.control.exit(error instanceof Error ? error.message : String(error))
  const facts = await openTopic(config.log, 'facts', { note: ports.note, readOnly: true })
  const { definitions, hash } = await openEngine(config.definitions)
  const of = { tenant, site, verifier: ed25519Verifier() }
  const skipsKnownTo = (await facts.ends(partition)).next - 1
  const { passed } = await skipsIn(facts, partition, of)
  const database = await openDatabase(config, ports, fail)
  const fold = { ...of, definitions, engine: hash, passed }
  const { host, note } = ports
  const keeping = new Keeping({ database, projector: { facts, partition, fold, skipsKnownTo }, host, note, fail })
  await keeping.start()
  return { facts, keeping }
}
let running: Awaited<ReturnType<typeof open>> | null = null
const own = () => {
  if (!running) throw new Error('not started')
  return running
}
async function stop(): Promise<void> {
  const ending = running
  running = null
  await ending?.keeping.stop()
  await ending?.facts.close()
}

setPriority(constants.priority.PRIORITY_LOW) // its engine's processes inherit it
serveParent(
  {
    start: async (config: ProjectorConfig) => {
      running = await open(config)
    },
    status: async () => ({ pid: process.pid, ...(await own().keeping.status()) }),
    rebuild: (asked: RebuildAsked) => own().keeping.rebuild(asked),
    drop: (build: number) => own().keeping.drop(build),
    stop,
  },
  stop,
)
