/**
 * Delivery of frames: the newest goes to the node that acknowledged last, after RESEND_MS to the next. Gaps are
 * allowed. A frame that was acknowledged and not decided by the next turns to another node too: one that acknowledges
 * and does not append costs the site that slot and no more (L2). A frame that the log has not acknowledged
 * within its validity goes to the history stream: it no longer controls (S28) and is not lost (S20).
 */
import { defineMachine } from '../actors/kit/machine.ts'
import { type Carrying, NOBODY, turned, withLink, withoutLink } from './carrier.ts'

export const RESEND_MS = 100
/** Frames that wait for an acknowledgement; beyond it the oldest goes to history early. */
const PENDING_MAX = 64

export interface Frame {
  readonly cycle: number
  readonly body: string
  /** Site time at which it stops to control. */
  readonly untilMs: number
}
interface Pending extends Frame {
  /** Only who was given it can have appended it. */
  readonly givenTo: readonly string[]
}
interface DeliveryContext extends Carrying {
  readonly pending: readonly Pending[]
}
export type DeliveryEvent =
  | { readonly type: 'emitted'; readonly frame: Frame; readonly nowMs: number }
  | { readonly type: 'acked'; readonly node: string; readonly cycle: number }
  /** The next frame is due, and the one of this cycle has no quorum. */
  | { readonly type: 'undecided'; readonly cycle: number }
  | { readonly type: 'linked' | 'unlinked'; readonly node: string }
export type DeliveryEffect =
  | { readonly kind: 'send'; readonly frame: Frame; readonly to: string }
  | { readonly kind: 'history'; readonly frames: readonly Frame[] }

type See = { readonly context: DeliveryContext; readonly event: DeliveryEvent }
const emitted = ({ event }: See) => event as Extract<DeliveryEvent, { type: 'emitted' }>
const acked = ({ event }: See) => event as Extract<DeliveryEvent, { type: 'acked' }>
const of = ({ event }: See) => event as { readonly node: string }
const answered = (see: See) => {
  const { node, cycle } = acked(see)
  return see.context.pending.find(f => f.cycle === cycle && f.givenTo.includes(node))
}

export const deliveryMachine = defineMachine<DeliveryContext, DeliveryEvent, DeliveryEffect>()({
  id: 'delivery',
  context: { ...NOBODY, pending: [] },
  guards: {
    answered: see => answered(see) !== undefined,
    newest: see => answered(see) !== undefined && answered(see) === see.context.pending.at(-1),
    swallowed: ({ context, event }) => !context.pending.some(f => f.cycle === (event as { cycle: number }).cycle),
    uncarried: ({ context }) => context.carrier === null,
    carrier: see => of(see).node === see.context.carrier,
  },
  delays: { resend: () => RESEND_MS },
  actions: {
    keep: see => {
      const { frame, nowMs } = emitted(see)
      const { pending } = see.context
      const waiting = pending.filter(f => f.untilMs > nowMs).slice(-(PENDING_MAX - 1))
      const late = pending.filter(f => !waiting.includes(f))
      return {
        remember: { pending: [...waiting, { ...frame, givenTo: [] }] },
        ...(late.length > 0 ? { do: { kind: 'history', frames: late } as const } : {}),
      }
    },
    send: ({ context: { pending, carrier } }) => {
      const frame = pending.at(-1)
      if (!frame || carrier === null) return {}
      const given = { ...frame, givenTo: [...frame.givenTo.filter(node => node !== carrier), carrier] }
      return { remember: { pending: pending.with(-1, given) }, do: { kind: 'send', frame, to: carrier } }
    },
    settle: see => ({ remember: { pending: see.context.pending.filter(f => f !== answered(see)) } }),
    turn: ({ context }) => ({ remember: turned(context) }),
    link: see => ({ remember: withLink(see.context, of(see).node) }),
    unlink: see => ({ remember: withoutLink(see.context, of(see).node) }),
  },
  chart: {
    initial: 'delivered',
    on: {
      acked: { guard: 'answered', actions: 'settle' },
      undecided: { guard: 'swallowed', actions: 'turn' },
      linked: { actions: 'link' },
      unlinked: { actions: 'unlink' },
    },
    states: {
      delivered: { on: { emitted: { target: 'waiting', actions: 'keep' } } },
      waiting: {
        entry: 'send',
        on: {
          emitted: { target: 'waiting', reenter: true, actions: 'keep' },
          acked: { guard: 'newest', target: 'delivered', actions: 'settle' },
          linked: { guard: 'uncarried', target: 'waiting', reenter: true, actions: 'link' },
          unlinked: { guard: 'carrier', target: 'waiting', reenter: true, actions: 'unlink' },
        },
        after: { resend: { target: 'waiting', reenter: true, actions: 'turn' } },
      },
    },
  },
})
