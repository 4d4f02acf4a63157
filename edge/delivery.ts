/**
 * Delivery of frames: the newest goes to the node that acknowledged last, after RESEND_MS to the next. Gaps are
 * allowed. A frame that the log has not acknowledged within its validity goes to the history stream: it no longer
 * controls (S28) and is not lost (S20).
 */
import { defineMachine } from '../actors/kit/machine.ts'

export const RESEND_MS = 100
/** Frames that wait for an acknowledgement; beyond it the oldest goes to history early. */
const PENDING_MAX = 64

export interface PendingFrame {
  readonly cycle: number
  readonly body: string
  /** Site time at which it stops to control. */
  readonly untilMs: number
}
interface DeliveryContext {
  readonly pending: readonly PendingFrame[]
}
export type DeliveryEvent =
  | { readonly type: 'emitted'; readonly frame: PendingFrame; readonly nowMs: number }
  | { readonly type: 'acked'; readonly cycle: number }
  | { readonly type: 'linked' }
export type DeliveryEffect =
  | { readonly kind: 'send'; readonly frame: PendingFrame }
  | { readonly kind: 'tryAnother' }
  | { readonly kind: 'history'; readonly frames: readonly PendingFrame[] }

const emitted = (event: DeliveryEvent) => event as Extract<DeliveryEvent, { type: 'emitted' }>
const without = (context: DeliveryContext, cycle: number) => context.pending.filter(f => f.cycle !== cycle)

export const deliveryMachine = defineMachine<DeliveryContext, DeliveryEvent, DeliveryEffect>()({
  id: 'delivery',
  context: { pending: [] },
  guards: {
    newest: ({ context, event }) => context.pending.at(-1)?.cycle === (event as { cycle: number }).cycle,
  },
  delays: { resend: () => RESEND_MS },
  actions: {
    keep: ({ context, event }) => {
      const { frame, nowMs } = emitted(event)
      const waiting = context.pending.filter(f => f.untilMs > nowMs).slice(-(PENDING_MAX - 1))
      const late = context.pending.filter(f => !waiting.includes(f))
      return {
        remember: { pending: [...waiting, frame] },
        ...(late.length > 0 ? { do: { kind: 'history', frames: late } as const } : {}),
      }
    },
    send: ({ context }) => {
      const frame = context.pending.at(-1)
      return frame ? { do: { kind: 'send', frame } } : {}
    },
    tryAnother: () => ({ do: { kind: 'tryAnother' } }),
    settle: ({ context, event }) => ({ remember: { pending: without(context, (event as { cycle: number }).cycle) } }),
  },
  chart: {
    initial: 'delivered',
    on: { acked: { actions: 'settle' } },
    states: {
      delivered: { on: { emitted: { target: 'waiting', actions: 'keep' } } },
      waiting: {
        entry: 'send',
        on: {
          emitted: { target: 'waiting', reenter: true, actions: 'keep' },
          acked: { guard: 'newest', target: 'delivered', actions: 'settle' },
          linked: { target: 'waiting', reenter: true },
        },
        after: { resend: { target: 'waiting', reenter: true, actions: 'tryAnother' } },
      },
    },
  },
})
