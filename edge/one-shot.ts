/**
 * One-shot work under way: a chart for each pulse and each command in force (`commands.ts`), fed by verdicts and
 * read-backs. What ends is kept until the next receipt takes it.
 */
import { LiveMachine } from '../actors/kit/machine.ts'
import type { Ports } from '../protocol/ports.ts'
import type { CommandAction } from '../protocol/words/candidate.ts'
import type { CommandReceipt, WriteReceipt } from '../protocol/words/facts.ts'
import {
  type CommandContext,
  type CommandEffect,
  type CommandEvent,
  commandMachine,
  type OutputOutcome,
  type PulseContext,
  type PulseEffect,
  type PulseEvent,
  type PulseOutcome,
  pulseMachine,
} from './commands.ts'
import type { Field } from './field.ts'
import type { Note, Notebook } from './notebook.ts'
import type { Applied } from './target.ts'
import type { Verdict } from './verdict.ts'

export interface OneShotOwner {
  govern(): Readonly<Record<string, 'verdict' | 'local' | 'none'>>
  /** A pulse ended: it is told at once. */
  pulsed(): void
  /** A command ended. */
  commandEnded(): void
  fail(error: unknown): void
}

export class OneShots {
  readonly #ports: Ports
  readonly #field: Field
  readonly #notebook: Notebook
  readonly #owner: OneShotOwner
  readonly #pulses = new Map<string, LiveMachine<PulseContext, PulseEvent, PulseEffect>>()
  readonly #commands = new Map<string, LiveMachine<CommandContext, CommandEvent, CommandEffect>>()
  #writes: WriteReceipt[] = []
  #ended: CommandReceipt[] = []

  constructor(ports: Ports, field: Field, notebook: Notebook, owner: OneShotOwner) {
    this.#ports = ports
    this.#field = field
    this.#notebook = notebook
    this.#owner = owner
  }
  /** What was under way when the last process of this gateway ended is unknown (S11). */
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
  }

  /** No pulse is under way. */
  get idle(): boolean {
    return this.#pulses.size === 0
  }
  /** Something ended that no receipt has told. */
  get news(): boolean {
    return this.#writes.length + this.#ended.length > 0
  }
  take(): { readonly writes: readonly WriteReceipt[]; readonly commands: readonly CommandReceipt[] } {
    const taken = { writes: this.#writes, commands: this.#ended }
    this.#writes = []
    this.#ended = []
    return taken
  }
  stop(): void {
    for (const pulse of this.#pulses.values()) pulse.stop()
  }

  /** A new verdict governs: what it lists is taken up, what it lists no more ends. */
  apply(verdict: Verdict): void {
    const { mode, commands, assets } = verdict.actions
    this.#list(verdict.cycle, commands)
    if (mode === 'off') return
    for (const [asset, { pulses }] of Object.entries(assets))
      for (const { id, name } of pulses)
        this.#begin({
          id,
          asset,
          name,
          validUntilMs: verdict.validUntilMs,
          suppressed: mode === 'observe',
          governed: this.#owner.govern()[asset] !== 'none',
        })
  }
  /** A write of the setpoint `asset.name` ended, under a verdict that lists these commands. */
  output(commands: readonly string[], name: string, outcome: OutputOutcome): void {
    for (const id of commands) this.#commands.get(id)?.send({ type: 'output', name, outcome })
  }
  /** A certificate that lists them was applied; a setpoint that already held what was decided needed no write. */
  applied(verdict: Verdict, held: ReadonlyMap<string, Applied>): void {
    const { commands, assets } = verdict.actions
    for (const { id, setpoints } of commands) {
      for (const key of setpoints) {
        const [asset, name] = key.split('.') as [string, string]
        const decided = assets[asset]?.setpoints[name]?.value
        if (held.get(key)?.value === decided) this.output([id], key, 'confirmed')
      }
      this.#commands.get(id)?.send({ type: 'applied', cycle: verdict.cycle })
    }
  }

  #begin(input: PulseContext): void {
    if (this.#notebook.hasPulse(input.id)) return // S8
    const pulse = new LiveMachine(pulseMachine, this.#ports.clock, e => this.#pulse(e), input)
    this.#pulses.set(input.id, pulse)
    pulse.send({ type: 'begin' })
  }
  #pulse(effect: PulseEffect): void {
    const { id, asset, name } = effect.pulse
    const send = (event: PulseEvent) => this.#pulses.get(id)?.send(event)
    if (effect.kind === 'intend')
      this.#run(this.#notebook.write({ k: 'pulse', id, asset, name }), () =>
        send({ type: 'intended', atMs: this.#ports.clock.monotonicMs() }),
      )
    else if (effect.kind === 'write')
      this.#run(this.#field.pulse(effect.pulse), result => send({ type: 'wrote', ...result }))
    else {
      this.#pulses.delete(id)
      this.#note({ k: 'pulsed', id, outcome: effect.outcome })
      this.#writes.push(pulseReceipt(effect.pulse, effect.outcome, effect.reason))
      // in observe mode the present controller of the site has done what it would have done
      const outcome = effect.outcome === 'suppressed' ? 'confirmed' : effect.outcome
      this.output([...this.#commands.keys()], id, outcome)
      if (effect.kind === 'ended') this.#owner.pulsed()
    }
  }

  #list(cycle: number, listed: readonly CommandAction[]): void {
    for (const command of listed) {
      if (this.#notebook.hasCommand(command.id)) continue
      this.#note({ k: 'command', id: command.id })
      const open = [...command.pulses, ...command.setpoints]
      const ended = (e: CommandEffect) => this.#end(e.command.id, e.outcome, e.reason)
      this.#commands.set(command.id, new LiveMachine(commandMachine, this.#ports.clock, ended, { command, open }))
    }
    const ids = new Set(listed.map(c => c.id))
    for (const [id, command] of [...this.#commands])
      command.send(ids.has(id) ? { type: 'cycle', cycle } : { type: 'withdrawn' })
  }
  #end(id: string, outcome: CommandReceipt['outcome'], reason: string): void {
    this.#commands.delete(id)
    this.#note({ k: 'commandEnded', id })
    this.#ended.push(reason === '' ? { id, outcome } : { id, outcome, reason })
    this.#owner.commandEnded()
  }

  #note(note: Note): void {
    this.#run(this.#notebook.write(note), () => {})
  }
  #run<T>(work: Promise<T>, then: (value: T) => void): void {
    work.then(then).catch(error => this.#owner.fail(error))
  }
}

function pulseReceipt(
  p: { readonly id: string; readonly asset: string; readonly name: string },
  outcome: PulseOutcome,
  reason: string,
): WriteReceipt {
  const receipt: WriteReceipt = {
    asset: p.asset,
    name: p.name,
    kind: 'pulse',
    id: p.id,
    decided: 1,
    written: 1,
    accepted: outcome === 'confirmed',
    readBack: null,
    outcome,
  }
  return reason === '' ? receipt : { ...receipt, reason }
}
