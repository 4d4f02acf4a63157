/**
 * A whole site on one machine: three nodes, the plant, the gateway, each a process, children of one supervisor. Start
 * order: keys, manifest and log (prepare.ts), nodes, plant, gateway, then at a first start the signed commands.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { sealFact } from '../../protocol/codec/fact.ts'
import { openKey } from '../../protocol/identity/keyring.ts'
import type { Refusal } from '../../protocol/words/errors.ts'
import { keyId } from '../../protocol/words/ids.ts'
import { Supervisor } from '../kit/supervisor.ts'
import type { ClockSpec } from '../process/messages.ts'
import type { Spawned } from '../process/spawn.ts'
import { NODES } from '../site/who.ts'
import { type GatewayStatus, type NodeStatus, Parts, type PlantView, type RunOptions } from './parts.ts'
import { folders } from './prepare.ts'
import { writeRunFile } from './run-file.ts'

/** Restarts of any one process within a minute before the run gives up: kills on purpose are many. */
const INTENSITY = 200
const PERIOD_MS = 60_000
/** A lockstep run begins here, the same for every run of it: Saturday, 21 June 2025, UTC. */
export const LOCKSTEP_START_MS = Date.UTC(2025, 5, 21)
/** A process takes about a second to start; one that does not come back ends the run. */
const STEP_ATTEMPTS_MAX = 50
const STEP_RETRY_MS = 200
/** A process that does not answer by then is told as silent. */
const STATUS_MS_MAX = 1_000
/** How long a command of the first start may wait. */
const START_EXPIRES_MS = 600_000

export class Run {
  readonly #o: RunOptions
  readonly #at: ReturnType<typeof folders>
  readonly #tree: Supervisor
  readonly #clock: ClockSpec
  readonly parts: Parts
  #nowMs: number
  /** From then on the file of the run follows each restart. */
  #started = false
  #refused: Refusal | null = null
  #views: string | null = null
  #inspector: string | null = null

  constructor(options: RunOptions) {
    this.#o = options
    this.#at = folders(options.prepared.dir)
    this.#nowMs =
      this.#resumedAt() ?? (options.pace.kind === 'lockstep' ? LOCKSTEP_START_MS : options.ports.host.wallMs())
    this.#clock = this.#clockSpec()
    const refused = (refusal: Refusal) => {
      this.#refused ??= refusal
    }
    const clock = () => this.#clockNow()
    this.parts = new Parts(options, { nowMs: () => this.#nowMs, clock, changed: () => this.#changed() })
    this.#tree = new Supervisor(
      {
        id: 'run',
        strategy: 'oneForOne',
        intensity: INTENSITY,
        periodMs: PERIOD_MS,
        backoffMs: { first: 20, most: 200 },
        children: this.parts.children(refused),
      },
      options.ports,
      options.failed,
    )
  }

  /** Site time, ms. */
  get nowMs(): number {
    return this.#o.pace.kind === 'lockstep' ? this.#nowMs : this.#o.ports.host.wallMs()
  }
  get supervisor(): Supervisor {
    return this.#tree
  }
  process(name: string): Spawned {
    return this.parts.process(name)
  }
  get pids(): Record<string, number> {
    return this.parts.pids
  }
  /** Of every process, as it says itself; null: it does not answer. */
  async status() {
    const ask = (name: string) =>
      this.parts
        .process(name)
        .ask('status', null, STATUS_MS_MAX)
        .catch(() => null)
    const nodes = await Promise.all(NODES.map(async name => [name, (await ask(name)) as NodeStatus | null] as const))
    const gateway = (await ask('gateway')) as GatewayStatus | null
    return { pids: this.pids, nodes: Object.fromEntries(nodes), gateway, supervisor: this.#tree.state }
  }

  /** The rows of the databases are served here. */
  viewsAt(address: string): void {
    this.#views = address
    this.#changed()
  }
  inspectorAt(address: string): void {
    this.#inspector = address
    this.#changed()
  }
  async start(): Promise<void> {
    await this.#tree.start()
    if (this.#refused) throw this.#refused
    this.#started = true
    this.#changed()
  }
  /**
   * A first start's commands, once the first frame is stepped: time is agreed then, and an asset starts on what it
   * measures. Later starts send nothing.
   */
  async commission(): Promise<void> {
    const { prepared } = this.#o
    const { assets } = prepared.engine.definitions
    if (!prepared.first) return
    await this.#sendCommand('site', this.#o.mode)
    for (const { name, type } of prepared.signed.manifest.assets)
      if ('start' in assets[type]!.spec.commands) await this.#sendCommand(name, 'start')
  }
  /** The gateway is linked to every node; a lockstep run begins then, so that its first slot is like every other. */
  async linked(): Promise<void> {
    while ((await this.gatewayStatus().catch(() => null))?.links.length !== NODES.length)
      await new Promise(resolve => setTimeout(resolve, 20))
    await this.advanceField(this.#nowMs)
  }
  /** A cycle has been decided. */
  async firstCycle(): Promise<void> {
    while ((await this.nodeStatus(NODES[0]).catch(() => null))?.cycle === 0)
      await new Promise(resolve => setTimeout(resolve, 20))
  }
  /** Gateway first, then the plant; the nodes read to the end of the log. Returns what the nodes ended with. */
  async stop(): Promise<Record<string, { position: number; stateHash: string }>> {
    await this.#tree.remove('gateway')
    await this.#settleNodes()
    const replicas: Record<string, { position: number; stateHash: string }> = {}
    for (const name of NODES) {
      const status = await this.nodeStatus(name).catch(() => null)
      if (status) replicas[name.slice('node-'.length)] = { position: status.position, stateHash: status.stateHash }
    }
    await this.#tree.stop()
    rmSync(this.#at.run, { force: true })
    return replicas
  }

  nodeStatus(name: string): Promise<NodeStatus> {
    return this.parts.process(name).ask('status')
  }
  gatewayStatus(): Promise<GatewayStatus> {
    return this.parts.process('gateway').ask('status')
  }
  plantView(): Promise<PlantView> {
    return this.parts.process('plant').ask('view')
  }

  /** Lockstep: one step of site time, in the order of a cycle. */
  async advance(toMs: number): Promise<void> {
    this.#nowMs = toMs
    await Promise.all(this.parts.liveNodes().map(node => node.ask('claim', toMs).catch(() => {}))) // a dead one is started anew
    await this.advanceField(toMs)
  }
  /** Lockstep: between two cycles the gateway's fast laws act. */
  async advanceField(toMs: number): Promise<void> {
    await this.#persist('plant', toMs)
    await this.#persist('gateway', toMs)
  }
  /** Whoever dies in the midst of a step is started anew and asked again. */
  async #persist(name: string, toMs: number): Promise<void> {
    for (let attempt = 1; ; attempt++)
      try {
        return await this.parts.process(name).ask('advance', toMs)
      } catch (error) {
        if (attempt === STEP_ATTEMPTS_MAX) throw error
        await new Promise<void>(resolve => void this.#o.ports.host.after(STEP_RETRY_MS, resolve))
      }
  }
  keepTime(): void {
    writeFileSync(this.#at.time, JSON.stringify({ nowMs: this.#nowMs }))
  }

  /** All live nodes have read to the same end. */
  async #settleNodes(): Promise<void> {
    for (let i = 0; i < 500; i++) {
      const all = await Promise.all(this.parts.liveNodes().map(s => s.ask<NodeStatus>('status').catch(() => null)))
      const positions = all.map(s => s?.position)
      if (this.#o.pace.kind === 'lockstep' && new Set(positions).size === 1) return
      if (this.#o.pace.kind !== 'lockstep') {
        // claims of time go on until they are told to end
        await Promise.all(this.parts.liveNodes().map(s => s.ask('quiet').catch(() => {})))
        if (i > 2 && new Set(positions).size === 1) return
      }
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }

  #clockSpec(): ClockSpec {
    const { pace, ports } = this.#o
    if (pace.kind === 'lockstep') return { kind: 'owned', startMs: this.#nowMs }
    if (pace.factor === 1) return { kind: 'host' }
    return { kind: 'paced', pace: pace.factor, originMs: this.#nowMs, hostOriginMs: ports.host.monotonicUs() / 1_000 }
  }
  #clockNow(): ClockSpec {
    return this.#clock.kind === 'owned' ? { kind: 'owned', startMs: this.#nowMs } : this.#clock
  }
  #resumedAt(): number | null {
    if (this.#o.pace.kind !== 'lockstep' || !existsSync(this.#at.time)) return null
    return (JSON.parse(readFileSync(this.#at.time, 'utf8')) as { nowMs: number }).nowMs
  }

  #changed(): void {
    if (!this.#started) return
    const { prepared, faults } = this.#o
    const { pids, http } = this.parts
    const { site } = prepared.signed.manifest
    writeRunFile(prepared.dir, {
      pid: process.pid,
      site,
      faults,
      token: this.#at.token,
      http,
      views: this.#views,
      inspector: this.#inspector,
      pids,
    })
  }

  /** Signed by the operator's key as anybody's commands are; the id is of this site's first start. */
  async #sendCommand(target: string, name: string): Promise<void> {
    const { tenant, site } = this.#o.prepared.signed.manifest
    const operator = openKey(this.#at.keys('operator'), keyId('operator'))
    const body = sealFact(
      {
        v: 1,
        kind: 'CommandRequested',
        tenant,
        site,
        by: 'operator',
        id: `first-${target}-${name}`,
        target,
        name,
        params: {},
        issuedAtMs: this.nowMs,
        expiresMs: START_EXPIRES_MS,
      },
      operator,
    )
    await this.parts.process(NODES[0]).ask('append', body)
  }
}
