/**
 * From records of the log to decisions: the one path that replicas, replay and projections share. Each record is
 * checked against the manifest in force at its position (S26), chained, and stepped; a record that fails the check
 * changes nothing, the same on everybody.
 */
import { provesEquivocation } from '../../protocol/codec/candidate.ts'
import { canonical, chained, GENESIS, sha256 } from '../../protocol/codec/canonical.ts'
import { authentic, parseFact } from '../../protocol/codec/fact.ts'
import { checkManifest, manifestHash } from '../../protocol/codec/manifest.ts'
import type { Verifier } from '../../protocol/codec/sign.ts'
import type { Candidate } from '../../protocol/words/candidate.ts'
import { type ErrorCode, Refusal } from '../../protocol/words/errors.ts'
import type { Fact, FactOf } from '../../protocol/words/facts.ts'
import type { Digest } from '../../protocol/words/ids.ts'
import type { Manifest, SignedManifest } from '../../protocol/words/manifest.ts'
import { freezeActor } from '../kit/freeze.ts'
import type { ActorState, Output } from '../kit/host.ts'
import { type Definitions, type Site, siteOf } from './site.ts'
import {
  adoptSite,
  type FrozenSite,
  freezeSite,
  migrateSite,
  type SiteState,
  startSite,
  thawSite,
  type Versions,
  versionsOf,
} from './state.ts'
import { step } from './step.ts'
import type { Moved } from './work.ts'

export interface FoldOptions {
  readonly tenant: string
  readonly site: string
  readonly definitions: Definitions
  readonly engine: Digest
  readonly verifier: Verifier
  /** Records that an administrator has had passed: chained as any other, and not stepped (`skips.ts`). */
  readonly passed?: ReadonlySet<number>
}
export type Taken =
  | {
      readonly kind: 'stepped'
      readonly fact: Fact
      readonly candidate: Candidate | null
      readonly outputs: readonly Output[]
      readonly moved: readonly Moved[]
    }
  | { readonly kind: 'passed'; readonly fact: Fact }
  /** Not of this site: another one shares the partition. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly reason: string }

/** A fold as JSON: what a snapshot holds. */
export interface FrozenFold {
  readonly v: 2
  readonly engine: string
  readonly versions: Versions
  readonly position: number
  readonly chain: string
  readonly manifest: SignedManifest
  readonly pending: readonly SignedManifest[]
  /** Absent in what an older engine froze. */
  readonly former?: readonly SignedManifest[]
  /** What it has passed on its way. */
  readonly passed: readonly number[]
  readonly state: FrozenSite
}

/** Versions before the one in force that are kept: who has missed more of them is commissioned anew. */
const FORMER_KEPT = 8

export class SiteFold {
  readonly #o: FoldOptions
  #signed: SignedManifest | null = null
  /** Installed, and in force from a later cycle on; in the order of their versions (S33). */
  #pending: readonly SignedManifest[] = []
  /** Installed before the one in force: each names the one before it, so that who has missed some needs them all. */
  #former: readonly SignedManifest[] = []
  #manifestHash = GENESIS
  #site: Site | null = null
  #state: SiteState | null = null
  #chain: Digest = GENESIS
  #position = -1
  #passed: readonly number[] = []
  /** Of an actor or a record that has not changed since: what costs nothing to keep is not hashed again. */
  readonly #leaves = new WeakMap<object, string>()

  constructor(options: FoldOptions) {
    this.#o = options
  }
  static thaw(options: FoldOptions, frozen: FrozenFold): SiteFold {
    if (frozen.v !== 2) throw new Error(`a frozen fold of shape ${frozen.v}`)
    const fold = new SiteFold(options)
    fold.#enact(frozen.manifest)
    fold.#pending = frozen.pending
    fold.#former = frozen.former ?? []
    fold.#passed = frozen.passed
    const own = frozen.engine === options.engine
    fold.#state = thawSite(fold.#site!, own ? frozen.state : migrateSite(fold.#site!, frozen.state, frozen.versions))
    fold.#chain = frozen.chain as Digest
    fold.#position = frozen.position
    return fold
  }

  get manifest(): Manifest | null {
    return this.#signed?.manifest ?? null
  }
  /** The manifest in force, with its signatures. */
  get signed(): SignedManifest | null {
    return this.#signed
  }
  /** Installed, and not yet in force. */
  get pending(): readonly SignedManifest[] {
    return this.#pending
  }
  /** All that are known, in the order of their versions. */
  get installed(): readonly SignedManifest[] {
    return this.#signed ? [...this.#former, this.#signed, ...this.#pending] : []
  }
  /** The newest that was installed, in force or not yet. */
  get latest(): Manifest | null {
    return this.#pending.at(-1)?.manifest ?? this.manifest
  }
  get passed(): readonly number[] {
    return this.#passed
  }
  get manifestHash(): Digest {
    return this.#manifestHash
  }
  get site(): Site | null {
    return this.#site
  }
  get state(): SiteState | null {
    return this.#state
  }
  get chain(): Digest {
    return this.#chain
  }
  /** The last record taken. */
  get position(): number {
    return this.#position
  }

  take(position: number, body: string, trusted = false): Taken {
    this.#position = position
    const passes = this.#o.passed?.has(position) ?? false
    if (passes) this.#passed = [...this.#passed, position]
    const parsed = parseFact(body)
    if (parsed.kind === 'refused') return parsed
    const { fact } = parsed
    const { tenant, site } = this.#o
    if (fact.tenant !== tenant || ('site' in fact && fact.site !== site)) return { kind: 'foreign' }
    if (fact.kind === 'ManifestInstalled') return this.#install(position, body, fact)
    const manifest = this.manifest
    if (!manifest || !this.#site || !this.#state)
      return { kind: 'refused', code: 'UNKNOWN_KEY', reason: 'before the first manifest' }
    if (!trusted) {
      const opened = authentic(parsed, manifest, this.#o.verifier) // S26
      if (opened.kind === 'refused') return opened
    }
    if (passes) {
      this.#chain = chained(this.#chain, body)
      this.#state = { ...this.#state, position }
      return { kind: 'passed', fact }
    }
    if (fact.kind === 'EquivocationProven' && !provesEquivocation(fact, tenant, site, this.#o.verifier))
      return { kind: 'refused', code: 'BAD_SIGNATURE', reason: `no proof against '${fact.key}'` }
    if (fact.kind === 'FrameMeasured') {
      const wrong = this.#wrongUnit(fact)
      if (wrong) return { kind: 'refused', code: 'WRONG_UNIT', reason: wrong }
      this.#enactPending(fact.epoch, fact.cycle)
    }
    this.#chain = chained(this.#chain, body)
    const stepped = step(this.#site, this.#state, fact, position)
    this.#state = stepped.state
    const candidate = stepped.actions === null ? null : this.#candidate(position, stepped.actions)
    return { kind: 'stepped', fact, candidate, outputs: stepped.outputs, moved: stepped.moved }
  }

  /** A Merkle root over the actors' states: depends on state alone; an unequal leaf names what diverged (S16, S17). */
  stateHash(): Digest {
    const { state } = this
    if (!state) return GENESIS
    const { mode, assets, commands, alarms, position: _, ...rest } = state
    const site = sha256(canonical(rest))
    const [commandsRoot, alarmsRoot] = [
      this.#root(commands),
      sha256(alarms.map(bucket => this.#root(bucket)).join('\n')),
    ]
    const own = [`mode:${this.#leaf(mode)}`, `commands:${commandsRoot}`, `alarms:${alarmsRoot}`, `site:${site}`]
    return sha256([...own, this.#branch(assets, actor => this.#leaf(actor)), this.#chain].join('\n'))
  }
  #root(records: Readonly<Record<string, object>>): string {
    return this.#once(records, () => sha256(this.#branch(records, r => this.#once(r, () => sha256(canonical(r))))))
  }
  #branch<T>(all: Readonly<Record<string, T>>, leaf: (one: T) => string): string {
    const names = Object.keys(all).sort()
    return names.map(name => `${name}:${leaf(all[name]!)}`).join('\n')
  }
  /** Leaf hashes by actor, to name a divergence. */
  leaves(): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.state?.assets ?? {}).map(([name, actor]) => [name, this.#leaf(actor)]),
    )
  }
  freeze(): FrozenFold | null {
    if (!this.#signed || !this.#state) return null
    return {
      v: 2,
      engine: this.#o.engine,
      versions: versionsOf(this.#site!),
      position: this.#position,
      chain: this.#chain,
      manifest: this.#signed,
      pending: this.#pending,
      former: this.#former,
      passed: this.#passed,
      state: freezeSite(this.#state),
    }
  }

  #leaf(actor: ActorState): string {
    return this.#once(actor, () => sha256(canonical(freezeActor(actor))))
  }
  #once(whole: object, hash: () => string): string {
    const there = this.#leaves.get(whole)
    if (there !== undefined) return there
    const leaf = hash()
    this.#leaves.set(whole, leaf)
    return leaf
  }

  #install(position: number, body: string, fact: FactOf<'ManifestInstalled'>): Taken {
    const verdict = checkManifest(fact.manifest, this.latest, this.#o.verifier)
    if (verdict.kind === 'refused') return verdict
    const next = fact.manifest
    const { tenant, site } = this.#o
    if (next.manifest.tenant !== tenant || next.manifest.site !== site)
      return { kind: 'refused', code: 'WRONG_SITE', reason: `${next.manifest.tenant}/${next.manifest.site}` }
    try {
      siteOf(next.manifest, this.#o.definitions)
    } catch (error) {
      if (error instanceof Refusal) return { kind: 'refused', code: error.code, reason: error.detail }
      return { kind: 'refused', code: 'SITE_FILE', reason: String(error) }
    }
    this.#chain = chained(this.#chain, body)
    if (next.manifest.fromCycle === null || !this.#state) {
      this.#enact(next, this.#pending)
      this.#pending = [] // what waited is of an older version
    } else this.#pending = [...this.#pending, next]
    this.#state = { ...this.#state!, position }
    return { kind: 'stepped', fact, candidate: null, outputs: [], moved: [] }
  }
  /** By a frame that is new only: an old one of a higher cycle, sent again, brings nothing into force. */
  #enactPending(epoch: number, cycle: number): void {
    const { state } = this
    if (!state || epoch < state.epoch || (epoch === state.epoch && cycle <= state.cycle)) return
    for (const waiting of this.#pending) {
      if (cycle < waiting.manifest.fromCycle!) return
      this.#pending = this.#pending.slice(1)
      this.#enact(waiting)
    }
  }
  #enact(signed: SignedManifest, skipped: readonly SignedManifest[] = []): void {
    const before = this.manifest
    if (this.#signed) this.#former = [...this.#former, this.#signed, ...skipped].slice(-FORMER_KEPT)
    this.#signed = signed
    this.#manifestHash = manifestHash(signed.manifest)
    this.#site = siteOf(signed.manifest, this.#o.definitions)
    this.#state = this.#state && before ? adoptSite(this.#site, this.#state, before) : startSite(this.#site)
  }

  #candidate(position: number, actions: Candidate['actions']): Candidate {
    const { tenant, site, timing } = this.manifest!
    return {
      v: 1,
      tenant,
      site,
      epoch: this.#state!.epoch,
      cycle: this.#state!.cycle,
      manifest: this.#manifestHash,
      engine: this.#o.engine,
      position,
      chain: this.#chain,
      actions,
      validityMs: timing.validityMs,
    }
  }

  /** A point that carries another unit than its asset declares never enters a step. */
  #wrongUnit(frame: FactOf<'FrameMeasured'>): string | null {
    for (const name in frame.assets) {
      const declared = this.#site!.byName.get(name)?.asset.spec.points
      if (!declared) continue
      const { points } = frame.assets[name]!
      for (const point in points) {
        const unit = unitOf(declared[point])
        const said = points[point]!.unit
        if (unit !== undefined && said !== undefined && said !== unit)
          return `${name}.${point} says ${said}, ${unit} is declared`
      }
    }
    return null
  }
}

function unitOf(declared: unknown): string | undefined {
  if (typeof declared === 'string') return declared
  const unit = (declared as { unit?: unknown } | undefined)?.unit
  return typeof unit === 'string' ? unit : undefined
}
