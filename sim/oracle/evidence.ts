/**
 * What the oracle knows of a site, and from whom: the plant's own record, the log, what became durable in the gateway's
 * journals, which processes lived when, and candidates as they crossed the wire. Never what a component says of itself.
 */
import type { Verdict } from '../../edge/verdict.ts'
import { sha256 } from '../../protocol/codec/canonical.ts'
import { parseFact } from '../../protocol/codec/fact.ts'
import { parseJournal } from '../../protocol/journal.ts'
import type { Candidate } from '../../protocol/words/candidate.ts'
import type { Fact, FactKind, FactOf } from '../../protocol/words/facts.ts'
import type { Manifest } from '../../protocol/words/manifest.ts'
import { NODES } from '../../supervisors/site/who.ts'
import type { SimSite } from '../platform/site.ts'
import type { Kept } from '../world/log.ts'
import type { World } from '../world/world.ts'
import { WatchedOutbox } from './outbox.ts'
import { type Begun, ownPosition } from './snapshots.ts'
import { type Shown, shown } from './views.ts'

export interface Logged<F extends Fact = Fact> {
  readonly position: number
  readonly atMs: number
  /** The process that appended it. */
  readonly by: string
  readonly fact: F
  readonly body: string
}
/** A candidate as a node signed it and the wire carried it. */
export interface Signed {
  readonly by: string
  readonly atMs: number
  readonly bytes: string
  readonly signature: string
  readonly digest: string
  readonly candidate: Candidate
  readonly stateHash: string | undefined
}
export interface NotedVerdict {
  readonly atMs: number
  readonly verdict: Verdict
}
export interface NotedPulse {
  readonly atMs: number
  readonly id: string
  readonly asset: string
  readonly name: string
}
export interface NotedEnd {
  readonly atMs: number
  readonly id: string
}
export interface Life {
  readonly process: string
  readonly fromMs: number
  toMs: number
}

export class Evidence {
  readonly site: SimSite
  readonly world: World
  /** Signatures by which a candidate is found. */
  readonly candidates = new Map<string, Signed>()
  readonly #byDigest = new Map<string, Signed>()
  readonly verdicts: NotedVerdict[] = []
  readonly pulses: NotedPulse[] = []
  /** Commands that the gateway took up, and what of them and of pulses ended, as became durable. */
  readonly commands: NotedEnd[] = []
  readonly ends: NotedEnd[] = []
  readonly lives: Life[] = []
  readonly begun: Begun[] = []
  /** What the databases held as the process that writes them ended, and at the end. */
  readonly shown: Shown[] = []
  /** What the gateway keeps for the log until it is there. */
  readonly outboxes = { durable: new WatchedOutbox(), history: new WatchedOutbox() } as const
  /** When the gateway first sent the frame of each cycle. */
  readonly framesSent = new Map<number, number>()
  /** Which nodes were given the frame of a cycle to control by. */
  readonly framesGiven = new Map<number, Set<string>>()
  /** Acknowledged to the gateway: bodies of frames by the node that said so. */
  readonly acknowledged: {
    readonly node: string
    readonly atMs: number
    readonly cycle: number
  }[] = []
  readonly #texts = new Set<string>()
  readonly #once = new Map<string, unknown>()
  #facts: readonly Logged[] | null = null
  #authentic: readonly Logged[] | null = null

  constructor(site: SimSite) {
    this.site = site
    this.world = site.o.world
    site.gateway.file('notebook').watched.add((bytes, replaced) => this.#noted(bytes, replaced))
    const { topics, partition, prefix } = site.o
    topics.facts.followed.add(({ process }, followed, from) => {
      const ours = followed === partition && NODES.some(node => process.name === prefix + node)
      if (!ours) return
      this.begun.push({ node: process.name, atMs: this.world.nowMs, after: from - 1, own: ownPosition(process) })
    })
    for (const [stream, outbox] of Object.entries(this.outboxes))
      site.gateway
        .file(`outbox-${stream}`)
        .watched.add((bytes, replaced) => outbox.noted(bytes, replaced, this.world.nowMs))
  }

  get manifest(): Manifest {
    return this.site.signed.manifest
  }
  get writes() {
    return this.site.field.writes
  }

  #noted(bytes: Uint8Array, compacted: boolean): void {
    const atMs = this.world.nowMs
    const { records } = parseJournal(bytes)
    // a compaction spells out a beginning for each pulse whose end it keeps, also for one that ended before it began
    const ended = new Set(
      compacted ? records.map(text => JSON.parse(text)).flatMap(n => (n.k === 'pulsed' ? [n.id] : [])) : [],
    )
    for (const text of records) {
      if (this.#texts.has(text)) continue // a compaction writes again what stood there
      this.#texts.add(text)
      const note = JSON.parse(text)
      if (note.k === 'verdict') this.verdicts.push({ atMs, verdict: note.verdict })
      else if (note.k === 'pulse' && !ended.has(note.id))
        this.pulses.push({ atMs, id: note.id, asset: note.asset, name: note.name })
      else if (note.k === 'command') this.commands.push({ atMs, id: note.id })
      else if (note.k === 'commandEnded' || note.k === 'pulsed') this.ends.push({ atMs, id: note.id })
    }
  }
  /** A message on a wire of this site. */
  sent(from: string, to: string, text: string): void {
    const { prefix } = this.site.o
    const atMs = this.world.nowMs
    if (text.startsWith('{"t":"candidate"')) {
      const { candidate: sent } = JSON.parse(text)
      if (this.candidates.has(sent.signature)) return
      const { by, bytes, signature, stateHash } = sent
      if (from !== prefix + by) return // in another's name
      const digest = sha256(bytes)
      const signed = { by, atMs, bytes, signature, stateHash, digest, candidate: JSON.parse(bytes) }
      this.candidates.set(signature, signed)
      if (!this.#byDigest.has(digest)) this.#byDigest.set(digest, signed)
    } else if (from === `${prefix}gateway` && text.startsWith('{"t":"frame"')) {
      const { cycle } = JSON.parse(text)
      if (!this.framesSent.has(cycle)) this.framesSent.set(cycle, atMs)
      const given = this.framesGiven.get(cycle) ?? new Set()
      this.framesGiven.set(cycle, given.add(to))
    } else if (to === `${prefix}gateway` && text.startsWith('{"t":"ack","stream":"frame"')) {
      this.acknowledged.push({ node: from, atMs, cycle: JSON.parse(text).cycle })
    }
  }
  /** The process of the views has no part in control: its lives count apart. */
  lived(process: string, fromMs: number, toMs: number): void {
    const { views } = this.site
    if (process === views?.process.name) this.shown.push(shown(views, toMs))
    else this.lives.push({ process, fromMs, toMs })
  }

  /** Facts of this site in log order, as they parse; those that no one could have meant are left out. */
  get facts(): readonly Logged[] {
    this.#facts ??= this.#read(this.site.o.topics.facts.kept)
    return this.#facts
  }
  /** What of this site came too late to control by. */
  get history(): readonly Logged[] {
    return this.once('history', () => this.#read(this.site.o.topics.history.kept))
  }
  #read(kept: readonly Kept[]): Logged[] {
    const { tenant, site, partition } = this.manifest
    return kept.flatMap(({ partition: at, position, body, by, atUs }) => {
      if (at !== partition) return []
      const parsed = parseFact(body)
      if (parsed.kind === 'refused') return []
      const { fact } = parsed
      if (fact.tenant !== tenant || ('site' in fact && fact.site !== site)) return []
      return [{ position, atMs: Math.floor(atUs / 1_000), by, fact, body }]
    })
  }
  /** Worked out once, however many checks ask for it; only after the run. */
  once<T>(what: string, make: () => T): T {
    if (!this.#once.has(what)) this.#once.set(what, make())
    return this.#once.get(what) as T
  }
  /** Those that nobody forged. */
  get authentic(): readonly Logged[] {
    this.#authentic ??= this.facts.filter(f => !this.site.forged.has(f.body))
    return this.#authentic
  }
  of<K extends FactKind>(kind: K): readonly Logged<FactOf<K>>[] {
    return this.authentic.filter(f => f.fact.kind === kind) as unknown as Logged<FactOf<K>>[]
  }
  /** The candidate behind a digest, from whoever signed it. */
  behind(digest: string): Signed | undefined {
    return this.#byDigest.get(digest)
  }
}
