/**
 * The writer's chart: the only way to the field, one round at a time, the newest wins. A round's steps:
 *
 *   intending    a change of law, parameters or verdict is durable before anything moves (S6)
 *   writing      checked again: a slow sync may have outlived the validity (S4)
 *   readingBack  confirmed means that the quantised registers read back equal (S9)
 *
 * A round that waits gives way to a newer one; local values computed under the same verdict take over its intent and
 * receipt, so that no change of verdict goes unnoted.
 *
 * The chart decides; `edge/field.ts` performs.
 */
import { defineMachine } from '../actors/kit/machine.ts'
import type { WriteReceipt } from '../protocol/words/facts.ts'
import type { Verdict } from './verdict.ts'

export interface Round {
  /** Null: a fallback, under the standing note of it. */
  readonly verdict: Verdict | null
  /** Changes with every change of law or parameters; null: covered by the standing intent. */
  readonly intent: string | null
  /** What governs it: values are worked out from it when they are written, from what holds then (S29). */
  readonly standing: Verdict | null
  /** Nothing is written after this, monotonic ms. */
  readonly validUntilMs: number
  /** Observe mode: everything but the write. */
  readonly suppressed: boolean
  /** Commands that the verdict behind it lists: only what it writes can confirm them. */
  readonly commands: readonly string[]
  readonly emittedAtMs: number
}
export interface WriterContext {
  readonly round: Round | null
  readonly next: Round | null
  readonly receipts: readonly WriteReceipt[]
}
export type WriterEvent =
  | { readonly type: 'round'; readonly round: Round }
  | { readonly type: 'intended'; readonly atMs: number }
  | { readonly type: 'written'; readonly receipts: readonly WriteReceipt[] }
  | { readonly type: 'readBack'; readonly receipts: readonly WriteReceipt[] }
export type WriterEffect =
  | { readonly kind: 'intend'; readonly round: Round }
  | { readonly kind: 'write'; readonly round: Round }
  | { readonly kind: 'readBack'; readonly round: Round; readonly receipts: readonly WriteReceipt[] }
  | { readonly kind: 'done'; readonly round: Round; readonly receipts: readonly WriteReceipt[] }
  | { readonly kind: 'dropped'; readonly round: Round; readonly why: 'expired' | 'superseded' }

type See = { readonly context: WriterContext; readonly event: WriterEvent }
const roundOf = ({ event }: See) => (event as Extract<WriterEvent, { type: 'round' }>).round

export const writerMachine = defineMachine<WriterContext, WriterEvent, WriterEffect>()({
  id: 'writer',
  context: { round: null, next: null, receipts: [] },
  guards: {
    stillValid: ({ context, event }) =>
      (event as Extract<WriterEvent, { type: 'intended' }>).atMs < context.round!.validUntilMs,
    another: ({ context }) => context.next !== null,
  },
  delays: {},
  actions: {
    take: see => ({ remember: { round: roundOf(see), receipts: [] } }),
    takeNext: ({ context }) => ({ remember: { round: context.next, next: null, receipts: [] } }),
    queue: see => {
      const older = see.context.next
      const newer = roundOf(see)
      if (older?.verdict && !newer.verdict && older.validUntilMs === newer.validUntilMs)
        return { remember: { next: { ...newer, verdict: older.verdict, intent: older.intent } } } // S6
      return {
        remember: { next: newer },
        ...(older ? { do: { kind: 'dropped', round: older, why: 'superseded' } as const } : {}),
      }
    },
    intend: ({ context }) => ({ do: { kind: 'intend', round: context.round! } }),
    write: ({ context }) => ({ do: { kind: 'write', round: context.round! } }),
    expire: ({ context }) => ({ do: { kind: 'dropped', round: context.round!, why: 'expired' } }),
    keepReceipts: ({ event }) => ({
      remember: { receipts: (event as Extract<WriterEvent, { type: 'written' }>).receipts },
    }),
    readBack: ({ context }) => ({ do: { kind: 'readBack', round: context.round!, receipts: context.receipts } }),
    report: ({ context, event }) => ({
      remember: { round: null, receipts: [] },
      do: {
        kind: 'done',
        round: context.round!,
        receipts: (event as Extract<WriterEvent, { type: 'readBack' }>).receipts,
      },
    }),
  },
  chart: {
    initial: 'idle',
    states: {
      idle: {
        tags: 'idle',
        always: { guard: 'another', target: 'intending', actions: 'takeNext' },
        on: { round: { target: 'intending', actions: 'take' } },
      },
      intending: {
        entry: 'intend',
        on: {
          intended: [
            { guard: 'stillValid', target: 'writing' },
            { target: 'idle', actions: 'expire' },
          ],
          round: { actions: 'queue' },
        },
      },
      writing: {
        entry: 'write',
        on: { written: { target: 'readingBack', actions: 'keepReceipts' }, round: { actions: 'queue' } },
      },
      readingBack: {
        entry: 'readBack',
        on: { readBack: { target: 'idle', actions: 'report' }, round: { actions: 'queue' } },
      },
    },
  },
})
