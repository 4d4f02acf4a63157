/**
 * One simulated site: three nodes and a gateway, each a simulated process that runs the product's own tree over
 * simulated ports; a plant with physics; a log that outlives them all.
 */
import { OUTBOX_LIMITS } from '../../edge/outbox.ts'
import { sealFact } from '../../protocol/codec/fact.ts'
import { signManifest } from '../../protocol/codec/manifest.ts'
import { TOPICS, type Topic } from '../../protocol/log/event-log.ts'
import type { Logs, Ports } from '../../protocol/ports.ts'
import { commandId } from '../../protocol/words/ids.ts'
import type { Manifest, SignedManifest } from '../../protocol/words/manifest.ts'
import { openGateway } from '../../supervisors/gateway/open.ts'
import type { GatewayTree } from '../../supervisors/gateway/tree.ts'
import { NodeTree } from '../../supervisors/node/tree.ts'
import type { Engine } from '../../supervisors/site/engine.ts'
import type { SiteFile } from '../../supervisors/site/file.ts'
import { resolveSite } from '../../supervisors/site/resolve.ts'
import { keysOf, NODES, ROLES } from '../../supervisors/site/who.ts'
import type { PlantOptions } from '../plant/state.ts'
import type { Inputs } from '../plant/step.ts'
import { draw, textHash } from '../world/draw.ts'
import { logOf, SimTopic } from '../world/log.ts'
import type { Incarnation, Process } from '../world/process.ts'
import type { World } from '../world/world.ts'
import { SimField } from './field.ts'
import { type Keys, quickKeys } from './keys.ts'
import { betray } from './traitor.ts'
import { SimViews } from './views.ts'

/** What the plant's day is at when a run begins, after noon: sun to waste, some, none. */
const HOURS = [0, 4, 5, 6, 8]
/** Small, so that a run of minutes comes by: snapshots, compactions, overflows and the starts that follow them. */
const SNAPSHOT_EVERY = 60
const BOUNDS = { outbox: { ...OUTBOX_LIMITS, capacity: 24, compactEvery: 16 }, compactEvery: 32 } as const
/** A parent starts a dead process anew after so long, and as much again at most. */
const RESTART_MS = 300
/** Who hears nothing from one node asks another. */
const AGAIN_MS = 1_000

export type Topics = Readonly<Record<Topic, SimTopic>>
export const topicsOf = (world: World): Topics =>
  Object.fromEntries(TOPICS.map(topic => [topic, new SimTopic(world, topic)])) as Record<Topic, SimTopic>

export interface SimSiteOptions {
  readonly world: World
  readonly topics: Topics
  readonly file: SiteFile
  readonly engine: Engine
  readonly keys: Keys
  readonly partition: number
  readonly inputs: Inputs
  /** Names of processes of several sites in one world differ by it: `''` or `s1.`. */
  readonly prefix: string
  /** The one node that may do anything; null: all are honest. */
  readonly traitor: string | null
  /** Bounds so small and an hour so drawn that a run of minutes meets all; else the product's own, at the world's hour. */
  readonly trial?: boolean
  /** Its views are kept, too. */
  readonly views: boolean
}

/** What a site file becomes here; `keys`: absent where only its form matters. */
export function manifestOf(
  file: SiteFile,
  engine: Engine,
  { keys = quickKeys(0, file.site), partition = 0 }: { readonly keys?: Keys; readonly partition?: number },
): Manifest {
  // a viewer too, whose commands must count for nothing (S23)
  const all = keysOf(id => keys.signer(id).publicKey, { ...ROLES, viewer: 'viewer' })
  const who = { keys: all, replicas: [...NODES], threshold: 1, engine: engine.hash }
  return resolveSite(file, engine.definitions, who, { partition })
}

export class SimSite {
  readonly o: SimSiteOptions
  readonly signed: SignedManifest
  readonly field: SimField
  readonly gateway: Process
  readonly nodes: readonly Process[]
  readonly views: SimViews | null
  /** What nodes start with from now on. */
  engine: Engine
  readonly #trees = new Map<string, { readonly life: Incarnation; readonly tree: NodeTree }>()
  #gatewayTree: { readonly life: Incarnation; readonly tree: GatewayTree } | null = null
  #commands = 0
  /** What one node starts with from now on, where it is not as the others. */
  readonly engines = new Map<string, Engine>()

  constructor(o: SimSiteOptions) {
    this.o = o
    this.engine = o.engine
    const { world, file, engine, keys, prefix } = o
    const manifest = manifestOf(file, engine, { keys, partition: o.partition })
    this.signed = signManifest({ manifest, signatures: {} }, keys.signer('administrator'))
    const hours = o.trial ? HOURS[draw(world.seed, textHash('hour'), 0) % HOURS.length]! : 0
    const startMs = world.epochMs + hours * 3_600_000
    this.field = new SimField(world, { ...(file.plant as PlantOptions), startMs }, o.inputs)
    this.nodes = NODES.map(name => this.#kept(world.process(prefix + name, (p, life) => this.#node(name, p, life))))
    this.gateway = this.#kept(world.process(`${prefix}gateway`, (p, life) => this.#runGateway(p, life)))
    this.views = o.views ? this.#viewsOf(manifest) : null
  }
  #viewsOf({ tenant, site }: Manifest): SimViews {
    const { world, prefix, topics, partition, keys } = this.o
    const { verifier } = keys
    const of = { tenant, site, verifier, engine: () => this.engine }
    const views = new SimViews({ world, prefix, facts: topics.facts, partition, ...of })
    this.#kept(views.process)
    return views
  }
  #kept(process: Process): Process {
    const { world } = this.o
    const key = textHash(process.name)
    process.restartAfterMs = () => RESTART_MS + (draw(world.seed, key, process.boots) % RESTART_MS)
    return process
  }

  /** Entries that an outbox of its gateway holds, as it was told. */
  get outboxCapacity(): number {
    return (this.o.trial ? BOUNDS.outbox : OUTBOX_LIMITS).capacity
  }
  get processes(): readonly Process[] {
    return [...this.nodes, this.gateway, ...(this.views ? [this.views.process] : [])]
  }
  /** A node that is up; null: it is down or being built. */
  node(name: string): NodeTree | null {
    const there = this.#trees.get(name)
    return there && !there.life.dead ? there.tree : null
  }
  /** What a node that is up has folded. */
  state(process: string) {
    return this.node(process.slice(this.o.prefix.length))?.part('replica').fold.state ?? null
  }
  get gatewayTree(): GatewayTree | null {
    const there = this.#gatewayTree
    return there && !there.life.dead ? there.tree : null
  }

  /** The manifest into the log, then everybody at once. */
  async begin(): Promise<void> {
    this.install(this.signed)
    for (const process of this.processes) process.boot()
  }
  install(manifest: SignedManifest): void {
    const { tenant, site } = manifest.manifest
    const by = 'administrator'
    const fact = { v: 1 as const, kind: 'ManifestInstalled' as const, tenant, site, by, manifest }
    this.append(sealFact(fact, this.o.keys.signer(by)))
  }
  /** Into the log as an administrator's tool would: past every node. */
  append(body: string): void {
    this.o.topics.facts.put(this.o.partition, body, 'administrator')
  }
  /** To a node's door, as the API would bring it. Lost where the node is down. */
  submit(node: string, body: string): void {
    const there = this.#trees.get(node)
    if (!there || there.life.dead) return
    there.life.enter(() => {
      there.tree.view.submit(body).catch(() => {})
    })
  }
  /** Bodies that a faulty node or a stranger has put into the log in the names of others. */
  get forged(): ReadonlySet<string> {
    return this.o.topics.facts.forged
  }
  /** What people have sent, by id: they send it again where nobody answers. */
  readonly #sent = new Map<string, string>()
  again(id: string, node: string): void {
    const { world } = this.o
    const body = this.#sent.get(id)
    if (body) world.at(world.nowUs + AGAIN_MS * 1_000, null, () => this.submit(node, body))
  }
  /** A command by one who may; its id. */
  command(
    node: string,
    target: string,
    name: string,
    params: Record<string, string | number> = {},
    expiresMs = 30_000,
  ) {
    const id = `command-${String(++this.#commands).padStart(4, '0')}`
    const body = this.sealed('operator', id, target, name, params, this.o.world.nowMs, expiresMs)
    this.#sent.set(id, body)
    this.submit(node, body)
    return id
  }
  sealed(
    by: string,
    id: string,
    target: string,
    name: string,
    params: Record<string, string | number>,
    issuedMs: number,
    expiresMs: number,
  ): string {
    const { tenant, site } = this.signed.manifest
    const fact = {
      v: 1 as const,
      kind: 'CommandRequested' as const,
      tenant,
      site,
      by,
      id: commandId(id),
      target,
      name,
      params,
      issuedAtMs: this.o.world.epochMs + issuedMs,
      expiresMs,
    }
    return sealFact(fact, this.o.keys.signer(by))
  }

  async #node(name: string, ports: Ports, life: Incarnation): Promise<void> {
    const { world, keys, topics, prefix } = this.o
    const engine = this.engines.get(name) ?? this.engine
    const openLogs = () => {
      const logs = Object.fromEntries(TOPICS.map(topic => [topic, logOf(life, topics[topic])])) as unknown as Logs
      return Promise.resolve(name === this.o.traitor ? betray.logs(world, life, logs, keys.signer(name)) : logs)
    }
    const own = name === this.o.traitor ? betray.ports(world, life, ports, keys.signer(name)) : ports
    const tree = new NodeTree({
      name,
      ports: own,
      signer: keys.signer(name),
      verifier: keys.verifier,
      engine: world.strikes('otherEngine', prefix + name) ? { ...engine, hash: otherHash(engine.hash) } : engine,
      manifest: this.signed,
      openLogs,
      uplink: `${prefix}${name}:uplink`,
      lockstep: false,
      appended: () => {},
      ...(this.o.trial && { snapshotEvery: SNAPSHOT_EVERY }),
    })
    this.#trees.set(name, { life, tree })
    await tree.start()
  }

  async #runGateway(ports: Ports, life: Incarnation): Promise<void> {
    const { keys, prefix, file } = this.o
    const units = new Map((file.plant as PlantOptions).assets.map(a => [a.name, a.unit]))
    const devices = Object.entries(file.assets).map(([name, { field }]) => {
      const plant = field.address.replace(/^plant:\/\//, '')
      return [name, `plant:502/${units.get(plant)}`] as const
    })
    const tree = await openGateway({
      ports,
      signer: keys.signer('gateway'),
      verifier: keys.verifier,
      manifest: this.signed,
      nodes: Object.fromEntries(NODES.map(name => [name, `${prefix}${name}:uplink`])),
      devices: Object.fromEntries(devices),
      connect: this.field.wireOf(life),
      boot: 'boot',
      ...(this.o.trial && { bounds: BOUNDS }),
    })
    this.#gatewayTree = { life, tree }
    await tree.start()
  }
}

const otherHash = (hash: Engine['hash']): Engine['hash'] => [...hash].reverse().join('') as Engine['hash']
