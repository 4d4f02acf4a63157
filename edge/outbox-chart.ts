/**
 * The chart of an outbox: what is sent when, through whom, and when again.
 *
 * C1  One batch in flight, through one node; only its answer to just this batch counts.
 * C2  An entry is released when `readers` nodes have read it back from the log; with none, when it was appended.
 * C3  What was acknowledged and is not read in time is sent again from the first unreleased entry on, through a node
 *     that has not carried all of it yet: a node that acknowledges and does not append is passed by. When every linked
 *     node has carried all of it, sending it once more would only repeat it.
 */
import { defineMachine } from '../actors/kit/machine.ts'
import { type Carrying, NOBODY, others, turned, withLink, withoutLink } from './carrier.ts'

export interface OutboxContext extends Carrying {
  /** The newest entry on disk, the newest acknowledged, the newest released. */
  readonly last: number
  readonly acked: number
  readonly released: number
  readonly readers: number
  /** Up to where each node has read the stream from the log. */
  readonly seen: Readonly<Record<string, number>>
  /** From this number on the present carrier has carried everything. */
  readonly carriedFrom: number
  /** Since the last release, who has carried all that was unreleased. */
  readonly tried: readonly string[]
  /** The batch in flight is overtaken: another one begins where it did not. */
  readonly rewound: boolean
  readonly resendMs: number
  readonly unreadMs: number
}
export type OutboxEvent =
  | { readonly type: 'put'; readonly last: number }
  | { readonly type: 'acked'; readonly node: string; readonly first: number; readonly last: number }
  | { readonly type: 'seen'; readonly node: string; readonly last: number }
  | { readonly type: 'linked' | 'unlinked'; readonly node: string }
export type OutboxEffect =
  | { readonly kind: 'send'; readonly from: number; readonly upTo: number; readonly to: string }
  | { readonly kind: 'release'; readonly upTo: number }

type See = { readonly context: OutboxContext; readonly event: OutboxEvent }
const numbered = ({ event }: See) => event as { readonly last: number }
const of = ({ event }: See) => event as { readonly node: string }

const carriedAll = ({ carriedFrom, released }: OutboxContext) => carriedFrom <= released + 1
const tried = (context: OutboxContext) =>
  carriedAll(context) && context.carrier !== null ? [...context.tried, context.carrier] : context.tried
/** Who might bring the unreleased into the log; also the carrier itself, where it began in the midst of them. */
function untried(context: OutboxContext): string | undefined {
  const { carrier } = context
  const inTurn = carrier === null ? others(context) : [...others(context), carrier]
  return inTurn.find(node => !tried(context).includes(node))
}
/** The newest entry that `readers` nodes have read, once this one has read so far. */
function read({ context, event }: See) {
  const { node, last } = event as Extract<OutboxEvent, { type: 'seen' }>
  const seen = { ...context.seen, [node]: Math.max(context.seen[node] ?? 0, Math.min(last, context.last)) }
  const newest = Object.values(seen).sort((a, b) => b - a)[context.readers - 1] ?? 0
  return { seen, released: Math.max(context.released, newest) }
}
/** Another carrier begins behind what is acknowledged. */
const carriedBy = (context: OutboxContext, next: Carrying) => ({
  ...next,
  carriedFrom: next.carrier === context.carrier ? context.carriedFrom : context.acked + 1,
})

export const outboxMachine = defineMachine<OutboxContext, OutboxEvent, OutboxEffect>()({
  id: 'outbox',
  context: {
    ...NOBODY,
    last: 0,
    acked: 0,
    released: 0,
    readers: 2,
    seen: {},
    carriedFrom: 1,
    tried: [],
    rewound: false,
    resendMs: 100,
    unreadMs: 2_000,
  },
  guards: {
    unsent: ({ context }) => context.acked < context.last,
    rewound: ({ context }) => context.rewound,
    answered: see => {
      const { node, first, last } = see.event as Extract<OutboxEvent, { type: 'acked' }>
      const { carrier, acked } = see.context
      return node === carrier && first === acked + 1 && last >= first && last <= see.context.last // C1
    },
    uncarried: ({ context }) => context.carrier === null,
    carrier: see => of(see).node === see.context.carrier,
    unread: ({ context }) => context.acked > context.released,
    allRead: ({ context }) => context.acked === context.released,
    /** It stands in the log, whoever brought it there: the batch in flight is done. */
    overtaken: see => read(see).released > see.context.acked,
    releases: see => read(see).released > see.context.released,
    another: ({ context }) => untried(context) !== undefined,
  },
  delays: { resend: ({ context }) => context.resendMs, unread: ({ context }) => context.unreadMs },
  actions: {
    note: see => ({ remember: { last: Math.max(see.context.last, numbered(see).last) } }),
    send: ({ context }) => ({
      remember: { rewound: false },
      do:
        context.carrier === null
          ? []
          : { kind: 'send', from: context.acked + 1, upTo: context.last, to: context.carrier },
    }),
    advance: see => {
      const acked = numbered(see).last
      if (see.context.readers > 0) return { remember: { acked } }
      return { remember: { acked, released: acked }, do: { kind: 'release', upTo: acked } } // C2
    },
    link: see => ({ remember: carriedBy(see.context, withLink(see.context, of(see).node)) }),
    unlink: see => ({ remember: carriedBy(see.context, withoutLink(see.context, of(see).node)) }),
    turn: ({ context }) => ({ remember: carriedBy(context, turned(context)) }),
    read: see => ({ remember: { seen: read(see).seen } }),
    release: see => {
      const { seen, released } = read(see)
      const acked = Math.max(see.context.acked, released)
      return { remember: { seen, released, acked, tried: [] }, do: { kind: 'release', upTo: released } }
    },
    rewind: ({ context }) => ({
      remember: {
        carrier: untried(context)!,
        tried: tried(context),
        acked: context.released,
        carriedFrom: context.released + 1,
        rewound: true,
      },
    }),
  },
  chart: {
    type: 'parallel',
    states: {
      sending: {
        initial: 'filling',
        on: { put: { actions: 'note' }, linked: { actions: 'link' }, unlinked: { actions: 'unlink' } },
        states: {
          filling: { always: { guard: 'unsent', target: 'draining' } },
          draining: {
            entry: 'send',
            always: { guard: 'rewound', target: 'draining', reenter: true },
            on: {
              // an answer of the past is no reason to send the batch in flight once more
              acked: { guard: 'answered', target: 'filling', actions: 'advance' },
              seen: { guard: 'overtaken', target: 'filling' },
              linked: { guard: 'uncarried', target: 'draining', reenter: true, actions: 'link' },
              unlinked: { guard: 'carrier', target: 'draining', reenter: true, actions: 'unlink' },
            },
            after: { resend: { target: 'draining', reenter: true, actions: 'turn' } },
          },
        },
      },
      reading: {
        initial: 'read',
        on: { seen: [{ guard: 'releases', actions: 'release' }, { actions: 'read' }] },
        states: {
          read: { always: { guard: 'unread', target: 'unread' } },
          unread: {
            description: 'Acknowledged, and not yet read back by enough nodes',
            always: { guard: 'allRead', target: 'read' },
            on: { seen: { guard: 'releases', target: 'unread', reenter: true, actions: 'release' } },
            after: {
              unread: [
                { guard: 'another', target: 'read', actions: 'rewind' },
                { target: 'unread', reenter: true },
              ],
            },
          },
        },
      },
    },
  },
})
