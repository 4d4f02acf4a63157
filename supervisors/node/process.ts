/** A node as a process: its ports are the real ones, its parent asks over the channel. */
import { join } from 'node:path'
import { ApiMetrics } from '../../projections/api/metrics.ts'
import type { SiteView } from '../../projections/api/view.ts'
import { ed25519Verifier } from '../../protocol/codec/sign.ts'
import { openKey } from '../../protocol/identity/keyring.ts'
import { openEmbeddedLog } from '../../protocol/log/embedded/index.ts'
import { TOPICS, type Topic } from '../../protocol/log/event-log.ts'
import type { Logs, Ports } from '../../protocol/ports.ts'
import { keyId } from '../../protocol/words/ids.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import { openClock, serveParent } from '../process/child.ts'
import type { ClockSpec } from '../process/messages.ts'
import { StepMark } from '../process/step-mark.ts'
import { hostPorts } from '../real/ports.ts'
import { openEngine } from '../site/engine.ts'
import { type HttpConfig, NodeApi } from './api.ts'
import { NodeTree } from './tree.ts'

export interface NodeConfig {
  readonly name: string
  /** The folder with this node's own key. */
  readonly keys: string
  /** This node's own folder. */
  readonly data: string
  readonly log: string
  readonly manifest: SignedManifest
  readonly definitions: readonly string[]
  readonly clock: ClockSpec
  readonly uplink: string
  readonly lockstep: boolean
  readonly http: HttpConfig
}

async function open(config: NodeConfig) {
  const { clock, owned } = openClock(config.clock)
  const ports: Ports = { ...hostPorts(config.name, config.data), clock }
  const signer = openKey(config.keys, keyId(config.name))
  const engine = await openEngine(config.definitions)
  const { name, manifest, log, uplink, lockstep, http } = config
  const verifier = ed25519Verifier()
  const metrics = new ApiMetrics()
  const api = (own: Ports, view: SiteView) => new NodeApi(own, http, view, metrics)
  const appended = (seconds: number) => metrics.appended(seconds)
  const openLogs = () => openTopics(log)
  const mark = new StepMark(config.data)
  const tree = new NodeTree({
    name,
    ports,
    signer,
    verifier,
    engine,
    manifest,
    openLogs,
    uplink,
    lockstep,
    api,
    appended,
    stepping: position => mark.set(position),
  })
  await tree.start()
  return { tree, owned, engine }
}

async function openTopics(dir: string): Promise<Logs> {
  const open = async (topic: Topic) => [topic, await openEmbeddedLog({ dir: join(dir, topic), topic })] as const
  return Object.fromEntries(await Promise.all(TOPICS.map(open))) as Logs
}

let running: Awaited<ReturnType<typeof open>> | null = null
const node = () => {
  if (!running) throw new Error('not started')
  return running
}
async function stop(): Promise<void> {
  await running?.tree.stop()
  running = null
}

const status = () => {
  const { tree, engine } = node()
  const replica = tree.part('replica')
  const { fold } = replica
  return {
    address: tree.uplink,
    http: tree.part('api').address,
    pid: process.pid,
    tree: tree.state,
    replica: replica.state,
    position: fold.position,
    stateHash: fold.stateHash(),
    engine: engine.hash,
    epoch: fold.state?.epoch ?? 0,
    cycle: fold.state?.cycle ?? 0,
    durable: fold.state?.durable ?? 0,
    now: fold.state?.now ?? 0,
  }
}

serveParent(
  {
    start: async (config: NodeConfig) => {
      running = await open(config)
      return status()
    },
    status,
    /** Lockstep: time moves, then this node claims it. */
    claim: async (toMs: number) => {
      node().owned?.advanceTo(toMs)
      await node().tree.part('timekeeper').claim()
    },
    /** The run is about to end: this node claims no more time. */
    quiet: () => node().tree.part('timekeeper').stop(),
    append: (body: string) =>
      node()
        .tree.part('logs')
        .facts.append([{ partition: node().tree.partition, body }]),
    fault: (fault: { name: string; args: string[] }) => node().tree.part('faults').start(fault.name, fault.args),
    stop,
  },
  stop,
)
