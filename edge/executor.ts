/**
 * Carries out what governs the site: rounds of setpoints through the writer's chart, pulses and commands through
 * theirs. Keeps what was last applied, from read-backs alone, and turns all of it into receipts.
 */
import { LiveMachine } from '../actors/kit/machine.ts'
import type { FrequencyHistory } from '../actors/laws/fcr.ts'
import type { Ports } from '../protocol/ports.ts'
import { trace } from '../protocol/trace.ts'
import type { CommandAction } from '../protocol/words/candidate.ts'
import type { CommandReceipt, EffectReceipt, Slots, WriteReceipt } from '../protocol/words/facts.ts'
import type { Manifest, ManifestAsset } from '../protocol/words/manifest.ts'
import {
  type CommandContext,
  type CommandEffect,
  type CommandEvent,
  commandMachine,
  type PulseContext,
  type PulseEffect,
  type PulseEvent,
  pulseMachine,
} from './commands.ts'
import { inSafeOrder } from './connection.ts'
import { type Awaited, EFFECT_AFTER_CYCLES, judgeEffect } from './effects.ts'
import type { Field, Poll } from './field.ts'
import type { Notebook } from './notebook.ts'
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
  record(draft: ReceiptDraft): void
  alarm(alarm: string, asset: string, state: 'raised' | 'returned', text: string): void
  /** A write of the asset timed out, or a read-back told again what it holds. */
  doubt(asset: string, unknown: boolean): void
  fail(error: unknown): void
}

type LivePulse = LiveMachine<PulseContext, PulseEvent, PulseEffect>
type LiveCommand = LiveMachine<CommandContext, CommandEvent, CommandEffect>
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
  readonly #pulses = new Map<string, LivePulse>()
  readonly #commands = new Map<string, LiveCommand>()
  readonly #applied = new Map<string, Applied>()
  readonly #writtenAtMs = new Map<string, number>()
  readonly #awaited = new Map<string, Awaited>()
  /** Setpoints whose last write may or may not have been carried out: what the device holds then is nobody else's. */
  readonly #inDoubt = new Set<string>()
  #frequency: Readonly<Record<string, FrequencyHistory>> = {}
  #values: Readonly<Record<string, Values>> = {}
  #fresh: Readonly<Record<string, Values>> = {}
  #verdict: Verdict | null
  #emittedAtUs = 0
  #writes: WriteReceipt[] = []
  #effects: EffectReceipt[] = []
  #ended: CommandReceipt[] = []

  constructor(ports: Ports, field: Field, notebook: Notebook, owner: ExecutorOwner) {
    this.#ports = ports
    this.#field = field
    this.#notebook = notebook
    this.#owner = owner
    this.#verdict = notebook.recovered.standing
    this.#writer = new LiveMachine(writerMachine, ports.clock, effect => this.#perform(effect))
  }
  /** What was under way when the last process of this gateway ended is told as unknown (S11). */
  recover(): void {
    const { openPulses, openCommands } = this.#notebook.recovered
    const reason = 'the gateway ended in its midst'
    for (const pulse of openPulses) {
      this.#note({ k: 'pulsed', id: pulse.id, outcome: 'unknown' })
      this.#writes.push(pulseReceipt(pulse, 'unknown', reason))
    }
    for (const id of openCommands) {
      this.#note({ k: 'commandEnded', id })
      this.#ended.push({ id, outcome: 'unknown', reason })
    }
    if (openPulses.length + openCommands.length > 0) this.#flush(null)
  }

  get idle(): boolean {
    return this.#writer.has('idle') && this.#pulses.size === 0
  }
  get writerState(): string {
    return this.#writer.state
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
    if (!verdictExpected && nowMs < (this.#verdict?.validUntilMs ?? NO_END)) this.#round(null)
  }

  /** A new verdict governs. */
  apply(verdict: Verdict, emittedAtUs: number): void {
    this.#verdict = verdict
    this.#emittedAtUs = emittedAtUs
    this.#listCommands(verdict)
    const { mode } = verdict.actions
    if (mode !== 'off') this.#beginPulses(verdict, mode === 'observe')
    this.#round(verdict)
  }
  /** No verdict is valid any more. */
  lapse(): void {
    this.#verdict = null
  }
  stop(): void {
    this.#writer.stop()
    for (const pulse of this.#pulses.values()) pulse.stop()
  }

  // Rounds

  #situation(nowMs: number): Situation {
    const manifest = this.#owner.manifest()
    return {
      nowMs,
      cycleMs: manifest.timing.cycleMs,
      assets: manifest.assets,
      laws: manifest.laws,
      actions: this.#verdict?.actions ?? null,
      govern: this.#owner.govern(),
      envelopePermille: this.#verdict?.source === 'single' ? (manifest.single?.envelopePermille ?? 0) : 1000,
      values: this.#values,
      fresh: this.#fresh,
      applied: Object.fromEntries(this.#applied),
      frequency: this.#frequency,
      limits: manifest.limits,
    }
  }

  /** With a verdict: always a round, because its intent and receipt are due. Without: only where something is to write. */
  #round(verdict: Verdict | null): void {
    const nowMs = this.#ports.clock.monotonicMs()
    const situation = this.#situation(nowMs)
    const wanted = targets(situation)
    this.#frequency = wanted.frequency
    const due = wanted.targets.filter(t => this.#dueForWrite(t, nowMs))
    if (!verdict && due.length === 0) return
    const mode = this.#verdict?.actions.mode
    const stepAt = (t: Target) => stepOf(this.#asset(t.asset)!, t.name)
    this.#writer.send({
      type: 'round',
      round: {
        verdict,
        intent: verdict ? verdict.certificate.digest : null,
        targets: mode === 'off' ? [] : inSafeOrder(situation, mode === 'observe' ? wanted.targets : due, stepAt),
        validUntilMs: this.#verdict?.validUntilMs ?? NO_END,
        suppressed: mode === 'observe',
        commands: this.#verdict?.actions.commands.map(c => c.id) ?? [],
        emittedAtMs: nowMs,
      },
    })
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
    if (effect.kind !== 'dropped' && round.verdict) trace(this.#ports, REACHED[effect.kind], round.verdict.cycle)
    if (effect.kind === 'intend') this.#intend(round)
    else if (effect.kind === 'write')
      this.#run(this.#field.write(round), receipts => this.#writer.send({ type: 'written', receipts }))
    else if (effect.kind === 'readBack')
      this.#run(this.#field.readBack(effect.receipts), receipts => this.#writer.send({ type: 'readBack', receipts }))
    else if (effect.kind === 'done') this.#done(round, effect.receipts)
    else {
      this.#ports.note('warn', 'round dropped', { why: effect.why, cycle: round.verdict?.cycle })
      if (this.#ended.length > 0) this.#flush(null)
    }
  }
  #run<T>(work: Promise<T>, then: (value: T) => void): void {
    work.then(then).catch(error => this.#owner.fail(error))
  }
  #intend(round: Round): void {
    const intended = () => this.#writer.send({ type: 'intended', atMs: this.#ports.clock.monotonicMs() })
    const atMs = this.#ports.clock.monotonicMs()
    if (!round.verdict)
      intended() // covered by the standing intent
    else this.#run(this.#notebook.verdict(round.verdict, this.#owner.slots(), atMs), intended) // S6
  }

  #done(round: Round, receipts: readonly WriteReceipt[]): void {
    const nowMs = this.#ports.clock.monotonicMs()
    for (const receipt of receipts) {
      const key = `${receipt.asset}.${receipt.name}`
      const target = round.targets.find(t => t.asset === receipt.asset && t.name === receipt.name)!
      if (receipt.outcome === 'suppressed') continue
      if (receipt.readBack !== null) {
        const local = receipt.readBack === receipt.written ? target.local : 0
        const before = this.#applied.get(key)
        // the ramp counts from the last change: a refresh of the same value is none
        const atMs = before?.value === receipt.readBack ? before.atMs : nowMs
        this.#applied.set(key, { value: receipt.readBack, local, atMs })
        this.#writtenAtMs.set(key, nowMs)
        if (before?.value !== receipt.readBack) this.#await(receipt, nowMs)
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
      for (const id of round.commands)
        this.#commands.get(id)?.send({ type: 'output', name: key, outcome: outcomeOf(receipt.outcome) })
    }
    if (round.verdict) this.#commandsApplied(round.verdict)
    this.#writes.push(...receipts)
    const latency = receipts.some(r => r.outcome !== 'suppressed') && round.verdict
    this.#flush(round.verdict, latency ? this.#ports.host.monotonicUs() - this.#emittedAtUs : undefined)
  }
  #flush(verdict: Verdict | null, latencyUs?: number): void {
    const draft = {
      verdict: verdict ?? this.#verdict,
      writes: this.#writes,
      effects: this.#effects,
      commands: this.#ended,
    }
    this.#writes = []
    this.#effects = []
    this.#ended = []
    this.#owner.record(latencyUs === undefined ? draft : { ...draft, latencyUs: Math.max(0, latencyUs) })
  }

  // Effects

  #await(receipt: WriteReceipt, nowMs: number): void {
    const asset = this.#asset(receipt.asset)
    const envelope = asset?.envelope[receipt.name]
    if (!asset || !envelope) return
    const tolerance = Math.max(2 * stepOf(asset, receipt.name), Math.ceil((envelope.max - envelope.min) / 50))
    const { name, readBack } = receipt
    this.#awaited.set(`${asset.name}.${name}`, {
      asset: asset.name,
      name,
      wanted: readBack!,
      sinceMs: nowMs,
      tolerance,
    })
  }
  #judgeEffects(nowMs: number): void {
    const afterMs = EFFECT_AFTER_CYCLES * this.#owner.manifest().timing.cycleMs
    for (const [key, awaited] of this.#awaited) {
      if (nowMs - awaited.sinceMs < afterMs) continue
      this.#awaited.delete(key)
      const effect = judgeEffect(awaited, this.#values[awaited.asset], nowMs)
      this.#effects.push(effect)
      const missing = effect.effect === 'notReached'
      const text = `${key} was set to ${effect.wanted}, ${effect.measured} is measured`
      this.#owner.alarm('effectMissing', awaited.asset, missing ? 'raised' : 'returned', text)
    }
  }

  // One-shot work

  /** In observe mode a pulse ends at once: what it would have done, the present controller of the site has done. */
  #beginPulses(verdict: Verdict, suppressed: boolean): void {
    for (const [asset, action] of Object.entries(verdict.actions.assets))
      for (const { id, name } of action.pulses) {
        if (this.#notebook.hasPulse(id)) continue // S8
        if (suppressed) {
          this.#note({ k: 'pulsed', id, outcome: 'confirmed' })
          this.#writes.push({
            ...pulseReceipt({ id, asset, name }, 'confirmed', ''),
            accepted: false,
            outcome: 'suppressed',
          })
          for (const command of this.#commands.values())
            command.send({ type: 'output', name: id, outcome: 'confirmed' })
          continue
        }
        if (this.#owner.govern()[asset] === 'none') {
          const reason = 'the device is in local mode' // S36
          this.#note({ k: 'pulsed', id, outcome: 'failed' })
          this.#writes.push(pulseReceipt({ id, asset, name }, 'failed', reason))
          for (const command of this.#commands.values()) command.send({ type: 'output', name: id, outcome: 'failed' })
          continue
        }
        const input = { id, asset, name, validUntilMs: verdict.validUntilMs, reason: '' }
        this.#pulses.set(id, new LiveMachine(pulseMachine, this.#ports.clock, e => this.#pulse(e), input))
      }
  }
  #pulse(effect: PulseEffect): void {
    const { id, asset, name } = effect.pulse
    if (effect.kind === 'intend')
      this.#run(this.#notebook.write({ k: 'pulse', id, asset, name }), () =>
        this.#pulses.get(id)?.send({ type: 'intended', atMs: this.#ports.clock.monotonicMs() }),
      )
    else if (effect.kind === 'write')
      this.#run(this.#field.pulse(effect.pulse), result => this.#pulses.get(id)?.send({ type: 'wrote', ...result }))
    else {
      this.#pulses.delete(id)
      this.#note({ k: 'pulsed', id, outcome: effect.outcome })
      this.#writes.push(pulseReceipt(effect.pulse, effect.outcome, effect.reason))
      for (const command of this.#commands.values()) command.send({ type: 'output', name: id, outcome: effect.outcome })
      this.#flush(null)
    }
  }
  #note(note: Parameters<Notebook['write']>[0]): void {
    this.#run(this.#notebook.write(note), () => {})
  }

  #listCommands(verdict: Verdict): void {
    const listed = new Set(verdict.actions.commands.map(c => c.id))
    for (const command of verdict.actions.commands) {
      if (this.#notebook.hasCommand(command.id)) continue
      this.#note({ k: 'command', id: command.id })
      this.#commands.set(command.id, this.#liveCommand(command))
    }
    for (const [id, command] of [...this.#commands]) {
      if (!listed.has(id)) command.send({ type: 'withdrawn' })
      else command.send({ type: 'cycle', cycle: verdict.cycle })
    }
  }
  #liveCommand(command: CommandAction): LiveCommand {
    const open = [...command.pulses, ...command.setpoints]
    const ended = (e: CommandEffect) => this.#endCommand(e.command.id, e.outcome, e.reason)
    return new LiveMachine(commandMachine, this.#ports.clock, ended, { command, open })
  }
  /** A certificate that lists them was applied; a setpoint that already held what was decided needed no write. */
  #commandsApplied(verdict: Verdict): void {
    for (const { id, setpoints } of verdict.actions.commands) {
      const command = this.#commands.get(id)
      for (const key of setpoints) {
        const [asset, name] = key.split('.') as [string, string]
        const decided = verdict.actions.assets[asset]?.setpoints[name]?.value
        if (this.#applied.get(key)?.value === decided)
          command?.send({ type: 'output', name: key, outcome: 'confirmed' })
      }
      command?.send({ type: 'applied', cycle: verdict.cycle })
    }
  }
  #endCommand(id: string, outcome: CommandReceipt['outcome'], reason: string): void {
    this.#commands.delete(id)
    this.#note({ k: 'commandEnded', id })
    this.#ended.push(reason === '' ? { id, outcome } : { id, outcome, reason })
    if (this.#writer.has('idle')) this.#flush(null)
  }
}

const outcomeOf = (o: WriteReceipt['outcome']) =>
  o === 'confirmed' ? 'confirmed' : o === 'unknown' ? 'unknown' : 'failed'

function pulseReceipt(
  p: { readonly id: string; readonly asset: string; readonly name: string },
  outcome: 'confirmed' | 'failed' | 'unknown',
  reason: string,
): WriteReceipt {
  const accepted = outcome === 'confirmed'
  const receipt: WriteReceipt = {
    asset: p.asset,
    name: p.name,
    kind: 'pulse',
    id: p.id,
    decided: 1,
    written: 1,
    accepted,
    readBack: null,
    outcome,
  }
  return reason === '' ? receipt : { ...receipt, reason }
}
