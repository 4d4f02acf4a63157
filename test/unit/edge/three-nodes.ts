/** A whole gateway and three nodes over links and a log in memory; one of the nodes may lie. */
import { SiteFold } from '../../../actors/controller/fold.ts'
import { Field } from '../../../edge/field.ts'
import { Gateway } from '../../../edge/gateway.ts'
import { type Outboxes, openOutboxes } from '../../../edge/outboxes.ts'
import { Uplinks } from '../../../edge/uplinks.ts'
import { signCandidate } from '../../../protocol/codec/candidate.ts'
import { sealFact } from '../../../protocol/codec/fact.ts'
import { UplinkServer } from '../../../protocol/ingress/uplink.ts'
import type { EventLog } from '../../../protocol/log/event-log.ts'
import { openMemoryLog } from '../../../protocol/log/memory.ts'
import type { FieldDriver } from '../../../protocol/ports.ts'
import type { Candidate } from '../../../protocol/words/candidate.ts'
import type { Fact, FactOf } from '../../../protocol/words/facts.ts'
import {
  byAdministrator,
  FoldBench,
  installed,
  manifestOf,
  NODES,
  signerOf,
  verifier,
} from '../controller/household.ts'
import { type World, worldOf } from './world.ts'

const signed = byAdministrator(manifestOf())
const { manifest } = signed

/** Acknowledges everything and appends nothing. */
const swallowing = (log: EventLog): EventLog =>
  Object.assign(Object.create(log) as EventLog, { append: async (records: readonly unknown[]) => records.map(() => 0) })

class Node {
  readonly fold = new SiteFold(FoldBench.options)
  readonly server: UplinkServer
  /** It signs two candidates for each cycle. */
  lies = false
  last: Candidate | null = null
  constructor(world: World, name: string, facts: EventLog, history: EventLog) {
    this.server = new UplinkServer({
      ports: world,
      address: name,
      signer: signerOf(name),
      verifier,
      manifest: () => signed,
      lineage: () => this.fold.lineage,
      durable: () => this.fold.state?.durable ?? 0,
      facts,
      history,
      decisions: openMemoryLog({ topic: 'decisions' }),
    })
  }
  read(name: string, log: EventLog): void {
    log.follow(manifest.partition, 0, {
      batch: async records => {
        for (const { position, body } of records) {
          const before = this.fold.state?.durable
          const taken = this.fold.take(position, body)
          if (this.fold.state?.durable !== before) this.server.seen()
          if (taken.kind === 'stepped' && taken.fact.kind === 'ManifestInstalled')
            this.server.manifest(taken.fact.manifest)
          if (taken.kind !== 'stepped' || !taken.candidate) continue
          this.last = taken.candidate
          this.server.candidate(signCandidate(taken.candidate, signerOf(name)))
          if (this.lies) this.server.candidate(signCandidate({ ...taken.candidate, validityMs: 1 }, signerOf(name)))
        }
      },
      failed: error => {
        throw error
      },
    })
  }
}

export class ThreeNodes {
  readonly world = worldOf()
  readonly facts = openMemoryLog({ topic: 'facts' })
  readonly nodes: Record<string, Node> = {}
  /** By asset; one without has no points. */
  readonly drivers: Record<string, FieldDriver> = {}
  gateway!: Gateway
  /** Versions of the manifests that it has kept, and of those under which it would be built anew. */
  readonly kept: number[] = []
  /** A manifest is durable once this has resolved. */
  syncs: Promise<void> = Promise.resolve()
  readonly anew: number[] = []
  failed: unknown = null
  #uplinks!: Uplinks
  #outboxes!: Outboxes

  private constructor() {}
  /** `liar` takes what the gateway sends, acknowledges it, and appends nothing. */
  static async open(liar?: string): Promise<ThreeNodes> {
    const three = new ThreeNodes()
    const { world, facts } = three
    const history = openMemoryLog({ topic: 'history' })
    await three.append(installed(signed))
    for (const name of NODES) {
      const node = new Node(world, name, name === liar ? swallowing(facts) : facts, history)
      three.nodes[name] = node
      await node.server.start()
      node.read(name, facts)
    }
    await three.start()
    return three
  }
  async append(fact: Fact): Promise<void> {
    await this.facts.append([{ partition: manifest.partition, body: sealFact(fact, signerOf(fact.by)) }])
  }
  /** A life of the gateway, on what the last one left on the disk. */
  async start(): Promise<void> {
    const { world } = this
    const signer = signerOf('gateway')
    const fail = (error: unknown) => {
      this.failed = error
    }
    const addresses = Object.fromEntries(NODES.map(name => [name, name]))
    this.#uplinks = new Uplinks(world, addresses, signer, verifier, () => manifest)
    this.#uplinks.start()
    this.#outboxes = await openOutboxes(world, signer, manifest, this.#uplinks, fail)
    this.gateway = await Gateway.open({
      ports: world,
      signer,
      verifier,
      manifest,
      uplinks: this.#uplinks,
      ...this.#outboxes,
      field: new Field(world.clock, this.drivers, () => manifest.assets),
      boot: 'boot',
      fail,
      keep: async ({ manifest }) => {
        await this.syncs
        this.kept.push(manifest.version)
      },
      anew: ({ manifest }) => void this.anew.push(manifest.version),
    })
    await world.clock.pass(10)
    this.gateway.start()
  }
  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }
  async stop(): Promise<void> {
    this.gateway.stop()
    this.#outboxes.durable.stop()
    this.#outboxes.history.stop()
    this.#uplinks.stop()
    this.world.disk.crash()
    await this.world.clock.pass(100)
  }
  /** Every frame that a replica has taken. */
  async measured(): Promise<FactOf<'FrameMeasured'>[]> {
    const records = await this.facts.read(manifest.partition, 0, 10_000)
    const facts = records.map(r => JSON.parse(r.body.slice(r.body.indexOf(' ') + 1)) as Fact)
    return facts.filter(f => f.kind === 'FrameMeasured')
  }
  /** Their epochs and cycles, each once. */
  async frames(): Promise<[number, number][]> {
    const all = (await this.measured()).map(f => `${f.epoch} ${f.cycle}`)
    return [...new Set(all)].map(text => text.split(' ').map(Number) as [number, number])
  }
  get durable(): number[] {
    return NODES.map(name => this.nodes[name]!.fold.state!.durable)
  }
}
