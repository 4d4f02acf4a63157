/** Outbox and delivery: what goes up, and when again. */
import { deliveryMachine } from '../../../../edge/delivery.ts'
import { outboxMachine } from '../../../../edge/outbox-chart.ts'
import type { Behaviour } from './script.ts'

const put = (last: number) => ({ type: 'put', last }) as const
const acked = (node: string, first: number, last: number) => ({ type: 'acked', node, first, last }) as const
const seen = (node: string, last: number) => ({ type: 'seen', node, last }) as const
const linked = (node: string) => ({ type: 'linked', node }) as const
const unlinked = (node: string) => ({ type: 'unlinked', node }) as const
const [FILLING, DRAINING] = ['sending.filling, reading.read', 'sending.draining, reading.read']
const [UNREAD, BOTH] = ['sending.filling, reading.unread', 'sending.draining, reading.unread']
const threeLinks = { linked: ['a', 'b', 'c'], carrier: 'a' }
export const outbox: Behaviour<any, any, any> = {
  machine: outboxMachine as never,
  say: e => (e.kind === 'send' ? `send ${e.from}-${e.upTo} to ${e.to}` : `release ${e.upTo}`),
  scenarios: {
    'one batch in flight; what was put meanwhile goes with the next': {
      begins: `${FILLING} | `,
      rows: [
        [linked('a'), FILLING],
        [put(1), DRAINING, 'send 1-1 to a'],
        [put(2), DRAINING],
        [put(3), DRAINING],
        [acked('a', 1, 1), BOTH, 'send 2-3 to a'],
        [acked('a', 2, 3), UNREAD],
        [linked('b'), UNREAD],
        [put(4), BOTH, 'send 4-4 to a'],
      ],
    },
    'no acknowledgement: the same batch to the next node, again and again': {
      input: threeLinks,
      rows: [
        [put(1), DRAINING, 'send 1-1 to a'],
        [99, DRAINING],
        [1, DRAINING, 'send 1-1 to b'],
        [100, DRAINING, 'send 1-1 to c'],
        [100, DRAINING, 'send 1-1 to a'],
        [acked('a', 1, 1), UNREAD],
      ],
    },
    'C1: only the carrier’s answer to just this batch counts': {
      input: { ...threeLinks, last: 8, acked: 4 },
      begins: `${BOTH} | send 5-8 to a`,
      rows: [
        [acked('b', 5, 8), BOTH],
        [acked('a', 3, 8), BOTH],
        [acked('a', 5, 4), BOTH],
        [acked('a', 5, 9), BOTH],
        [acked('a', 5, 6), BOTH, 'send 7-8 to a'],
        [acked('a', 7, 8), UNREAD],
      ],
    },
    'nobody is linked: sent with the first link; the carrier is gone: with the next': {
      rows: [
        [put(1), DRAINING],
        [150, DRAINING],
        [linked('a'), DRAINING, 'send 1-1 to a'],
        [linked('b'), DRAINING],
        [60, DRAINING],
        [unlinked('a'), DRAINING, 'send 1-1 to b'],
        [acked('b', 1, 1), UNREAD],
        [unlinked('b'), UNREAD],
        [put(2), BOTH],
        [linked('c'), BOTH, 'send 2-2 to c'],
      ],
    },
    'C2: released when two have read it, by none alone, however often': {
      input: threeLinks,
      rows: [
        [put(1), DRAINING, 'send 1-1 to a'],
        [put(2), DRAINING],
        [acked('a', 1, 1), BOTH, 'send 2-2 to a'],
        [acked('a', 2, 2), UNREAD],
        [seen('a', 2), UNREAD],
        [seen('a', 9), UNREAD],
        [seen('b', 1), UNREAD, 'release 1'],
        [seen('c', 1), UNREAD],
        [seen('c', 2), FILLING, 'release 2'],
      ],
    },
    'two who have read it are an answer, whoever brought it; a batch that is still under way is not sent twice': {
      input: threeLinks,
      rows: [
        [put(4), DRAINING, 'send 1-4 to a'],
        [seen('b', 2), DRAINING],
        [seen('c', 2), DRAINING, 'release 2; send 3-4 to a'],
        [acked('a', 3, 3), BOTH, 'send 4-4 to a'],
        [seen('b', 3), BOTH],
        [seen('c', 3), DRAINING, 'release 3'],
      ],
    },
    'history is released when it is appended': {
      input: { ...threeLinks, readers: 0 },
      rows: [
        [put(2), DRAINING, 'send 1-2 to a'],
        [acked('a', 1, 2), FILLING, 'release 2'],
        [9_000, FILLING],
      ],
    },
    'C3: acknowledged and never read: again, from the first unreleased on, through another': {
      input: threeLinks,
      rows: [
        [put(1), DRAINING, 'send 1-1 to a'],
        [acked('a', 1, 1), UNREAD],
        [1_500, UNREAD],
        [put(3), BOTH, 'send 2-3 to a'],
        [acked('a', 2, 3), UNREAD],
        [499, UNREAD],
        [1, DRAINING, 'send 1-3 to b'],
        [acked('a', 1, 3), DRAINING], // the liar again
        [acked('b', 1, 3), UNREAD],
        [seen('b', 3), UNREAD],
        [seen('c', 3), FILLING, 'release 3'],
        [put(4), DRAINING, 'send 4-4 to b'],
      ],
    },
    'C3: a batch that is under way is overtaken': {
      input: threeLinks,
      rows: [
        [put(1), DRAINING, 'send 1-1 to a'],
        [acked('a', 1, 1), UNREAD],
        [1_999, UNREAD],
        [put(2), BOTH, 'send 2-2 to a'],
        [1, DRAINING, 'send 1-2 to b'],
        [99, DRAINING],
        [1, DRAINING, 'send 1-2 to c'],
      ],
    },
    'C3: each release gives the rest its time': {
      input: threeLinks,
      rows: [
        [put(2), DRAINING, 'send 1-2 to a'],
        [acked('a', 1, 2), UNREAD],
        [1_999, UNREAD],
        [seen('b', 1), UNREAD],
        [seen('c', 1), UNREAD, 'release 1'],
        [1_999, UNREAD],
        [1, DRAINING, 'send 2-2 to b'],
      ],
    },
    'C3: with one node up nothing is sent twice; through another as soon as there is one': {
      input: { linked: ['a'], carrier: 'a' },
      rows: [
        [put(1), DRAINING, 'send 1-1 to a'],
        [acked('a', 1, 1), UNREAD],
        [60_000, UNREAD],
        [linked('b'), UNREAD],
        [2_000, DRAINING, 'send 1-1 to b'],
        [acked('b', 1, 1), UNREAD],
        [60_000, UNREAD], // both have carried all of it
        [put(2), BOTH, 'send 2-2 to b'],
        [acked('b', 2, 2), UNREAD],
        [60_000, UNREAD],
      ],
    },
    'C3: who came in the midst has not carried all of it': {
      input: { linked: ['a', 'b'], carrier: 'a' },
      rows: [
        [put(1), DRAINING, 'send 1-1 to a'],
        [acked('a', 1, 1), UNREAD],
        [put(2), BOTH, 'send 2-2 to a'],
        [unlinked('a'), BOTH, 'send 2-2 to b'],
        [acked('b', 2, 2), UNREAD],
        [2_000, DRAINING, 'send 1-2 to b'],
        [acked('b', 1, 2), UNREAD],
        [60_000, UNREAD],
      ],
    },
  },
}

const frame = (cycle: number) => (nowMs: number) =>
  ({ type: 'emitted', frame: { cycle, body: '', untilMs: nowMs + 5_000 }, nowMs }) as const
const taken = (cycle: number, node = 'a') => ({ type: 'acked', node, cycle }) as const
const undecided = (cycle: number) => ({ type: 'undecided', cycle }) as const
export const delivery: Behaviour<any, any, any> = {
  machine: deliveryMachine as never,
  say: e =>
    e.kind === 'send'
      ? `send ${e.frame.cycle} to ${e.to}`
      : `history ${e.frames.map((f: { cycle: number }) => f.cycle)}`,
  scenarios: {
    'the newest frame, until it is acknowledged': {
      begins: 'delivered | ',
      input: threeLinks,
      rows: [
        [frame(1), 'waiting', 'send 1 to a'],
        [100, 'waiting', 'send 1 to b'],
        [99, 'waiting'],
        [taken(1, 'b'), 'delivered'],
        [1_000, 'delivered'],
        [frame(2), 'waiting', 'send 2 to b'],
      ],
    },
    'with the first link; with the next, when the carrier is gone': {
      rows: [
        [frame(1), 'waiting'],
        [linked('a'), 'waiting', 'send 1 to a'],
        [linked('b'), 'waiting'],
        [unlinked('a'), 'waiting', 'send 1 to b'],
        [linked('a'), 'waiting'],
        [taken(1, 'b'), 'delivered'],
        [unlinked('b'), 'delivered'],
        [frame(2), 'waiting', 'send 2 to a'],
        [taken(2), 'delivered'],
        [unlinked('a'), 'delivered'],
        [linked('c'), 'delivered'],
        [frame(3), 'waiting', 'send 3 to c'],
      ],
    },
    'L2: acknowledged and undecided by the next: that one goes to another node': {
      input: threeLinks,
      rows: [
        [frame(1), 'waiting', 'send 1 to a'],
        [taken(1), 'delivered'],
        [undecided(1), 'delivered'],
        [frame(2), 'waiting', 'send 2 to b'],
        [undecided(2), 'waiting'], // nobody has acknowledged it: that is another matter
        [frame(3), 'waiting', 'send 3 to b'],
      ],
    },
    'who was not given a frame cannot have appended it': {
      input: threeLinks,
      rows: [
        [frame(1), 'waiting', 'send 1 to a'],
        [taken(1, 'c'), 'waiting'],
        [100, 'waiting', 'send 1 to b'],
        [taken(1, 'a'), 'delivered'],
      ],
    },
    'a newer frame takes the place of one that waits': {
      input: threeLinks,
      rows: [
        [frame(1), 'waiting', 'send 1 to a'],
        [60, 'waiting'],
        [frame(2), 'waiting', 'send 2 to a'],
        [60, 'waiting'],
        [taken(1), 'waiting'],
        [40, 'waiting', 'send 2 to b'],
        [taken(2, 'b'), 'delivered'],
      ],
    },
    'S28: over its validity a frame goes to history, and controls no more': {
      input: threeLinks,
      rows: [
        [frame(1), 'waiting', 'send 1 to a'],
        [50, 'waiting'],
        [frame(2), 'waiting', 'send 2 to a'],
        [taken(2), 'delivered'],
        [4_949, 'delivered'],
        [frame(3), 'waiting', 'send 3 to a'],
        [taken(3), 'delivered'],
        [1, 'delivered'],
        [frame(4), 'waiting', 'history 1; send 4 to a'],
      ],
    },
    'an acknowledgement that comes late keeps a frame out of history': {
      input: threeLinks,
      rows: [
        [frame(1), 'waiting', 'send 1 to a'],
        [50, 'waiting'],
        [frame(2), 'waiting', 'send 2 to a'],
        [taken(2), 'delivered'],
        [taken(1), 'delivered'],
        [5_000, 'delivered'],
        [frame(3), 'waiting', 'send 3 to a'],
      ],
    },
  },
}
