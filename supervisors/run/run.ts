/**
 * A whole site on one machine: three nodes, the plant, the gateway, each a process, children of one supervisor. Start
 * order: keys, manifest and log (prepare.ts), nodes, plant, gateway, then at a first start the signed commands.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { sealFact } from '../../protocol/codec/fact.ts'
import { openKey } from '../../protocol/identity/keyring.ts'
import type { Ports } from '../../protocol/ports.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { Slots } from '../../protocol/words/facts.ts'
import { keyId } from '../../protocol/words/ids.ts'
import { Supervisor } from '../kit/supervisor.ts'
import type { ClockSpec } from '../process/messages.ts'
import { processChild } from '../process/process-child.ts'
import type { Spawned } from '../process/spawn.ts'
import { folders, NODES, type Prepared } from './prepare.ts'

export type Pace = { readonly kind: 'realtime'; readonly factor: number } | { readonly kind: 'lockstep' }

export interface RunOptions {
  readonly prepared: Prepared
  readonly pace: Pace
  readonly faults: boolean
  readonly mode: 'automatic' | 'observe'
  /** Replaces inputs of the simulated plant: asset type -> `FILE?...`. */
  readonly inputs: {
    readonly load?: string
    readonly pv?: string
    readonly frequency?: string
    readonly voltage?: string
  }
  /** HTTP port of the first node. */
  readonly port?: number
  readonly ports: Ports
  readonly failed: (reason: string) => void
}

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

const SCRIPTS = {
  node: new URL('../node/process.ts', import.meta.url),
  gateway: new URL('../gateway/process.ts', import.meta.url),
  plant: new URL('../../sim/plant/main.ts', import.meta.url),
}

export interface NodeStatus {
  readonly address: string
  /** Null while the API is not served. */
  readonly http: string | null
  readonly pid: number
  readonly replica: string
  readonly position: number
  readonly stateHash: string
  readonly cycle: number
  readonly durable: number
}
export interface GatewayStatus {
  readonly pid: number
  readonly epoch: number
  readonly cycle: number
  readonly voter: string
  readonly waiting: number
  readonly links: readonly string[]
  readonly slots: Slots
  readonly channels: Readonly<Record<string, string>>
}
export interface PlantView {
  readonly pid: number
  readonly tMs: number
  readonly meters: Readonly<Record<string, number>> & { readonly assets: unknown }
  readonly state: unknown
}

export class Run {
  readonly #o: RunOptions
  readonly #at: ReturnType<typeof folders>
  readonly #tree: Supervisor
  readonly #clock: ClockSpec
  readonly #processes = new Map<string, Spawned>()
  readonly #addresses = new Map<string, string>()
  #devices: Readonly<Record<string, string>> = {}
  #nowMs: number
  /** From then on the file of the run follows each restart. */
  #started = false
  #refused: Refusal | null = null
  /** What the plant said of its recorded inputs. */
  inputReports: readonly string[] = []
  inputCounts = { rows: 0, gaps: 0, bad: 0 }

  constructor(options: RunOptions) {
    this.#o = options
    this.#at = folders(options.prepared.dir)
    this.#nowMs =
      this.#resumedAt() ?? (options.pace.kind === 'lockstep' ? LOCKSTEP_START_MS : options.ports.host.wallMs())
    this.#clock = this.#clockSpec()
    const refused = (refusal: Refusal) => {
      this.#refused ??= refusal
    }
    this.#tree = new Supervisor(
      {
        id: 'run',
        strategy: 'oneForOne',
        intensity: INTENSITY,
        periodMs: PERIOD_MS,
        backoffMs: { first: 20, most: 200 },
        children: [
          ...NODES.map(name => processChild(name, SCRIPTS.node, s => this.#beginNode(name, s), refused)),
          processChild('plant', SCRIPTS.plant, s => this.#beginPlant(s), refused),
          processChild('gateway', SCRIPTS.gateway, s => this.#beginGateway(s), refused),
        ],
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
    const spawned = this.#processes.get(name)
    if (!spawned)
      throw new Refusal('NOT_FOUND', `no process '${name}'; processes: ${[...this.#processes.keys()].join(', ')}`)
    return spawned
  }
  /** Of every process, as it says itself; null: it does not answer. */
  async status() {
    const ask = (name: string) =>
      this.process(name)
        .ask('status', null, STATUS_MS_MAX)
        .catch(() => null)
    const nodes = await Promise.all(NODES.map(async name => [name, (await ask(name)) as NodeStatus | null] as const))
    const gateway = (await ask('gateway')) as GatewayStatus | null
    return { pids: this.pids, nodes: Object.fromEntries(nodes), gateway, supervisor: this.#tree.state }
  }
  get pids(): Record<string, number> {
    return Object.fromEntries([...this.#processes].map(([name, s]) => [name, s.pid]))
  }

  async start(): Promise<void> {
    await this.#tree.start()
    if (this.#refused) throw this.#refused
    this.#started = true
    this.#writeRunFile()
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
    return this.process(name).ask('status')
  }
  gatewayStatus(): Promise<GatewayStatus> {
    return this.process('gateway').ask('status')
  }
  plantView(): Promise<PlantView> {
    return this.process('plant').ask('view')
  }

  /** Lockstep: one step of site time, in the order of a cycle. */
  async advance(toMs: number): Promise<void> {
    this.#nowMs = toMs
    await Promise.all(this.#liveNodes().map(node => node.ask('claim', toMs).catch(() => {}))) // a dead one is started anew
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
        return await this.process(name).ask('advance', toMs)
      } catch (error) {
        if (attempt === STEP_ATTEMPTS_MAX) throw error
        await new Promise<void>(resolve => void this.#o.ports.host.after(STEP_RETRY_MS, resolve))
      }
  }
  keepTime(): void {
    writeFileSync(this.#at.time, JSON.stringify({ nowMs: this.#nowMs }))
  }

  #liveNodes(): Spawned[] {
    return NODES.map(name => this.#processes.get(name)!).filter(s => s && !s.gone)
  }
  /** All live nodes have read to the same end. */
  async #settleNodes(): Promise<void> {
    for (let i = 0; i < 500; i++) {
      const all = await Promise.all(this.#liveNodes().map(s => s.ask<NodeStatus>('status').catch(() => null)))
      const positions = all.map(s => s?.position)
      if (this.#o.pace.kind === 'lockstep' && new Set(positions).size === 1) return
      if (this.#o.pace.kind !== 'lockstep') {
        // claims of time go on until they are told to end
        await Promise.all(this.#liveNodes().map(s => s.ask('quiet').catch(() => {})))
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

  async #beginNode(name: string, spawned: Spawned): Promise<void> {
    this.#processes.set(name, spawned)
    const { prepared, pace, port } = this.#o
    const asked = port === undefined ? 0 : port + NODES.indexOf(name as (typeof NODES)[number])
    const http = this.#addresses.get(`${name} http`) ?? `127.0.0.1:${asked}`
    const status = await spawned.ask<NodeStatus>('start', {
      name,
      keys: this.#at.keys(name),
      data: this.#at.of(name),
      log: this.#at.log,
      manifest: prepared.signed,
      definitions: prepared.site.definitions,
      clock: this.#clockNow(),
      uplink: this.#addresses.get(name) ?? '127.0.0.1:0',
      lockstep: pace.kind === 'lockstep',
      http: { address: http, token: this.#at.token },
    })
    this.#addresses.set(name, status.address)
    this.#addresses.set(`${name} http`, status.http ?? http)
    this.#changed()
  }
  async #beginPlant(spawned: Spawned): Promise<void> {
    this.#processes.set('plant', spawned)
    const { site } = this.#o.prepared
    const plant = site.file.plant as { seed: string; assets: { type: string }[] }
    const assets = plant.assets.map(a => ({ ...a, ...this.#inputsOf(a.type) }))
    const port = Number(this.#addresses.get('plant')?.split(':')[1] ?? 0)
    const startMs = Math.floor(this.#nowMs / 1_000) * 1_000
    const options = { seed: plant.seed, startMs, assets, folder: this.#at.of('plant'), port }
    const started = await spawned.ask<{
      address: string
      addresses: Record<string, string>
      reports: string[]
      counts: Run['inputCounts']
    }>('start', {
      options,
      clock: this.#clockNow(),
    })
    this.#addresses.set('plant', started.address)
    this.inputReports = started.reports
    this.inputCounts = started.counts
    this.#devices = Object.fromEntries(
      Object.entries(site.file.assets).map(([name, { field }]) => {
        const simulated = /^plant:\/\/(\w+)$/.exec(field.address)?.[1]
        return [name, simulated ? (started.addresses[simulated] ?? '') : field.address]
      }),
    )
    this.#changed()
  }
  #changed(): void {
    if (this.#started) this.#writeRunFile()
  }
  #inputsOf(type: string): object {
    const { load, pv, frequency, voltage } = this.#o.inputs
    if (type === 'load' && load) return { power: load }
    if (type === 'pv' && pv) return { power: pv }
    if (type === 'grid') return { ...(frequency && { frequency }), ...(voltage && { voltage }) }
    return {}
  }
  async #beginGateway(spawned: Spawned): Promise<void> {
    this.#processes.set('gateway', spawned)
    const boot = this.#o.pace.kind === 'realtime' && this.#o.pace.factor === 1 ? machineBoot() : `run ${process.pid}`
    await spawned.ask('start', {
      keys: this.#at.keys('gateway'),
      data: this.#at.of('gateway'),
      manifest: this.#o.prepared.signed,
      nodes: Object.fromEntries(NODES.map(name => [name, this.#addresses.get(name)])),
      devices: this.#devices,
      clock: this.#clockNow(),
      boot,
    })
    this.#changed()
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
    await this.process(NODES[0]).ask('append', body)
  }

  #writeRunFile(): void {
    const { prepared, faults } = this.#o
    const run = {
      pid: process.pid,
      site: prepared.signed.manifest.site,
      faults,
      token: this.#at.token,
      http: Object.fromEntries(NODES.map(name => [name, this.#addresses.get(`${name} http`)])),
      pids: this.pids,
    }
    writeFileSync(this.#at.run, `${JSON.stringify(run, null, 2)}\n`, { mode: 0o600 })
  }
}

/** Throws RUN_ACTIVE: two runs on one folder would be two gateways at one plant. */
export function refuseSecondRun(dir: string): void {
  const { run } = folders(dir)
  if (!existsSync(run)) return
  const { pid } = JSON.parse(readFileSync(run, 'utf8')) as { pid: number }
  if (pid !== process.pid && alive(pid)) throw new Refusal('RUN_ACTIVE', `process ${pid} runs on ${dir}`)
}
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
function machineBoot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return `process ${process.pid}`
  }
}
