/**
 * One-shot work: a chart for each pulse and each command in force. A pulse's intent is durable before its write, and
 * its id is executed once, whatever repeats or restarts (S8). What was under way when the gateway died is `unknown`,
 * never success and never failure (S11).
 */
import { defineMachine } from '../actors/kit/machine.ts'
import type { CommandAction } from '../protocol/words/candidate.ts'
import type { CommandTerminal } from '../protocol/words/facts.ts'

/** What came of one output: read back, refused, or neither. */
export type OutputOutcome = 'confirmed' | 'failed' | 'unknown'
export type PulseOutcome = OutputOutcome | 'suppressed'

export interface PulseContext {
  readonly id: string
  readonly asset: string
  readonly name: string
  readonly validUntilMs: number
  /** Observe mode: everything but the write. */
  readonly suppressed: boolean
  /** False: the device is in local mode (S36). */
  readonly governed: boolean
}
export type PulseEvent =
  | { readonly type: 'begin' }
  | { readonly type: 'intended'; readonly atMs: number }
  | { readonly type: 'wrote'; readonly outcome: OutputOutcome; readonly reason: string }
export type PulseEffect =
  | { readonly kind: 'intend'; readonly pulse: PulseContext }
  | { readonly kind: 'write'; readonly pulse: PulseContext }
  | {
      readonly kind: 'ended'
      readonly pulse: PulseContext
      readonly outcome: PulseOutcome
      readonly reason: string
    }

type PulseSee = { readonly context: PulseContext; readonly event: PulseEvent }
const wrote = (outcome: OutputOutcome) => (see: PulseSee) => (see.event as { outcome?: string }).outcome === outcome
const ended = (outcome: OutputOutcome) => (see: PulseSee) => ({
  do: { kind: 'ended' as const, pulse: see.context, outcome, reason: (see.event as { reason?: string }).reason ?? '' },
})

export const pulseMachine = defineMachine<PulseContext, PulseEvent, PulseEffect>()({
  id: 'pulse',
  context: { id: '', asset: '', name: '', validUntilMs: 0, suppressed: false, governed: true },
  guards: {
    suppressed: ({ context }) => context.suppressed,
    ungoverned: ({ context }) => !context.governed,
    stillValid: ({ context, event }) => (event as { atMs: number }).atMs < context.validUntilMs,
    confirmed: wrote('confirmed'),
    failed: wrote('failed'),
  },
  delays: {},
  actions: {
    intend: ({ context }) => ({ do: { kind: 'intend', pulse: context } }),
    write: ({ context }) => ({ do: { kind: 'write', pulse: context } }),
    suppress: ({ context }) => ({ do: { kind: 'ended', pulse: context, outcome: 'suppressed', reason: '' } }),
    refuse: ({ context }) => ({
      do: { kind: 'ended', pulse: context, outcome: 'failed', reason: 'the device is in local mode' },
    }),
    confirm: ended('confirmed'),
    fail: ended('failed'),
    doubt: ended('unknown'),
    tooLate: ({ context }) => ({
      do: { kind: 'ended', pulse: context, outcome: 'failed', reason: 'validity ended before the write' },
    }),
  },
  chart: {
    initial: 'asked',
    states: {
      asked: {
        on: {
          begin: [
            { guard: 'suppressed', target: 'suppressed', actions: 'suppress' },
            { guard: 'ungoverned', target: 'failed', actions: 'refuse' },
            { target: 'intending' },
          ],
        },
      },
      intending: {
        entry: 'intend',
        on: {
          intended: [
            { guard: 'stillValid', target: 'writing' },
            { target: 'failed', actions: 'tooLate' },
          ],
        },
      },
      writing: {
        entry: 'write',
        on: {
          wrote: [
            { guard: 'confirmed', target: 'confirmed', actions: 'confirm' },
            { guard: 'failed', target: 'failed', actions: 'fail' },
            { target: 'unknown', actions: 'doubt' },
          ],
        },
      },
      suppressed: { type: 'final' },
      confirmed: { type: 'final' },
      failed: { type: 'final' },
      unknown: { type: 'final' },
    },
  },
})

export interface CommandContext {
  readonly command: CommandAction
  /** Ids of pulses and `asset.setpoint` names still to be read back. */
  readonly open: readonly string[]
}
export type CommandEvent =
  /** A certificate that lists the command was applied. */
  | { readonly type: 'applied'; readonly over: boolean }
  | { readonly type: 'output'; readonly name: string; readonly outcome: OutputOutcome }
  | { readonly type: 'listed'; readonly over: boolean }
  /** It is no longer listed: the centre withdrew it. */
  | { readonly type: 'withdrawn' }
export interface CommandEffect {
  readonly kind: 'ended'
  readonly command: CommandAction
  readonly outcome: CommandTerminal
  readonly reason: string
}
type CommandSee = { readonly context: CommandContext; readonly event: CommandEvent }
const end = (outcome: CommandTerminal, reason: string) => (see: CommandSee) => ({
  do: { kind: 'ended' as const, command: see.context.command, outcome, reason },
})
const names = ({ event }: CommandSee) => (event as Extract<CommandEvent, { type: 'output' }>).name

const outcome = ({ event }: CommandSee) => (event as { outcome?: string }).outcome
const concerns = (see: CommandSee) => see.context.open.includes(names(see))

export const commandMachine = defineMachine<CommandContext, CommandEvent, CommandEffect>()({
  id: 'command',
  context: { command: { id: '', target: '', name: '', over: false, pulses: [], setpoints: [] }, open: [] },
  guards: {
    nothingOpen: ({ context }) => context.open.length === 0,
    last: see => see.context.open.length === 1 && see.context.open[0] === names(see),
    concerns,
    failed: see => concerns(see) && outcome(see) === 'failed',
    unknown: see => concerns(see) && outcome(see) === 'unknown',
    expired: ({ event }) => (event as { over: boolean }).over,
  },
  delays: {},
  actions: {
    close: see => ({ remember: { open: see.context.open.filter(name => name !== names(see)) } }),
    confirm: end('confirmed', ''),
    fail: end('failed', 'an output was refused by the device'),
    doubt: end('unknown', 'an output may or may not have reached the device'),
    expire: end('expired', 'its outputs were not read back before its expiry'),
    cancel: end('cancelled', 'withdrawn before it was carried out'),
  },
  chart: {
    initial: 'listed',
    states: {
      listed: {
        on: {
          applied: [
            { guard: 'nothingOpen', target: 'ended', actions: 'confirm' },
            { guard: 'expired', target: 'ended', actions: 'expire' },
          ],
          output: [
            { guard: 'failed', target: 'ended', actions: 'fail' },
            { guard: 'unknown', target: 'ended', actions: 'doubt' },
            { guard: 'last', target: 'ended', actions: 'confirm' },
            { guard: 'concerns', actions: 'close' },
          ],
          listed: { guard: 'expired', target: 'ended', actions: 'expire' },
          withdrawn: { target: 'ended', actions: 'cancel' },
        },
      },
      ended: { type: 'final' },
    },
  },
})
