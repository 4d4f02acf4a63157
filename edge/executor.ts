/**
 * Carries out what governs the site: rounds of setpoints through the writer's chart; pulses and commands are
 * `one-shot.ts`, measured effects `effects.ts`. Keeps what was last applied, from read-backs alone, and turns all of it
 * into receipts.
 */
import { LiveMachine } from '../actors/kit/machine.ts'
import type { FrequencyHistory } from '../actors/laws/fcr.ts'
import type { Ports } from '../protocol/ports.ts'
import { trace } from '../protocol/trace.ts'
import type { CommandReceipt, EffectReceipt, Slots, WriteReceipt } from '../protocol/words/facts.ts'
import type { Manifest, ManifestAsset } from '../protocol/words/manifest.ts'
import type { SeenChart } from '../protocol/words/observed.ts'
import { inSafeOrder } from './connection.ts'
import { Effects } from './effects.ts'
import type { Field, Poll } from './field.ts'
import type { Notebook } from './notebook.ts'
import { OneShots } from './one-shot.ts'
import { type Applied, type Situation, stepOf, type Target, targets, type Values } from './target.ts'
import type { Verdict } from './verdict.ts'
import { type Round, type WriterContext, type WriterEffect, type WriterEvent, writerMachine } from './writer.ts'

/** One record of what happened since the last; the gateway seals it as a ReceiptRecorded. */
export interface ReceiptDraft {
  readonly verdict: Verdict | null
  readonly writes: readonly WriteReceipt[]
  readonly effects: readonly EffectReceipt[]
  readonly commands: readonly CommandReceipt[]
  readonly latencyUs?: number
}
export interface ExecutorOwner {
  manifest(): Manifest
  govern(): Readonly<Record<string, 'verdict' | 'local' | 'none'>>
  slots(): Slots
  /** Resolves when it cannot be lost any more. */
  record(draft: ReceiptDraft): Promise<void>
  alarm(alarm: string, asset: string, state: 'raised' | 'returned', text: string): void
  /** A write of the asset timed out, or a read-back told again what it holds. */
  doubt(asset: string, unknown: boolean): void
  fail(error: unknown): void
}

/** Validity of a round without a verdict: a fallback value may be written as long as it is the fallback. */
const NO_END = Number.MAX_SAFE_INTEGER
/** What each effect of the writer's chart says of a cycle's way so far. */
const REACHED = { intend: 'voted', write: 'intended', readBack: 'written', done: 'readBack' } as const

export class Executor {
  readonly #ports: Ports
  readonly #field: Field
  readonly #notebook: Notebook
  readonly #owner: ExecutorOwner
  readonly #writer: LiveMachine<WriterContext, WriterEvent, WriterEffect>
  readonly #oneShots: OneShots
  readonly #awaited = new Effects()
  readonly #applied = new Map<string, Applied>()
  readonly #writtenAtMs = new Map<string, number>()
  /** Setpoints whose last write may or may not have been carried out: what the device holds then is nobody else's. */
  readonly #inDoubt = new Set<string>()
  /** Verdicts on their way to the journal, by digest: of the round under way and of the one that waits. */
  readonly #noted = new Map<string, Promise<void>>()
  /** Of the round that is being written. */
  #targets: readonly Target[] = []
  #evaluatedMs: number
  #frequency: Readonly<Record<string, FrequencyHistory>> = {}
  #values: Readonly<Record<string, Values>> = {}
  #fresh: Readonly<Record<string, Values>> = {}
  #verdict: Verdict | null
  #emittedAtUs = 0
  #writes: WriteReceipt[] = []
  #effects: EffectReceipt[] = []

  constructor(ports: Ports, field: Field, notebook: Notebook, owner: ExecutorOwner) {
    this.#ports = ports
    this.#field = field
    this.#notebook = notebook
    this.#owner = owner
    this.#verdict = notebook.recovered.standing
    this.#evaluatedMs = ports.clock.monotonicMs()
    this.#writer = new LiveMachine(writerMachine, ports.clock, effect => this.#perform(effect))
    this.#oneShots = new OneShots(ports, field, notebook, {
      govern: () => owner.govern(),
      pulsed: () => this.#flush(null),
      commandEnded: () => {
        if (this.#writer.has('idle')) this.#flush(null) // else with the receipt of the round that is under way
      },
      fail: error => owner.fail(error),
    })
  }
  recover(): void {
    this.#oneShots.recover()
    if (this.#oneShots.news) this.#flush(null)
  }

  get idle(): boolean {
    return this.#writer.has('idle') && this.#oneShots.idle
  }
  get writerState(): string {
    return this.#writer.state
  }
  sight(): readonly SeenChart[] {
    const { round, next } = this.#writer.context
    const writer = this.#writer.sight('writer', { cycle: round?.standing?.cycle ?? null, waits: next !== null })
    return [writer, ...this.#oneShots.sight()]
  }
  /** Setpoints of an asset as last read back, and the local part of them. */
  applied(asset: string): { applied: Record<string, number>; local: Record<string, number> } {
    const applied: Record<string, number> = {}
    const local: Record<string, number> = {}
    for (const [key, a] of this.#applied) {
      const [of, name] = key.split('.') as [string, string]
      if (of !== asset) continue
      applied[name] = a.value
      if (a.local !== 0) local[name] = a.local
    }
    return { applied, local }
  }

  /** A poll ended: what the devices hold is the truth; local laws act on it; a change nobody here made is seen. */
  polled(
    poll: Poll,
    values: Readonly<Record<string, Values>>,
    fresh: Readonly<Record<string, Values>>,
    verdictExpected: boolean,
  ): void {
    this.#values = values
    this.#fresh = fresh
    const nowMs = this.#ports.clock.monotonicMs()
    const observing = this.#verdict?.actions.mode === 'observe'
    if (this.#writer.has('idle'))
      for (const [key, held] of Object.entries(poll.held)) {
        const [asset] = key.split('.') as [string]
        if (held === null || (this.#writtenAtMs.get(key) ?? -1) >= poll.startedAtMs) continue // read before the write
        const known = this.#applied.get(key)
        this.#owner.doubt(asset, false)
        if (known?.value === held) {
          this.#inDoubt.delete(key)
          this.#owner.alarm('secondWriter', asset, 'returned', `${key} holds what was applied`)
          continue
        }
        const ours = this.#inDoubt.delete(key)
        if (known && !ours && !observing && this.#owner.govern()[asset] === 'verdict')
          this.#owner.alarm('secondWriter', asset, 'raised', `${key} holds ${held}, ${known.value} was applied`)
        this.#applied.set(key, { value: held, local: 0, atMs: nowMs })
      }
    this.#judgeEffects(nowMs)
    // a frame is answered by a verdict within milliseconds: one round, not two
    if (!verdictExpected) this.#round(null)
  }

  /** A new verdict governs. */
  apply(verdict: Verdict, emittedAtUs: number): void {
    this.#verdict = verdict
    this.#emittedAtUs = emittedAtUs
    this.#note(verdict)
    this.#round(verdict)
    this.#oneShots.apply(verdict) // after the verdict in the journal: a pulse traces to it (S1)
  }
  /** No verdict is valid any more. */
  lapse(): void {
    this.#verdict = null
  }
  stop(): void {
    this.#writer.stop()
    this.#oneShots.stop()
  }

  // Rounds

  #situation(standing: Verdict | null): Situation {
    const manifest = this.#owner.manifest()
    return {
      nowMs: this.#ports.clock.monotonicMs(),
      cycleMs: manifest.timing.cycleMs,
      evaluatedMs: this.#evaluatedMs,
      assets: manifest.assets,
      laws: manifest.laws,
      actions: standing?.actions ?? null,
      govern: this.#owner.govern(),
      envelopePermille: standing?.source === 'single' ? (manifest.single?.envelopePermille ?? 0) : 1000,
      values: this.#values,
      fresh: this.#fresh,
      applied: Object.fromEntries(this.#applied),
      frequency: this.#frequency,
      limits: manifest.limits,
    }
  }

  /** With a verdict: always a round, because its intent and receipt are due. Without: only where something is to write. */
  #round(verdict: Verdict | null): void {
    const standing = this.#verdict
    const situation = this.#situation(standing)
    const { targets: wanted, frequency } = targets(situation)
    this.#frequency = frequency
    if (!verdict && !wanted.some(t => this.#dueForWrite(t, situation.nowMs))) {
      this.#evaluatedMs = situation.nowMs
      return
    }
    this.#writer.send({
      type: 'round',
      round: {
        verdict,
        intent: verdict ? verdict.certificate.digest : null,
        standing,
        validUntilMs: standing?.validUntilMs ?? NO_END,
        suppressed: standing?.actions.mode === 'observe',
        commands: standing?.actions.commands.map(c => c.id) ?? [],
        emittedAtMs: situation.nowMs,
      },
    })
  }
  /** What a round writes, as things stand at the moment of its write: from what was last applied, whoever wrote it (S29). */
  #toWrite({ standing, suppressed }: Round): readonly Target[] {
    if (standing?.actions.mode === 'off') return []
    const situation = this.#situation(standing)
    const wanted = targets(situation).targets
    this.#evaluatedMs = situation.nowMs
    const due = suppressed ? wanted : wanted.filter(t => this.#dueForWrite(t, situation.nowMs))
    return inSafeOrder(situation, due, t => stepOf(this.#asset(t.asset)!, t.name))
  }
  #dueForWrite(t: Target, nowMs: number): boolean {
    const map = this.#asset(t.asset)?.map.setpoints?.[t.name]
    const applied = this.#applied.get(`${t.asset}.${t.name}`)
    if (!applied) return true
    const change = Math.abs(t.value - applied.value)
    if (change > 0 && (change >= (map?.deadband ?? 0) || t.value === 0)) return true
    const since = nowMs - (this.#writtenAtMs.get(`${t.asset}.${t.name}`) ?? Number.MIN_SAFE_INTEGER)
    return map?.refreshMs !== undefined && since >= map.refreshMs
  }
  #asset(name: string): ManifestAsset | undefined {
    return this.#owner.manifest().assets.find(a => a.name === name)
  }

  #perform(effect: WriterEffect): void {
    const { round } = effect
    if ((effect.kind === 'done' || effect.kind === 'dropped') && round.intent !== null) this.#noted.delete(round.intent)
    if (effect.kind !== 'dropped' && round.verdict) trace(this.#ports, REACHED[effect.kind], round.verdict.cycle)
    if (effect.kind === 'intend') this.#intend(round)
    else if (effect.kind === 'write') {
      this.#targets = this.#toWrite(round)
      this.#run(this.#field.write(round, this.#targets), receipts => this.#writer.send({ type: 'written', receipts }))
    } else if (effect.kind === 'readBack')
      this.#run(this.#field.readBack(effect.receipts), receipts => this.#writer.send({ type: 'readBack', receipts }))
    else if (effect.kind === 'done') this.#done(round, effect.receipts)
    else {
      this.#ports.note('warn', 'round dropped', { why: effect.why, cycle: round.verdict?.cycle })
      if (this.#oneShots.news) this.#flush(null)
    }
  }
  #run<T>(work: Promise<T>, then: (value: T) => void): void {
    work.then(then).catch(error => this.#owner.fail(error))
  }
  /** Durable before anything that follows from it (S6). */
  #note(verdict: Verdict): void {
    const noted = this.#notebook.verdict(verdict, this.#owner.slots(), this.#ports.clock.monotonicMs())
    noted.catch(error => this.#owner.fail(error)) // also where its round gives way to a newer one
    this.#noted.set(verdict.certificate.digest, noted)
  }
  #intend({ intent }: Round): void {
    const intended = () => this.#writer.send({ type: 'intended', atMs: this.#ports.clock.monotonicMs() })
    const noted = intent === null ? undefined : this.#noted.get(intent)
    if (noted) this.#run(noted, intended)
    else intended() // covered by the standing intent
  }

  #done(round: Round, receipts: readonly WriteReceipt[]): void {
    const nowMs = this.#ports.clock.monotonicMs()
    for (const receipt of receipts) {
      const key = `${receipt.asset}.${receipt.name}`
      const target = this.#targets.find(t => t.asset === receipt.asset && t.name === receipt.name)!
      if (receipt.outcome === 'suppressed') continue
      if (receipt.readBack !== null) {
        const local = receipt.readBack === receipt.written ? target.local : 0
        const before = this.#applied.get(key)
        // the ramp counts from the last change: a refresh of the same value is none
        const atMs = before?.value === receipt.readBack ? before.atMs : nowMs
        this.#applied.set(key, { value: receipt.readBack, local, atMs })
        this.#writtenAtMs.set(key, nowMs)
        if (before?.value !== receipt.readBack) this.#awaited.await(receipt, this.#asset(receipt.asset), nowMs)
        this.#inDoubt.delete(key)
      } else if (receipt.outcome === 'unknown') this.#inDoubt.add(key)
      this.#owner.doubt(receipt.asset, receipt.outcome === 'unknown')
      const failing = receipt.outcome === 'mismatched' || receipt.outcome === 'failed'
      this.#owner.alarm(
        'writeFailed',
        receipt.asset,
        failing ? 'raised' : 'returned',
        receipt.reason ?? receipt.outcome,
      )
      this.#oneShots.output(round.commands, key, outcomeOf(receipt.outcome))
    }
    if (round.verdict) this.#oneShots.applied(round.verdict, this.#applied)
    this.#writes.push(...receipts)
    const latency = receipts.some(r => r.outcome !== 'suppressed') && round.verdict
    this.#flush(round.verdict, latency ? this.#ports.host.monotonicUs() - this.#emittedAtUs : undefined)
  }
  #flush(verdict: Verdict | null, latencyUs?: number): void {
    const { writes, commands } = this.#oneShots.take()
    const draft = {
      verdict: verdict ?? this.#verdict,
      writes: [...writes, ...this.#writes],
      effects: this.#effects,
      commands,
    }
    this.#writes = []
    this.#effects = []
    const told = () =>
      this.#oneShots.told(
        writes.flatMap(w => w.id ?? []),
        commands.map(c => c.id),
      )
    this.#run(
      this.#owner.record(latencyUs === undefined ? draft : { ...draft, latencyUs: Math.max(0, latencyUs) }),
      told,
    )
  }
  #judgeEffects(nowMs: number): void {
    for (const effect of this.#awaited.judge(this.#values, this.#owner.manifest().timing.cycleMs, nowMs)) {
      this.#effects.push(effect)
      const { asset, name, wanted, measured } = effect
      const state = effect.effect === 'notReached' ? 'raised' : 'returned'
      this.#owner.alarm('effectMissing', asset, state, `${asset}.${name} was set to ${wanted}, ${measured} is measured`)
    }
  }
}

const outcomeOf = (o: WriteReceipt['outcome']) =>
  o === 'confirmed' ? 'confirmed' : o === 'unknown' ? 'unknown' : 'failed'
