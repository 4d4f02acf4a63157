/**
 * Brings votes, the voter's chart and the assets' channels together, and says what follows to the executor. The
 * charts decide; this file carries their words.
 */
import { LiveMachine } from '../actors/kit/machine.ts'
import { type OpenedCandidate, openCandidate } from '../protocol/codec/candidate.ts'
import { manifestHash } from '../protocol/codec/manifest.ts'
import type { Verifier } from '../protocol/codec/sign.ts'
import type { Ports } from '../protocol/ports.ts'
import type { SignedCandidate } from '../protocol/words/candidate.ts'
import type { ChannelState, Equivocation, Slots } from '../protocol/words/facts.ts'
import { type Manifest, majorityOf } from '../protocol/words/manifest.ts'
import type { SeenChart } from '../protocol/words/observed.ts'
import { type ChannelContext, type ChannelEffect, type ChannelEvent, channelMachine } from './channel.ts'
import type { Condition, Recovered } from './notebook.ts'
import type { Reports } from './reports.ts'
import { counted } from './slots.ts'
import type { Values } from './target.ts'
import type { Verdict } from './verdict.ts'
import {
  SILENT_AFTER,
  type VoterContext,
  type VoterEffect,
  type VoterEvent,
  type VoterRules,
  voterMachine,
} from './voter.ts'

export interface GovernorOwner {
  apply(verdict: Verdict): void
  lapse(): void
  /** The next frame is there, and the one of this cycle has no quorum. */
  undecided(cycle: number): void
  readonly alarm: Reports['alarm']
  equivocation(proof: Equivocation): void
}
type Channel = LiveMachine<ChannelContext, ChannelEvent, ChannelEffect>

/** Late votes are compared for this many cycles more than a verdict can be valid. */
const LATE_CYCLES = 3

/** Raised anew where they still hold: a life begins with no local law, no effect awaited, no word of a device's switch. */
const OF_ONE_LIFE = ['localLawActive', 'deviceInLocal', 'effectMissing']

export function rulesOf(m: Manifest): VoterRules {
  const { cycleMs, deadlineMs, validityMs } = m.timing
  return {
    replicas: m.replicas,
    quorum: majorityOf(m.replicas.length),
    deadlineMs,
    validityMs,
    single: m.single ? { forMs: m.single.forMs } : null,
    ballotsMs: validityMs + LATE_CYCLES * cycleMs,
  }
}

export class Governor {
  readonly #ports: Ports
  readonly #verifier: Verifier
  readonly #owner: GovernorOwner
  readonly #voter: LiveMachine<VoterContext, VoterEvent, VoterEffect>
  readonly #channels = new Map<string, Channel>()
  readonly #stateHashes = new Map<number, Map<string, string>>()
  /** Keys that were out when this life began. */
  readonly #out: readonly string[]
  #decidedLast = false
  #manifest: Manifest
  #manifestHash: string
  /** By the hash of a manifest that was in force: the last cycle that it may have been decided under. */
  #former: ReadonlyMap<string, number> = new Map()
  /** Candidates refused, by reason: for metrics. */
  readonly refused: Record<string, number> = {}

  constructor(
    ports: Ports,
    verifier: Verifier,
    manifest: Manifest,
    epoch: number,
    recovered: Recovered,
    owner: GovernorOwner,
  ) {
    this.#ports = ports
    this.#verifier = verifier
    this.#owner = owner
    this.#manifest = manifest
    this.#manifestHash = manifestHash(manifest)
    this.#out = stillOut(manifest, recovered.disqualified).map(({ key }) => key)
    const nowMs = ports.clock.monotonicMs()
    const standing = recovered.standing && nowMs < recovered.standing.validUntilMs ? recovered.standing : null
    for (const asset of manifest.assets) {
      const perform = (e: ChannelEffect) => this.#channelEffect(asset.name, e)
      const input = { fallbackMs: asset.fallback.forMs }
      const channel = new LiveMachine(channelMachine, ports.clock, perform, input)
      this.#channels.set(asset.name, channel)
      if (standing) channel.send({ type: 'verdict' })
    }
    this.#voter = new LiveMachine(voterMachine, ports.clock, e => this.#voterEffect(e), {
      rules: rulesOf(manifest),
      epoch,
      standing,
      startedAtMs: nowMs,
      slots: downtime(recovered, nowMs, manifest),
      disqualified: this.#out,
      ...rememberedFaults(recovered.raised),
    })
  }

  get slots(): Slots {
    return this.#voter.context.slots
  }
  get state(): string {
    return this.#voter.state
  }
  /** Since the cycle that the standing verdict is of; null: none stands. */
  get verdictAgeMs(): number | null {
    const { standing } = this.#voter.context
    return standing && this.#ports.clock.monotonicMs() - standing.emittedAtMs
  }
  /** Of the newest frame that a quorum has decided upon; null: of none that is remembered. */
  get position(): number | null {
    const ballot = this.#voter.context.ballots.findLast(b => b.decided !== null)
    return ballot?.votes.find(v => v.digest === ballot.decided!.digest)?.candidate.position ?? null
  }
  sight(): readonly SeenChart[] {
    const { applied, standing, inARow, quiet, disqualified } = this.#voter.context
    const source = standing?.source ?? null
    const voter = this.#voter.sight('voter', { applied, source, inARow, quiet, disqualified })
    const channels = [...this.#channels].map(([asset, channel]) =>
      channel.sight(`channel/${asset}`, { ...channel.context }),
    )
    return [voter, ...channels]
  }
  channelState(asset: string): ChannelState {
    return (this.#channels.get(asset)?.state ?? 'deviceDefault') as ChannelState
  }
  /** Who governs each asset's output now. */
  govern(): Record<string, 'verdict' | 'local' | 'none'> {
    const all: Record<string, 'verdict' | 'local' | 'none'> = {}
    for (const [name, c] of this.#channels) all[name] = c.has('verdict') ? 'verdict' : c.has('local') ? 'local' : 'none'
    return all
  }
  /** The last slot had its quorum, and a verdict governs: the next one is a matter of milliseconds. */
  get decidedLast(): boolean {
    return this.#decidedLast && this.#voter.in('majority')
  }
  /** Assets whose device watchdog is to be fed. */
  fed(): readonly string[] {
    return [...this.#channels].filter(([, c]) => c.has('feeds')).map(([name]) => name)
  }
  /** Which nodes have voted in a cycle. */
  voters(cycle: number): readonly string[] {
    return this.#voter.context.ballots.find(b => b.cycle === cycle)?.votes.map(v => v.by) ?? []
  }

  emitted(cycle: number): void {
    this.#voter.send({ type: 'emitted', cycle, atMs: this.#ports.clock.monotonicMs() })
  }
  slotEnded(cycle: number, fieldUp: boolean): void {
    this.#voter.send({ type: 'slotEnded', cycle, atMs: this.#ports.clock.monotonicMs(), fieldUp })
  }
  candidate(signed: SignedCandidate): void {
    const opened = this.#opened(signed)
    if (opened.kind === 'refused') {
      this.refused[opened.reason] = (this.refused[opened.reason] ?? 0) + 1 // S13
      return
    }
    const { by, digest, candidate } = opened
    this.#voter.send({ type: 'vote', vote: { by, digest, candidate, signed }, atMs: this.#ports.clock.monotonicMs() })
    // of a cycle that was asked, or one that signs what it likes would fill the memory
    const asked = this.voters(candidate.cycle).includes(by)
    if (signed.stateHash && asked) this.#compareState(candidate.cycle, by, signed.stateHash)
  }
  /**
   * A manifest that differs in people alone is in force from now on. What was asked before may have been decided under
   * the former one; no frame that is still to come can be, since the log has the manifest before it (S33).
   */
  enact(manifest: Manifest): void {
    const { ballots } = this.#voter.context
    const still = [...this.#former].filter(([, upTo]) => upTo >= (ballots[0]?.cycle ?? 0))
    this.#former = new Map([...still, [this.#manifestHash, ballots.at(-1)?.cycle ?? 0]])
    this.#manifest = manifest
    this.#manifestHash = manifestHash(manifest)
  }
  /** S13 */
  #opened(signed: SignedCandidate): OpenedCandidate {
    const opened = openCandidate(signed, this.#manifest, this.#manifestHash, this.#verifier)
    if (opened.kind === 'candidate' || opened.reason !== 'wrongManifest') return opened
    for (const [hash, upTo] of this.#former) {
      const former = openCandidate(signed, this.#manifest, hash, this.#verifier)
      if (former.kind === 'candidate' && former.candidate.cycle <= upTo) return former
    }
    return opened
  }
  /** What the devices say of themselves: local mode always wins (S36). */
  measured(values: Readonly<Record<string, Values>>): void {
    for (const [name, channel] of this.#channels) {
      const mode = values[name]?.mode
      if (mode !== undefined) channel.send({ type: mode === 'local' ? 'local' : 'remote' })
    }
  }
  doubt(asset: string, unknown: boolean): void {
    this.#channels.get(asset)?.send({ type: unknown ? 'unknown' : 'resolved' })
  }
  /** Has a condition that an earlier life raised ended with it, or with the manifest that named what it is about? */
  readonly isOver = ({ alarm, about, asset }: Condition): boolean => {
    const { assets, keys } = this.#manifest
    if (OF_ONE_LIFE.includes(alarm) || (alarm === 'equivocation' && !this.#out.includes(about!))) return true
    return (asset !== undefined && !assets.some(a => a.name === asset)) || (about !== undefined && !keys[about])
  }
  stop(): void {
    this.#voter.stop()
    for (const channel of this.#channels.values()) channel.stop()
  }

  #voterEffect(effect: VoterEffect): void {
    const { alarm } = this.#owner
    switch (effect.kind) {
      case 'apply': {
        const off = effect.verdict.actions.mode === 'off'
        for (const channel of this.#channels.values()) channel.send({ type: off ? 'off' : 'verdict' })
        const single = effect.verdict.source === 'single'
        alarm(
          'singleReplica',
          undefined,
          undefined,
          single ? 'raised' : 'returned',
          'one replica alone governs the site',
        )
        this.#owner.apply(effect.verdict)
        break
      }
      case 'lapse':
        for (const channel of this.#channels.values()) channel.send({ type: 'lapsed' })
        this.#owner.lapse()
        break
      case 'held':
        for (const channel of this.#channels.values()) channel.send({ type: 'held' })
        break
      case 'dissent': {
        const text = `cycle ${effect.cycle}: ${effect.digest.slice(0, 12)} instead of ${effect.instead.slice(0, 12)}`
        alarm('dissent', effect.by, undefined, 'raised', text)
        break
      }
      case 'agreement':
        alarm('dissent', effect.by, undefined, 'returned', 'agrees again')
        break
      case 'silent':
        alarm('replicaSilent', effect.by, undefined, 'raised', 'has not voted in five slots')
        break
      case 'heard':
        alarm('replicaSilent', effect.by, undefined, 'returned', 'votes again')
        break
      case 'equivocation':
        alarm(
          'equivocation',
          effect.by,
          undefined,
          'raised',
          'signed two candidates for one cycle; out until enrolled anew',
        )
        this.#owner.equivocation(this.#proof(effect.by, effect.first.signed, effect.second.signed))
        break
      case 'slot':
        this.#decidedLast = effect.slot === 'onTime'
        break
      case 'undecided':
        this.#owner.undecided(effect.cycle)
        break
    }
  }
  #channelEffect(asset: string, effect: ChannelEffect): void {
    const text = `channel of ${asset}: ${this.#channels.get(asset)?.state ?? 'starting'}`
    this.#owner.alarm(effect.alarm, undefined, asset, effect.state, text)
  }
  #proof(key: string, first: SignedCandidate, second: SignedCandidate): Equivocation {
    const bare = ({ bytes, signature }: SignedCandidate) => ({ bytes, signature })
    return { key, publicKey: this.#manifest.keys[key]!.publicKey, first: bare(first), second: bare(second) }
  }
  /** State hashes ride outside the digest: a difference is a latent fault, not a dissent. */
  #compareState(cycle: number, by: string, hash: string): void {
    const hashes = this.#stateHashes.get(cycle) ?? new Map<string, string>()
    hashes.set(by, hash)
    this.#stateHashes.set(cycle, hashes)
    for (const old of this.#stateHashes.keys())
      if (old < cycle - this.#manifest.stateHashEvery * 4) this.#stateHashes.delete(old)
    if (hashes.size < this.#manifest.replicas.length) return
    for (const [node, own] of hashes) {
      const others = [...hashes].filter(([other]) => other !== node)
      const alone = others.every(([, h]) => h !== own) && new Set(others.map(([, h]) => h)).size === 1
      this.#owner.alarm('stateDiverged', node, undefined, alone ? 'raised' : 'returned', `state hash at cycle ${cycle}`)
    }
  }
}

/** Who was silent or of another opinion when the last life ended: the voter says when that is over. */
function rememberedFaults(raised: readonly Condition[]): Pick<VoterContext, 'quiet' | 'agreed'> {
  const of = (alarm: string, slots: number) =>
    Object.fromEntries(raised.flatMap(c => (c.alarm === alarm && c.about !== undefined ? [[c.about, slots]] : [])))
  return { quiet: of('replicaSilent', SILENT_AFTER), agreed: of('dissent', 0) }
}

/** Until a manifest gives the name another key, and by nothing else (S15). */
export const stillOut = (manifest: Manifest, proofs: readonly Equivocation[]): readonly Equivocation[] =>
  proofs.filter(({ key, publicKey }) => manifest.keys[key]?.publicKey === publicKey)

/** The gateway's own downtime, classed after its restart: the device held the last verdict as long as it was valid. */
function downtime(recovered: Recovered, nowMs: number, manifest: Manifest): Slots {
  if (recovered.lastAtMs === null) return recovered.slots
  let slots = counted(recovered.slots, 'onTime') // the noted verdict's own slot: it had its quorum
  const { cycleMs } = manifest.timing
  for (let endMs = recovered.lastAtMs + 2 * cycleMs; endMs <= nowMs; endMs += cycleMs)
    slots = counted(slots, endMs < (recovered.standing?.validUntilMs ?? 0) ? 'held' : 'uncovered')
  return slots
}
