/** Outbox, delivery and sampler: what goes up, when, and when again. */
import { deliveryMachine } from '../../../../edge/delivery.ts'
import { outboxMachine } from '../../../../edge/outbox-chart.ts'
import { type SamplerContext, type SamplerEvent, samplerMachine } from '../../../../edge/sampler.ts'
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

const polled = (atMs: number, whole = true) => ({ type: 'polled', atMs, whole }) as const
const nudge = (atMs: number) => ({ type: 'nudge', atMs }) as const
const fast = (atMs: number, on = true) => ({ type: 'fast', on, atMs }) as const
const start = { type: 'start', atMs: 0 } as const
export const sampler: Behaviour<SamplerContext, SamplerEvent, any> = {
  machine: samplerMachine as never,
  say: e =>
    e.kind === 'frame'
      ? `frame ${e.cycle} ${e.early ? 'early' : `due ${e.dueMs}`}`
      : e.kind === 'reserve'
        ? `reserve ${e.upTo}`
        : e.kind,
  scenarios: {
    'each frame is due T after the last was due, however long its poll took': {
      begins: 'idle | ',
      rows: [
        [5_000, 'idle'],
        [{ type: 'start', atMs: 5_000 }, 'observing', 'poll'],
        [20, 'observing'],
        [polled(5_020), 'waiting', 'frame 1 due 5000'],
        [979, 'waiting'],
        [1, 'polling', 'poll'],
        [300, 'polling'],
        [polled(6_300), 'waiting', 'frame 2 due 6000'],
        [700, 'polling', 'poll'],
      ],
    },
    'after a pause one frame, not a burst': {
      rows: [
        [start, 'observing', 'poll'],
        [polled(0), 'waiting', 'frame 1 due 0'],
        [1_000, 'polling', 'poll'],
        [2_900, 'polling'],
        [polled(3_900), 'waiting', 'frame 2 due 1000'],
        [999, 'waiting'],
        [1, 'polling', 'poll'],
      ],
    },
    'P4: the first frame waits until every device was read whole, and no later one does': {
      rows: [
        [start, 'observing', 'poll'],
        [polled(500, false), 'lookingAgain'],
        [199, 'lookingAgain'],
        [1, 'observing', 'poll'],
        [polled(1_200, false), 'lookingAgain'],
        [200, 'observing', 'poll'],
        [polled(1_450), 'waiting', 'frame 1 due 0'],
        [1_000, 'polling', 'poll'],
        [polled(2_450, false), 'waiting', 'frame 2 due 2450'],
      ],
    },
    'P5: what was read before a standstill is read again before anything is made of it': {
      rows: [
        [start, 'observing', 'poll'],
        [polled(0), 'waiting', 'frame 1 due 0'],
        [1_000, 'polling', 'poll'],
        [15_000, 'polling'],
        [polled(16_000), 'observing', 'poll'],
        [polled(16_010, false), 'waiting', 'frame 2 due 1000'], // waited for long enough
        [999, 'waiting'],
      ],
    },
    'P4: a device that stays silent is waited for no longer than observeMs': {
      input: { observeMs: 600 },
      rows: [
        [start, 'observing', 'poll'],
        [polled(599, false), 'lookingAgain'],
        [200, 'observing', 'poll'],
        [polled(900, false), 'waiting', 'frame 1 due 0'],
      ],
    },
    'P4: the first frame waits for its number too': {
      input: { cycle: 100, reserved: 100, asked: 100 },
      rows: [
        [start, 'observing', 'poll'],
        [polled(10), 'waiting', 'fast'],
        [1_000, 'polling', 'poll'],
        [{ type: 'reserved', upTo: 108 }, 'polling'],
        [polled(1_020), 'waiting', 'frame 101 due 0; reserve 109'],
      ],
    },
    'P2: an early frame on a nudge, 200 ms after the frame before it, and the rhythm stays': {
      rows: [
        [start, 'observing', 'poll'],
        [nudge(0), 'observing'],
        [polled(0), 'waiting', 'frame 1 due 0'],
        [300, 'waiting'],
        [nudge(300), 'waiting'],
        [0, 'polling', 'poll'],
        [polled(300), 'waiting', 'frame 2 early'],
        [100, 'waiting'],
        [nudge(400), 'waiting'],
        [nudge(400), 'waiting'], // of three nodes, or of one that does not stop
        [99, 'waiting'],
        [1, 'polling', 'poll'],
        [nudge(500), 'polling'],
        [polled(500), 'waiting', 'frame 3 early'],
        [499, 'waiting'],
        [1, 'polling', 'poll'],
        [polled(1_000), 'waiting', 'frame 4 due 1000; reserve 12'],
      ],
    },
    'P2: a nudge while a fast poll is under way': {
      input: { cycleMs: 1_000, fastMs: 150, fast: true },
      rows: [
        [start, 'observing', 'poll'],
        [polled(0), 'waiting', 'frame 1 due 0'],
        [150, 'polling', 'poll'],
        [nudge(150), 'polling'],
        [polled(150), 'waiting', 'fast'],
        [49, 'waiting'],
        [1, 'polling', 'poll'],
        [polled(200), 'waiting', 'frame 2 early'],
        [100, 'polling', 'poll'],
      ],
    },
    'P3: numbers are asked for ahead; a frame without a durable one waits': {
      input: { cycle: 100, reserved: 101, asked: 105 },
      rows: [
        [start, 'observing', 'poll'],
        [polled(0), 'waiting', 'frame 101 due 0; reserve 109'],
        [1_000, 'polling', 'poll'],
        [polled(1_000), 'waiting', 'fast'],
        [1_000, 'polling', 'poll'],
        [polled(2_000), 'waiting', 'fast'], // the disk stands still; local laws and watchdogs do not
        [{ type: 'reserved', upTo: 102 }, 'waiting'],
        [1_000, 'polling', 'poll'],
        [polled(3_000), 'waiting', 'frame 102 due 1000'],
        [{ type: 'reserved', upTo: 109 }, 'waiting'],
        [1_000, 'polling', 'poll'],
        [polled(4_000), 'waiting', 'frame 103 due 4000'],
      ],
    },
    'while a fast law is active, polls between the frames': {
      input: { cycleMs: 1_000, fastMs: 400 },
      rows: [
        [start, 'observing', 'poll'],
        [fast(0), 'observing'],
        [polled(0), 'waiting', 'frame 1 due 0'],
        [400, 'polling', 'poll'],
        [polled(400), 'waiting', 'fast'],
        [400, 'polling', 'poll'],
        [polled(810), 'waiting', 'fast'],
        [190, 'polling', 'poll'],
        [polled(1_000), 'waiting', 'frame 2 due 1000'],
        [fast(1_000, false), 'waiting'],
        [999, 'waiting'],
        [1, 'polling', 'poll'],
      ],
    },
    'fast from the beginning, and in the middle of a cycle': {
      input: { cycleMs: 1_000, fastMs: 250 },
      rows: [
        [fast(0), 'idle'],
        [start, 'observing', 'poll'],
        [polled(0), 'waiting', 'frame 1 due 0'],
        [250, 'polling', 'poll'],
        [fast(250, false), 'polling'],
        [polled(250), 'waiting', 'fast'],
        [350, 'waiting'],
        [fast(600), 'waiting'],
        [149, 'waiting'],
        [1, 'polling', 'poll'],
      ],
    },
  },
}
