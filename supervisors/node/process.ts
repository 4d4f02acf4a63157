/** A node as a process: ingress, one replica, its claims of time, its API. Everything below it asks only for ports. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ApiMetrics } from '../../projections/api/metrics.ts'
import { ed25519Verifier } from '../../protocol/codec/sign.ts'
import { openKey } from '../../protocol/identity/keyring.ts'
import { UplinkServer } from '../../protocol/ingress/uplink.ts'
import { openEmbeddedLog } from '../../protocol/log/embedded/index.ts'
import { TOPICS } from '../../protocol/log/event-log.ts'
import type { Logs, Ports } from '../../protocol/ports.ts'
import { keyId } from '../../protocol/words/ids.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import { openClock, serveParent } from '../process/child.ts'
import type { ClockSpec } from '../process/messages.ts'
import { hostClock } from '../real/clock.ts'
import { realDisk } from '../real/disk.ts'
import { wsNet } from '../real/net.ts'
import { pinoNote } from '../real/note.ts'
import { hostRandom } from '../real/random.ts'
import { openEngine } from '../site/engine.ts'
import { type HttpConfig, NodeApi } from './api.ts'
import { NodeFaults } from './faults.ts'
import { Replica } from './replica.ts'
import { ReplicaView } from './site-view.ts'
import { timedLog } from './timed-log.ts'
import { Timekeeper } from './timekeeper.ts'

export interface NodeConfig {
  readonly name: string
  readonly keys: string
  /** This node's own folder. */
  readonly data: string
  /** The folder of the log, shared by the nodes of this machine. */
  readonly log: string
  readonly manifest: SignedManifest
  readonly definitions: readonly string[]
  readonly clock: ClockSpec
  /** `host:port`; port 0 for any. */
  readonly uplink: string
  /** A lockstep run: the parent asks for each claim of time. */
  readonly lockstep: boolean
  readonly faults: boolean
  readonly http: HttpConfig
}

const retention = undefined

async function open(config: NodeConfig) {
  const note = pinoNote(config.name)
  const { clock, owned } = openClock(config.clock)
  const fail = (error: unknown) => {
    note('error', 'node failed', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    process.exit(1)
  }
  const control = { exit: (reason: string) => fail(new Error(reason)) }
  const ports: Ports = {
    name: config.name,
    clock,
    host: hostClock,
    random: hostRandom,
    disk: realDisk(config.data),
    net: wsNet,
    control,
    note,
  }
  const signer = openKey(config.keys, keyId(config.name))
  const verifier = ed25519Verifier()
  const engine = await openEngine(config.definitions)
  void retention
  const opened = await Promise.all(
    TOPICS.map(async topic => [topic, await openEmbeddedLog({ dir: join(config.log, topic), topic })] as const),
  )
  const bare = Object.fromEntries(opened) as Logs
  const metrics = new ApiMetrics()
  const logs: Logs = { ...bare, facts: timedLog(bare.facts, hostClock, seconds => metrics.appended(seconds)) }
  const { tenant, site, partition } = config.manifest.manifest
  const timekeeper = new Timekeeper(ports, logs.facts, signer, tenant, partition)
  await timekeeper.open()
  const server = new UplinkServer({
    ports,
    address: config.uplink,
    signer,
    verifier,
    manifest: () => replica.fold.manifest ?? config.manifest.manifest,
    facts: logs.facts,
    history: logs.history,
  })
  const faults = new NodeFaults(ports, () => replica, timekeeper, logs.facts, signer, config.manifest.manifest)
  const view = new ReplicaView({
    tenant,
    site,
    node: config.name,
    partition,
    logs,
    verifier,
    replica: () => replica,
  })
  const replica: Replica = new Replica({
    ports,
    logs,
    partition,
    fold: { tenant, site, definitions: engine.definitions, engine: engine.hash, verifier },
    signer,
    fail,
    candidate: signed => {
      view.signed()
      faults.send(signed, s => server.candidate(s))
    },
    seen: last => server.seen(last),
    stepped: (position, taken) => view.stepped(position, taken),
  })
  await replica.start()
  const address = await server.start()
  if (!config.lockstep) timekeeper.start()
  const api = new NodeApi(ports, config.http, view, metrics)
  await api.start()
  return { ports, owned, api, logs, replica, server, timekeeper, faults, address, engine, partition }
}

let running: Awaited<ReturnType<typeof open>> | null = null
const node = () => {
  if (!running) throw new Error('not started')
  return running
}

async function stop(): Promise<void> {
  if (!running) return
  const { timekeeper, server, replica, logs, partition, api } = running
  await api.stop()
  timekeeper.stop()
  server.stop()
  // what is in the log by now is read to its end, so that the replicas' last states can be compared
  const { next } = await logs.facts.ends(partition)
  for (let i = 0; i < 200 && replica.fold.position + 1 < next; i++)
    await new Promise(resolve => setTimeout(resolve, 10))
  await replica.stop()
  await Promise.all(Object.values(logs).map(log => log.close()))
  running = null
}

const status = () => {
  const { replica, address, engine, api } = node()
  const { fold } = replica
  return {
    address,
    http: api.address,
    pid: process.pid,
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
    view: () => {
      const { replica } = node()
      const { state } = replica.fold
      return (
        state && {
          frozen: replica.fold.freeze()?.state,
          last: replica.last?.candidate ?? null,
          manifest: replica.fold.manifest,
        }
      )
    },
    /** Lockstep: time moves, then this node claims it. */
    claim: async (toMs: number) => {
      node().owned?.advanceTo(toMs)
      await node().timekeeper.claim()
    },
    append: async (body: string) => node().logs.facts.append([{ partition: node().partition, body }]),
    fault: (fault: { name: string; args: string[] }) => node().faults.start(fault.name, fault.args),
    stop: async () => {
      const final = status()
      await stop()
      void final
    },
  },
  stop,
)
void readFileSync
