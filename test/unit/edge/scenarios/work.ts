/** Writer, pulse and command: what is done once, in order, and only while it may be. */
import {
  type CommandContext,
  type CommandEvent,
  commandMachine,
  type PulseContext,
  pulseMachine,
} from '../../../../edge/commands.ts'
import type { Verdict } from '../../../../edge/verdict.ts'
import { type Round, type WriterEvent, writerMachine } from '../../../../edge/writer.ts'
import type { Behaviour } from './script.ts'

/** A round named by its cycle; `local`: under the same verdict, but a local law's values. */
const round = (cycle: number, validUntilMs = 5_000, local = false): Round => ({
  verdict: local ? null : ({ cycle } as Verdict),
  intent: local ? null : `digest ${cycle}`,
  standing: null,
  validUntilMs,
  suppressed: false,
  commands: [],
  emittedAtMs: cycle,
})
const begin = (cycle: number, validUntilMs?: number, local?: boolean): WriterEvent => ({
  type: 'round',
  round: round(cycle, validUntilMs, local),
})
const intended = (atMs: number) => ({ type: 'intended', atMs }) as const
const written = { type: 'written', receipts: [] } as const
const readBack = { type: 'readBack', receipts: [] } as const
const named = (r: Round) => `${r.emittedAtMs}${r.verdict ? '' : ' local'}${r.intent ? ` by '${r.intent}'` : ''}`

export const writer: Behaviour<any, WriterEvent, any> = {
  machine: writerMachine as never,
  say: effect => `${effect.kind} ${named(effect.round)}${effect.why ? ` ${effect.why}` : ''}`,
  scenarios: {
    'S6: the intent is durable before the write, and read back after it': {
      rows: [
        [begin(1), 'intending', "intend 1 by 'digest 1'"],
        [intended(10), 'writing', "write 1 by 'digest 1'"],
        [written, 'readingBack', "readBack 1 by 'digest 1'"],
        [readBack, 'idle', "done 1 by 'digest 1'"],
        [begin(2), 'intending', "intend 2 by 'digest 2'"],
      ],
    },
    'S4: an intent that took longer than the validity is not written': {
      rows: [
        [begin(1, 100), 'intending', "intend 1 by 'digest 1'"],
        [intended(100), 'idle', "dropped 1 by 'digest 1' expired"],
        [begin(2, 100), 'intending', "intend 2 by 'digest 2'"],
        [intended(99), 'writing', "write 2 by 'digest 2'"],
      ],
    },
    'the newest waits, and what it took the place of is told': {
      rows: [
        [begin(1), 'intending', "intend 1 by 'digest 1'"],
        [begin(2), 'intending'],
        [begin(3), 'intending', "dropped 2 by 'digest 2' superseded"],
        [intended(10), 'writing', "write 1 by 'digest 1'"],
        [begin(4), 'writing', "dropped 3 by 'digest 3' superseded"],
        [written, 'readingBack', "readBack 1 by 'digest 1'"],
        [begin(5), 'readingBack', "dropped 4 by 'digest 4' superseded"],
        [readBack, 'intending', "done 1 by 'digest 1'; intend 5 by 'digest 5'"],
        [intended(10), 'writing', "write 5 by 'digest 5'"],
      ],
    },
    'S6: local values under the waiting verdict keep its intent; under none they take its place': {
      rows: [
        [begin(1), 'intending', "intend 1 by 'digest 1'"],
        [begin(2, 7_000), 'intending'],
        [begin(3, 7_000, true), 'intending'],
        [intended(10), 'writing', "write 1 by 'digest 1'"],
        [written, 'readingBack', "readBack 1 by 'digest 1'"],
        [readBack, 'intending', "done 1 by 'digest 1'; intend 3 by 'digest 2'"],
        [begin(4, 8_000), 'intending'],
        [begin(5, 9_000, true), 'intending', "dropped 4 by 'digest 4' superseded"],
      ],
    },
  },
}

const wrote = (outcome: string) => ({ type: 'wrote', outcome, reason: 'why' }) as const
const begun = { type: 'begin' } as const
export const pulse: Behaviour<PulseContext, any, any> = {
  machine: pulseMachine as never,
  say: e => (e.kind === 'intend' || e.kind === 'write' ? e.kind : `${e.outcome}: ${e.reason}`),
  scenarios: {
    'S8: noted, then written, once': {
      input: { validUntilMs: 100 },
      begins: 'asked | ',
      rows: [
        [begun, 'intending', 'intend'],
        [intended(99), 'writing', 'write'],
        [intended(99), 'writing'],
        [wrote('confirmed'), 'confirmed', 'confirmed: why'],
        [wrote('confirmed'), 'confirmed'],
        [intended(99), 'confirmed'],
      ],
    },
    'S4: a note that took longer than the validity': {
      input: { validUntilMs: 100 },
      rows: [
        [begun, 'intending', 'intend'],
        [intended(100), 'failed', 'failed: validity ended before the write'],
      ],
    },
    'S36: in local mode it is not begun': {
      input: { validUntilMs: 100, governed: false },
      rows: [
        [begun, 'failed', 'failed: the device is in local mode'],
        [intended(1), 'failed'],
      ],
    },
    'observe: everything but the write, also in local mode': {
      input: { validUntilMs: 100, suppressed: true, governed: false },
      rows: [[begun, 'suppressed', 'suppressed: ']],
    },
    'refused by the device': {
      input: { validUntilMs: 100 },
      rows: [
        [begun, 'intending', 'intend'],
        [intended(1), 'writing', 'write'],
        [wrote('failed'), 'failed', 'failed: why'],
      ],
    },
    'S11: an answer that never came is neither': {
      input: { validUntilMs: 100 },
      rows: [
        [begun, 'intending', 'intend'],
        [intended(1), 'writing', 'write'],
        [wrote('unknown'), 'unknown', 'unknown: why'],
      ],
    },
  },
}

const asked = (...open: string[]): Partial<CommandContext> => ({
  open,
  command: { id: 'command-1', target: 'bat1', name: 'start', over: false, pulses: [], setpoints: [] },
})
const output = (name: string, outcome: 'confirmed' | 'failed' | 'unknown' = 'confirmed') =>
  ({ type: 'output', name, outcome }) as const
const listed = (over = false) => ({ type: 'listed', over }) as const
const applied = (over = false) => ({ type: 'applied', over }) as const
export const command: Behaviour<CommandContext, CommandEvent, any> = {
  machine: commandMachine as never,
  say: e => e.outcome,
  scenarios: {
    'without outputs: confirmed when a certificate that lists it is applied': {
      input: asked(),
      rows: [
        [listed(), 'listed'],
        [applied(), 'ended', 'confirmed'],
        [applied(), 'ended'],
      ],
    },
    'several outputs: confirmed with the last; others do not concern it': {
      input: asked('0-1', 'bat1.power'),
      rows: [
        [applied(), 'listed'],
        [output('0-9'), 'listed'],
        [output('0-9', 'failed'), 'listed'],
        [output('0-9', 'unknown'), 'listed'],
        [output('0-1'), 'listed'],
        [output('0-1', 'unknown'), 'listed'],
        [output('bat1.power'), 'ended', 'confirmed'],
      ],
    },
    'one failed output ends it': {
      input: asked('0-1', '0-2'),
      rows: [
        [output('0-2', 'failed'), 'ended', 'failed'],
        [output('0-1'), 'ended'],
      ],
    },
    'S11: one unknown output makes it unknown': {
      input: asked('0-1'),
      rows: [[output('0-1', 'unknown'), 'ended', 'unknown']],
    },
    'over its expiry': {
      input: asked('0-1'),
      rows: [
        [listed(), 'listed'],
        [listed(true), 'ended', 'expired'],
      ],
    },
    'over its expiry when applied': { input: asked('0-1'), rows: [[applied(true), 'ended', 'expired']] },
    'no longer listed': { input: asked('0-1'), rows: [[{ type: 'withdrawn' }, 'ended', 'cancelled']] },
  },
}
