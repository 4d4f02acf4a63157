/**
 * One-shot work under way: a chart for each pulse and each command in force (`commands.ts`), fed by verdicts and
 * read-backs. What ends is kept until the next receipt takes it.
 */
import { LiveMachine } from '../actors/kit/machine.ts'
import type { Ports } from '../protocol/ports.ts'
import type { CommandAction } from '../protocol/words/candidate.ts'
import type { CommandReceipt, WriteReceipt } from '../protocol/words/facts.ts'
import type { SeenChart } from '../protocol/words/observed.ts'
import {
  type CommandContext,
  type CommandEffect,
  type CommandEvent,
  commandMachine,
  type OutputOutcome,
  type PulseContext,
  type PulseEffect,
  type PulseEvent,
  pulseMachine,
} from './commands.ts'
import type { Field } from './field.ts'
import type { Note, Notebook, PulseEnd } from './notebook.ts'
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
  #concluding = 0

  constructor(ports: Ports, field: Field, notebook: Notebook, owner: OneShotOwner) {
    this.#ports = ports
    this.#field = field
    this.#notebook = notebook
    this.#owner = owner
  }
  /** What was under way when the last process of this gateway ended is unknown (S11); what had ended is told, if need be again. */
  recover(): void {
    const { openPulses, openCommands, untold } = this.#notebook.recovered
    const reason = 'the gateway ended in its midst'
    for (const pulse of untold.pulses) this.#writes.push(pulseReceipt(pulse))
    this.#ended.push(...untold.commands)
    for (const pulse of openPulses) this.#endPulse({ ...pulse, outcome: 'unknown', reason })
    for (const id of openCommands) this.#end({ id, outcome: 'unknown', reason })
  }

  /** No pulse is under way, and no end of anything on its way to the journal. */
  get idle(): boolean {
    return this.#pulses.size === 0 && this.#concluding === 0
  }
  /** Something ended that no receipt has told. */
  get news(): boolean {
    return this.#writes.length + this.#ended.length > 0
  }
  sight(): readonly SeenChart[] {
    const commands = [...this.#commands].map(([id, chart]) => {
      const { command, open } = chart.context
      return chart.sight(`command/${id}`, { target: command.target, name: command.name, open })
    })
    const pulses = [...this.#pulses].map(([id, chart]) => {
      const { asset, name } = chart.context
      return chart.sight(`pulse/${id}`, { asset, name })
    })
    return [...commands, ...pulses]
  }
  take(): { readonly writes: readonly WriteReceipt[]; readonly commands: readonly CommandReceipt[] } {
    const taken = { writes: this.#writes, commands: this.#ended }
    this.#writes = []
    this.#ended = []
    return taken
  }
  /** What was taken is in the outbox: the next life need not tell it. */
  told(pulses: readonly string[], commands: readonly string[]): void {
    if (pulses.length + commands.length > 0) this.#note({ k: 'told', pulses, commands })
  }
  stop(): void {
    for (const pulse of this.#pulses.values()) pulse.stop()
  }

  /** A new verdict governs: what it lists is taken up, what it lists no more ends. */
  apply(verdict: Verdict): void {
    const { mode, commands, assets } = verdict.actions
    this.#list(commands)
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
    for (const { id, setpoints, over } of commands) {
      for (const key of setpoints) {
        const [asset, name] = key.split('.') as [string, string]
        const decided = assets[asset]?.setpoints[name]?.value
        if (held.get(key)?.value === decided) this.output([id], key, 'confirmed')
      }
      this.#commands.get(id)?.send({ type: 'applied', over })
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
      this.#endPulse({ id, asset, name, outcome: effect.outcome, reason: effect.reason })
    }
  }
  #endPulse(end: PulseEnd): void {
    this.#conclude({ k: 'pulsed', ...end }, () => {
      this.#writes.push(pulseReceipt(end))
      // in observe mode the present controller of the site has done what it would have done
      this.output([...this.#commands.keys()], end.id, end.outcome === 'suppressed' ? 'confirmed' : end.outcome)
      this.#owner.pulsed()
    })
  }

  #list(listed: readonly CommandAction[]): void {
    for (const command of listed) {
      if (this.#notebook.hasCommand(command.id)) continue
      this.#note({ k: 'command', id: command.id })
      const open = [...command.pulses, ...command.setpoints]
      const ended = ({ command: { id }, outcome, reason }: CommandEffect) =>
        this.#end(reason === '' ? { id, outcome } : { id, outcome, reason })
      this.#commands.set(command.id, new LiveMachine(commandMachine, this.#ports.clock, ended, { command, open }))
    }
    const over = new Map(listed.map(c => [c.id, c.over]))
    for (const [id, command] of [...this.#commands])
      command.send(over.has(id) ? { type: 'listed', over: over.get(id)! } : { type: 'withdrawn' })
  }
  #end(end: CommandReceipt): void {
    this.#commands.delete(end.id)
    this.#conclude({ k: 'commandEnded', ...end }, () => {
      this.#ended.push(end)
      this.#owner.commandEnded()
    })
  }

  /** An end is durable before it is told: the next life must not tell of another one (S10, S11). */
  #conclude(note: Note, tell: () => void): void {
    this.#concluding++
    this.#run(this.#notebook.write(note), () => {
      this.#concluding--
      tell()
    })
  }
  #note(note: Note): void {
    this.#run(this.#notebook.write(note), () => {})
  }
  #run<T>(work: Promise<T>, then: (value: T) => void): void {
    work.then(then).catch(error => this.#owner.fail(error))
  }
}

function pulseReceipt({ id, asset, name, outcome, reason }: PulseEnd): WriteReceipt {
  const accepted = outcome === 'confirmed'
  const receipt = { asset, name, kind: 'pulse', id, decided: 1, written: 1, accepted, readBack: null, outcome } as const
  return reason === '' ? receipt : { ...receipt, reason }
}
