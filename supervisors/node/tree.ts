/**
 * The parts of one site in a node under their supervisor, rest for one: log, replica, ingress, claims of time. Whoever
 * falls takes along those that were built on it; a node whose parts keep falling ends, and whoever started it starts it
 * anew.
 */
import { sealObserved } from '../../protocol/codec/observed.ts'
import type { Signer, Verifier } from '../../protocol/codec/sign.ts'
import { UplinkServer } from '../../protocol/ingress/uplink.ts'
import type { Disk, Logs, Ports } from '../../protocol/ports.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import type { Observation, Sight } from '../../protocol/words/observed.ts'
import { Observer } from '../kit/observer.ts'
import type { ChildSpec } from '../kit/spec.ts'
import { Supervisor } from '../kit/supervisor.ts'
import type { Engine } from '../site/engine.ts'
import { NodeFaults } from './faults.ts'
import { Replica } from './replica.ts'
import { ReplicaView } from './site-view.ts'
import { timedLog } from './timed-log.ts'
import { Timekeeper } from './timekeeper.ts'

/** Falls of a node's parts within the period before the node itself gives up. */
const INTENSITY = 3
const PERIOD_MS = 10_000
const STOP_MS = 5_000
/** A stopping replica reads what is in the log by then; longer means that the log stalls. */
const READ_TO_END_MS = 2_000

export interface NodeTreeOptions {
  readonly name: string
  readonly ports: Ports
  readonly signer: Signer
  readonly verifier: Verifier
  readonly engine: Engine
  readonly manifest: SignedManifest
  /** The topics, opened anew whenever the part that holds them starts. */
  readonly openLogs: () => Promise<Logs>
  /** Where its gateway finds it. */
  readonly uplink: string
  /** The parent asks for each claim of time. */
  readonly lockstep: boolean
  /**
   * Where the lives of this node are counted, if not with the rest; null: another site of this node claims the time of
   * the partition, once for all of them.
   */
  readonly lives?: Disk | null
  /** How long each append waited for its acknowledgement. */
  readonly appended: (seconds: number) => void
  /** The record that the replica is in the step of; null: none. */
  readonly stepping?: (position: number | null) => void
  /** Positions between two snapshots of a replica, where it is not its own bound. */
  readonly snapshotEvery?: number
}

interface Parts {
  logs: Logs
  replica: Replica
  server: UplinkServer
  timekeeper: Timekeeper
  faults: NodeFaults
}

export class NodeTree {
  readonly partition: number
  readonly #o: NodeTreeOptions
  readonly #tree: Supervisor
  readonly #parts: Partial<Parts> = {}
  readonly #view: ReplicaView
  readonly #observer: Observer
  #uplink: string

  constructor(options: NodeTreeOptions) {
    this.#o = options
    const { tenant, site, partition } = options.manifest.manifest
    this.partition = partition
    this.#uplink = options.uplink
    const replica = () => this.part('replica')
    // the log may be opened anew under a view that stays
    const logs = new Proxy({} as Logs, { get: (_, topic: keyof Logs) => this.part('logs')[topic] })
    this.#view = new ReplicaView({
      tenant,
      site,
      node: options.name,
      partition,
      logs,
      verifier: options.verifier,
      replica,
      up: () => this.#replicaUp,
      note: options.ports.note,
    })
    this.#tree = new Supervisor(
      {
        id: options.name,
        strategy: 'restForOne',
        intensity: INTENSITY,
        periodMs: PERIOD_MS,
        children: [this.#log(), this.#replica(), this.#ingress(), this.#time()],
      },
      options.ports,
      reason => options.ports.control.exit(reason),
    )
    const tell = (o: Observation) => this.tell(o)
    this.#observer = new Observer(options.ports, { process: options.name, sight: () => this.#sight(), tell })
  }

  async start(): Promise<void> {
    this.#observer.start()
    await this.#tree.start()
    if (!this.#parts.faults) throw new Error(this.#tree.lastExit)
  }
  stop(): Promise<void> {
    this.#observer.stop()
    return this.#tree.stop()
  }
  get state(): string {
    return this.#tree.state
  }
  /** The site as this node's door shows it. */
  get view(): ReplicaView {
    return this.#view
  }
  get uplink(): string {
    return this.#uplink
  }
  /** Signs and records what a process without a key tells of itself, as it does of its own. */
  async tell(observation: Observation): Promise<void> {
    const { manifest, signer } = this.#o
    const { tenant, site } = manifest.manifest
    const position = this.#parts.replica?.fold.position ?? -1
    const factsPosition = position < 0 ? null : position
    const head = { v: 1, kind: 'ProcessObserved', tenant, site, by: signer.key, factsPosition } as const
    const body = sealObserved({ ...head, ...observation }, signer)
    await this.part('logs').decisions.append([{ partition: this.partition, body }])
  }
  #sight(): Sight {
    const { charts, tree } = this.#tree.sight()
    const own = this.#replicaUp ? this.part('replica').sight(`${this.#o.name}/replica`) : []
    return { charts: [...charts, ...own], tree }
  }
  get #replicaUp(): boolean {
    return this.#tree.children().some(child => child.id === 'replica' && child.up)
  }
  part<K extends keyof Parts>(name: K): Parts[K] {
    const part = this.#parts[name]
    if (!part) throw new Refusal('UNAVAILABLE', `${name} of ${this.#o.name} is down`)
    return part
  }

  #child(id: string, start: ChildSpec['start']): ChildSpec {
    return { id, restart: 'permanent', stopMs: STOP_MS, start }
  }
  #log(): ChildSpec {
    return this.#child('log', async ports => {
      const bare = await this.#o.openLogs()
      const facts = timedLog(bare.facts, ports.host, this.#o.appended)
      this.#parts.logs = { ...bare, facts }
      return { stop: async () => void (await Promise.all(Object.values(bare).map(log => log.close()))) }
    })
  }
  #replica(): ChildSpec {
    return this.#child('replica', async (ports, exit) => {
      const { manifest, engine, signer, verifier } = this.#o
      const { tenant, site } = manifest.manifest
      const replica = new Replica({
        ports,
        logs: this.part('logs'),
        manifest: manifest.manifest,
        fold: { tenant, site, definitions: engine.definitions, engine: engine.hash, verifier },
        signer,
        snapshotEvery: this.#o.snapshotEvery,
        stepping: this.#o.stepping,
        fail: error => exit({ kind: 'failed', error }),
        candidate: signed => {
          this.#view.signed()
          this.#parts.faults?.send(signed, s => this.#parts.server?.candidate(s))
        },
        seen: () => this.#parts.server?.seen(),
        accepted: () => {
          if (!this.#o.lockstep) this.#parts.server?.nudge() // there the parent owns time
        },
        stepped: (position, taken) => this.#view.stepped(position, taken),
        installed: signed => this.#parts.server?.manifest(signed),
      })
      this.#parts.replica = replica
      await replica.start()
      return { stop: () => this.#readToEnd(replica) }
    })
  }
  /** What is in the log by now is read to its end, so that the replicas' last states can be compared. */
  async #readToEnd(replica: Replica): Promise<void> {
    const { host } = this.#o.ports
    const { next } = await this.part('logs').facts.ends(this.partition)
    const untilMs = host.monotonicMs() + READ_TO_END_MS
    while (replica.fold.position + 1 < next && host.monotonicMs() < untilMs)
      await new Promise<void>(resolve => void host.after(10, resolve))
    await replica.stop()
  }
  #ingress(): ChildSpec {
    return this.#child('ingress', async ports => {
      const { signer, verifier, manifest } = this.#o
      const logs = this.part('logs')
      const server = new UplinkServer({
        ports,
        address: this.#uplink,
        signer,
        verifier,
        manifest: () => this.#parts.replica?.fold.signed ?? manifest,
        lineage: () => this.#parts.replica?.fold.lineage ?? [],
        durable: () => this.#parts.replica?.durable ?? 0,
        facts: logs.facts,
        history: logs.history,
        decisions: logs.decisions,
      })
      this.#uplink = await server.start()
      this.#parts.server = server
      return { stop: async () => server.stop() }
    })
  }
  #time(): ChildSpec {
    return this.#child('time', async (ports, exit) => {
      const { signer, manifest, lockstep, lives } = this.#o
      const { facts } = this.part('logs')
      const replica = this.part('replica')
      const newest = replica.caughtUp.then(() => replica.fold.state?.claims[signer.key]?.epoch ?? 0)
      const timekeeper = new Timekeeper(ports, facts, signer, manifest.manifest.tenant, this.partition, {
        disk: lives ?? ports.disk,
        newest,
      })
      this.#parts.timekeeper = timekeeper
      this.#parts.faults = new NodeFaults(
        ports,
        () => this.part('replica'),
        timekeeper,
        facts,
        signer,
        manifest.manifest,
      )
      if (!lockstep && lives !== null) timekeeper.start().catch(error => exit({ kind: 'failed', error }))
      return { stop: async () => timekeeper.stop() }
    })
  }
}
