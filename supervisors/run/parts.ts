/**
 * The processes of a run: what each is told when it begins, and what it tells of itself. An address outlives its process:
 * whoever starts anew is found where it was.
 */
import type { Ports } from '../../protocol/ports.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { Slots } from '../../protocol/words/facts.ts'
import type { GatewayConfig } from '../gateway/compose.ts'
import type { ChildSpec } from '../kit/spec.ts'
import type { NodeConfig } from '../node/open.ts'
import type { ClockSpec } from '../process/messages.ts'
import { processChild } from '../process/process-child.ts'
import type { Spawned } from '../process/spawn.ts'
import { StepMark } from '../process/step-mark.ts'
import { machineBoot } from '../real/boot.ts'
import { logOf } from '../real/logs.ts'
import { NODES } from '../site/who.ts'
import { folders, type Prepared } from './prepare.ts'

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

/** Whose time and whose file a process begins with. */
interface Surroundings {
  readonly nowMs: () => number
  readonly clock: () => ClockSpec
  /** A process has another id or another address. */
  readonly changed: () => void
}

export class Parts {
  readonly #o: RunOptions
  readonly #at: ReturnType<typeof folders>
  readonly #run: Surroundings
  readonly #processes = new Map<string, Spawned>()
  readonly #addresses = new Map<string, string>()
  #devices: Readonly<Record<string, string>> = {}
  /** What the plant said of its recorded inputs. */
  inputReports: readonly string[] = []
  inputCounts = { rows: 0, gaps: 0, bad: 0 }

  constructor(options: RunOptions, run: Surroundings) {
    this.#o = options
    this.#at = folders(options.prepared.dir)
    this.#run = run
  }

  /** In the order of their start. */
  children(refused: (refusal: Refusal) => void): readonly ChildSpec[] {
    return [
      ...NODES.map(name => {
        const inStep = () => StepMark.read(this.#at.of(name))
        return processChild(name, SCRIPTS.node, s => this.#beginNode(name, s), refused, inStep)
      }),
      processChild('plant', SCRIPTS.plant, s => this.#beginPlant(s), refused),
      processChild('gateway', SCRIPTS.gateway, s => this.#beginGateway(s), refused),
    ]
  }
  process(name: string): Spawned {
    const spawned = this.#processes.get(name)
    if (!spawned)
      throw new Refusal('NOT_FOUND', `no process '${name}'; processes: ${[...this.#processes.keys()].join(', ')}`)
    return spawned
  }
  liveNodes(): Spawned[] {
    return NODES.map(name => this.#processes.get(name)!).filter(s => s && !s.gone)
  }
  get pids(): Record<string, number> {
    return Object.fromEntries([...this.#processes].map(([name, s]) => [name, s.pid]))
  }
  /** Of each node's API. */
  get http(): Record<string, string | undefined> {
    return Object.fromEntries(NODES.map(name => [name, this.#addresses.get(`${name} http`)]))
  }

  async #beginNode(name: string, spawned: Spawned): Promise<void> {
    this.#processes.set(name, spawned)
    const { prepared, pace, port } = this.#o
    const asked = port === undefined ? 0 : port + NODES.indexOf(name as (typeof NODES)[number])
    const http = this.#addresses.get(`${name} http`) ?? `127.0.0.1:${asked}`
    const { signed } = prepared
    const data = this.#at.of(name)
    const config: NodeConfig = {
      name,
      keys: this.#at.keys(name),
      data,
      log: logOf(prepared.dir),
      sites: [{ manifest: signed, definitions: prepared.site.definitions, data }],
      clock: this.#run.clock(),
      uplink: this.#addresses.get(name) ?? '127.0.0.1:0',
      lockstep: pace.kind === 'lockstep',
      http: { address: http, grants: [{ tenant: signed.manifest.tenant, tokenFile: this.#at.token }] },
    }
    const status = await spawned.ask<NodeStatus>('start', config)
    this.#addresses.set(name, status.address)
    this.#addresses.set(`${name} http`, status.http ?? http)
    this.#run.changed()
  }
  async #beginPlant(spawned: Spawned): Promise<void> {
    this.#processes.set('plant', spawned)
    const { site } = this.#o.prepared
    const plant = site.file.plant as { seed: string; assets: { type: string }[] }
    const assets = plant.assets.map(a => ({ ...a, ...this.#inputsOf(a.type) }))
    const port = Number(this.#addresses.get('plant')?.split(':')[1] ?? 0)
    const startMs = Math.floor(this.#run.nowMs() / 1_000) * 1_000
    const options = { seed: plant.seed, startMs, assets, folder: this.#at.of('plant'), port }
    const started = await spawned.ask<{
      address: string
      addresses: Record<string, string>
      reports: string[]
      counts: Parts['inputCounts']
    }>('start', {
      options,
      clock: this.#run.clock(),
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
    this.#run.changed()
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
    const config: GatewayConfig = {
      keys: this.#at.keys('gateway'),
      data: this.#at.of('gateway'),
      manifest: this.#o.prepared.signed,
      nodes: Object.fromEntries(NODES.map(name => [name, this.#addresses.get(name) ?? ''])),
      devices: this.#devices,
      clock: this.#run.clock(),
      boot,
    }
    await spawned.ask('start', config)
    this.#run.changed()
  }
}
