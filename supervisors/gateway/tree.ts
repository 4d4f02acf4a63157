/**
 * The parts of a gateway under its supervisor, rest for one: links to the nodes, outboxes, field, and the control that
 * stands on them. Whoever falls takes along those that were built on it, and everything is rebuilt from the journals.
 */
import { WriteBudgets } from '../../edge/drivers/budget.ts'
import { openModbusDriver } from '../../edge/drivers/modbus/index.ts'
import type { ModbusConnect } from '../../edge/drivers/modbus/transport.ts'
import { Field } from '../../edge/field.ts'
import { Gateway } from '../../edge/gateway.ts'
import type { OutboxLimits } from '../../edge/outbox.ts'
import { type Outboxes, openOutboxes } from '../../edge/outboxes.ts'
import { Uplinks } from '../../edge/uplinks.ts'
import { sealObserved } from '../../protocol/codec/observed.ts'
import type { Signer, Verifier } from '../../protocol/codec/sign.ts'
import type { Ports } from '../../protocol/ports.ts'
import type { Manifest, SignedManifest } from '../../protocol/words/manifest.ts'
import type { Observation, Sight } from '../../protocol/words/observed.ts'
import { Observer } from '../kit/observer.ts'
import type { ChildSpec } from '../kit/spec.ts'
import { Supervisor } from '../kit/supervisor.ts'

/** Falls of its parts within the period before the gateway itself gives up. */
const INTENSITY = 3
const PERIOD_MS = 10_000
const STOP_MS = 2_000

export interface GatewayTreeOptions {
  readonly ports: Ports
  readonly signer: Signer
  readonly verifier: Verifier
  /** That it begins under. */
  readonly manifest: SignedManifest
  readonly nodes: Readonly<Record<string, string>>
  readonly devices: Readonly<Record<string, string>>
  readonly connect: ModbusConnect
  readonly boot: string
  /** Where they are not the parts' own. */
  readonly bounds?: { readonly outbox: OutboxLimits; readonly compactEvery: number }
  readonly keep: (signed: SignedManifest) => Promise<void>
  readonly anew: (signed: SignedManifest) => void
}

export class GatewayTree {
  readonly #o: GatewayTreeOptions
  readonly #tree: Supervisor
  readonly #observer: Observer
  #uplinks: Uplinks | null = null
  #outboxes: Outboxes | null = null
  #field: Field | null = null
  #gateway: Gateway | null = null
  #signed: SignedManifest

  constructor(options: GatewayTreeOptions) {
    this.#o = options
    this.#signed = options.manifest
    const fell = (reason: string) => options.ports.control.exit(reason)
    const children = [this.#links(), this.#outbox(), this.#hands(), this.#control()]
    const spec = { id: 'gateway', strategy: 'restForOne', intensity: INTENSITY, periodMs: PERIOD_MS, children } as const
    this.#tree = new Supervisor(spec, options.ports, fell)
    const tell = (o: Observation) => this.#tell(o)
    this.#observer = new Observer(options.ports, { process: options.signer.key, sight: () => this.#sight(), tell })
  }

  async start(): Promise<void> {
    this.#observer.start()
    await this.#tree.start()
    if (!this.#gateway) throw new Error(this.#tree.lastExit)
  }
  stop(): Promise<void> {
    this.#observer.stop()
    return this.#tree.stop()
  }
  get state(): string {
    return this.#tree.state
  }
  get manifest(): Manifest {
    return this.#signed.manifest
  }
  /** Null while it is being rebuilt. */
  get gateway(): Gateway | null {
    return this.#gateway
  }

  #sight(): Sight {
    const { charts, tree } = this.#tree.sight()
    const up = this.#tree.children().some(child => child.id === 'control' && child.up)
    const own = up ? this.#gateway!.sight().map(chart => ({ ...chart, path: `gateway/${chart.path}` })) : []
    return { charts: [...charts, ...own], tree }
  }
  /** Through one node after the other: one that keeps it to itself keeps some of it. */
  async #tell(observation: Observation): Promise<void> {
    const { signer } = this.#o
    const { tenant, site } = this.manifest
    const factsPosition = this.#gateway?.position ?? null
    const head = { v: 1, kind: 'ProcessObserved', tenant, site, by: signer.key, factsPosition } as const
    const nodes = this.#uplinks?.connected ?? []
    const to = nodes[observation.seq % nodes.length]
    if (to === undefined) throw new Error('no node is linked')
    const body = sealObserved({ ...head, ...observation }, signer)
    if (!this.#uplinks!.send(to, { t: 'observed', body })) throw new Error(`not sent to ${to}`)
  }

  #child(id: string, start: ChildSpec['start']): ChildSpec {
    return { id, restart: 'permanent', stopMs: STOP_MS, start }
  }
  #links(): ChildSpec {
    return this.#child('links', async ports => {
      const { nodes, signer, verifier } = this.#o
      const uplinks = new Uplinks(ports, nodes, signer, verifier, () => this.manifest)
      this.#uplinks = uplinks
      uplinks.start()
      return { stop: async () => uplinks.stop() }
    })
  }
  #outbox(): ChildSpec {
    return this.#child('outbox', async (ports, exit) => {
      const fail = (error: unknown) => exit({ kind: 'failed', error })
      const { signer } = this.#o
      const outboxes = await openOutboxes(ports, signer, this.manifest, this.#uplinks!, fail, this.#o.bounds?.outbox)
      this.#outboxes = outboxes
      return {
        stop: async () => {
          outboxes.durable.stop()
          outboxes.history.stop()
        },
      }
    })
  }
  #hands(): ChildSpec {
    return this.#child('field', async (ports, exit) => {
      const { devices, connect } = this.#o
      const { clock, host, random, note } = ports
      const fail = (error: unknown) => exit({ kind: 'failed', error })
      const budgets = await WriteBudgets.open(ports.disk, fail, this.#o.bounds?.compactEvery)
      const drivers = this.manifest.assets.map(({ name, map }) => {
        const options = { name, map, address: devices[name] ?? '', connect, clock, host, random, note, budgets }
        return [name, openModbusDriver(options)] as const
      })
      const field = new Field(clock, Object.fromEntries(drivers), () => this.manifest.assets)
      this.#field = field
      return { stop: () => field.close() }
    })
  }
  #control(): ChildSpec {
    return this.#child('control', async (ports, exit) => {
      const { signer, verifier, boot, keep, anew } = this.#o
      this.#gateway = null
      const gateway = await Gateway.open({
        ports,
        signer,
        verifier,
        manifest: this.manifest,
        uplinks: this.#uplinks!,
        ...this.#outboxes!,
        field: this.#field!,
        boot,
        compactEvery: this.#o.bounds?.compactEvery,
        fail: error => exit({ kind: 'failed', error }),
        // whichever part is built anew from then on begins under it
        keep: signed =>
          keep(signed).then(() => {
            this.#signed = signed
          }),
        anew,
      })
      this.#gateway = gateway
      gateway.start()
      return { stop: async () => gateway.stop() }
    })
  }
}
