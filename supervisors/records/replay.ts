/**
 * Folds the log anew and holds every candidate, byte for byte, against what the replicas recorded. Candidates come
 * from the fold alone; a recorded one is only ever compared.
 *
 * P1  Signatures are left unchecked up to the last recorded position, because the chain in each recorded candidate
 *     proves which facts were taken: if that pass finds any difference, all is done again with every signature checked,
 *     and only that counts (S26).
 * P2  A candidate of another engine is counted by itself: its bytes name the other hash and cannot be equal. Whether
 *     they are equal but for that hash is told too, as a change of behaviour and not as a difference.
 */
import { type FoldOptions, type FrozenFold, SiteFold } from '../../actors/controller/fold.ts'
import { canonical } from '../../protocol/codec/canonical.ts'
import { type Decided, parseDecided } from '../../protocol/codec/decided.ts'
import type { EventLog } from '../../protocol/log/event-log.ts'
import type { Candidate } from '../../protocol/words/candidate.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { type Difference, firstDifference } from './json-path.ts'
import type { Progress } from './progress.ts'
import { RecordedDecisions } from './recorded.ts'
import { type Range, sweep } from './sweep.ts'

/** Own candidates kept for recorded ones that lag: a node holds back at most 1,000 decisions, of which it may drop the oldest. */
const KEPT = 10_000
/** Newest decisions that are looked at for the last recorded position. */
const TAIL = 256

/** What a node kept of its own fold. */
export interface KeptSnapshot {
  readonly node: string
  readonly hash: string
  /** The topic's id: a position means nothing in another log. */
  readonly log: string
  readonly fold: FrozenFold
}
export interface ReplayOptions {
  readonly facts: EventLog
  readonly decisions: EventLog | null
  readonly partition: number
  readonly to?: number
  readonly fold: FoldOptions
  readonly snapshots: readonly KeptSnapshot[]
  readonly progress: (pass: string) => Progress
}
interface FoundDifference extends Difference {
  readonly position: number
  readonly by: string
  readonly cycle: number | null
}
export interface Replayed {
  readonly facts: number
  readonly refused: number
  /** Candidates that the fold made. */
  readonly computed: number
  /** Recorded ones that were compared. */
  readonly candidates: number
  readonly different: number
  readonly otherEngine: number
  /** Of these, the ones that this engine would have decided otherwise. */
  readonly otherEngineChanged: number
  readonly unreadable: number
  readonly firstDifference: FoundDifference | null
  readonly replicas: Readonly<Record<string, ReplicaEnd>>
  /** From this position on, signatures were checked. */
  readonly verifiedFrom: number
  readonly perSecond: number
}
interface ReplicaEnd {
  readonly position: number
  readonly stateHash: string
  /** What the node itself had kept, where it was met on the way. */
  readonly snapshot?: { readonly position: number; readonly stateHash: string; readonly equal: boolean }
}

export async function replay(o: ReplayOptions): Promise<Replayed> {
  const proven = await lastRecorded(o)
  if (proven < 0) return pass(o, 0, 'replay')
  const quick = await pass(o, proven + 1, 'replay')
  return quick.different === 0 && quick.otherEngineChanged === 0 ? quick : pass(o, 0, 'replay with signatures') // P1
}

/** The last position that a recorded candidate or a snapshot speaks of. */
async function lastRecorded({ decisions, partition, snapshots, to }: ReplayOptions): Promise<number> {
  const positions = snapshots.map(s => s.fold.position)
  if (decisions) {
    const { earliest, next } = await decisions.ends(partition)
    for await (const records of sweep(decisions, partition, { from: Math.max(earliest, next - TAIL) }))
      for (const { body } of records) positions.push(parseDecided(body)?.position ?? -1)
  }
  return Math.max(-1, ...positions.filter(p => to === undefined || p <= to))
}

async function pass(o: ReplayOptions, verifiedFrom: number, name: string): Promise<Replayed> {
  const range: Range = o.to === undefined ? {} : { to: o.to }
  const recorded = new RecordedDecisions(o.decisions ? sweep(o.decisions, o.partition) : nothing())
  const fold = new SiteFold(o.fold)
  const comparison = new Comparison(o, fold)
  const progress = o.progress(name)
  let facts = 0
  let refused = 0
  for await (const records of sweep(o.facts, o.partition, range)) {
    for (const { position, body } of records) {
      const taken = fold.take(position, body, position < verifiedFrom)
      if (taken.kind === 'stepped') {
        facts++
        if (taken.candidate) comparison.computed(taken.candidate)
      } else if (taken.kind === 'refused') refused++
      comparison.passed(position)
    }
    progress.advance(records.length)
    for (const decided of await recorded.upTo(records.at(-1)!.position)) comparison.recorded(decided)
  }
  await recorded.close()
  const { site, state } = fold
  if (!site || !state)
    throw new Refusal('NOT_FOUND', `the log holds no manifest of ${o.fold.tenant}/${o.fold.site} up to here`)
  return {
    facts,
    refused,
    ...comparison.totals,
    unreadable: recorded.unreadable,
    firstDifference: comparison.first,
    replicas: comparison.ends(site.manifest.replicas),
    verifiedFrom,
    perSecond: progress.perSecond,
  }
}

async function* nothing(): AsyncGenerator<never> {}

class Comparison {
  readonly #fold: SiteFold
  readonly #options: FoldOptions
  readonly #kept = new Map<number, string>()
  readonly #snapshots: readonly KeptSnapshot[]
  readonly #met = new Map<string, NonNullable<ReplicaEnd['snapshot']>>()
  readonly totals = { computed: 0, candidates: 0, different: 0, otherEngine: 0, otherEngineChanged: 0 }
  first: FoundDifference | null = null

  constructor({ fold: options, snapshots }: ReplayOptions, fold: SiteFold) {
    this.#fold = fold
    this.#options = options
    this.#snapshots = snapshots.filter(s => s.fold.engine === options.engine)
  }

  computed(candidate: Candidate): void {
    this.totals.computed++
    this.#kept.set(candidate.position, canonical(candidate))
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!)
  }

  recorded(decided: Decided): void {
    if (decided.site !== this.#options.site) return
    const mine = this.#kept.get(decided.position)
    this.totals.candidates++
    if (mine === decided.bytes) return
    const theirs = readable(decided.bytes)
    if (theirs?.engine !== undefined && theirs.engine !== this.#options.engine) {
      this.totals.otherEngine++ // P2
      const asTheirs = mine === undefined ? null : { ...readable(mine), engine: theirs.engine }
      if (asTheirs === null || canonical(asTheirs) !== decided.bytes) this.totals.otherEngineChanged++
      return
    }
    const found = firstDifference(theirs, mine === undefined ? undefined : JSON.parse(mine))
    // equal as JSON and unequal as bytes: what was signed is not canonical
    const difference = found ?? { path: '', recorded: decided.bytes, computed: mine }
    this.#different({ position: decided.position, by: decided.by, cycle: theirs?.cycle ?? null, ...difference })
  }

  /** A node's own snapshot is met at its position: the states must have one hash (S17); an unequal leaf is named. */
  passed(position: number): void {
    for (const { node, hash, fold: frozen } of this.#snapshots) {
      if (frozen.position !== position) continue
      const stateHash = this.#fold.stateHash()
      this.#met.set(node, { position, stateHash: hash, equal: stateHash === hash })
      if (stateHash === hash) continue
      const mine = this.#fold.leaves()
      const theirs = SiteFold.thaw(this.#options, frozen).leaves()
      const leaf = firstDifference(theirs, mine)
      const path = leaf ? `snapshot.state.assets.${leaf.path}` : 'snapshot.hash'
      const cycle = this.#fold.state?.cycle ?? null
      this.#different({ position, by: node, cycle, path, recorded: hash, computed: stateHash })
    }
  }

  ends(replicas: readonly string[]): Record<string, ReplicaEnd> {
    const { position } = this.#fold
    const stateHash = this.#fold.stateHash()
    return Object.fromEntries(
      replicas.map(node => {
        const snapshot = this.#met.get(node)
        return [node.replace(/^node-/, ''), { position, stateHash, ...(snapshot && { snapshot }) }]
      }),
    )
  }

  #different(found: FoundDifference): void {
    this.totals.different++
    if (!this.first || found.position < this.first.position) this.first = found
  }
}

function readable(bytes: string): Candidate | null {
  try {
    return JSON.parse(bytes) as Candidate
  } catch {
    return null
  }
}
