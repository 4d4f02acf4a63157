/** Outbox, delivery and sampler: what goes up, when, and when again. */
import { deliveryMachine } from '../../../../edge/delivery.ts'
import { outboxMachine } from '../../../../edge/outbox.ts'
import { type SamplerContext, type SamplerEvent, samplerMachine } from '../../../../edge/sampler.ts'
import type { Behaviour } from './script.ts'

const put = (last: number) => ({ type: 'put', last }) as const
const acked = (last: number) => ({ type: 'acked', last }) as const
const linked = { type: 'linked' } as const
export const outbox: Behaviour<any, any, any> = {
  machine: outboxMachine as never,
  say: e => (e.kind === 'send' ? `send ${e.from}` : e.kind),
  scenarios: {
    'one batch in flight; what was put meanwhile goes with the next': {
      begins: 'filling | ',
      rows: [
        [put(1), 'draining', 'send 1'],
        [put(2), 'draining'],
        [put(3), 'draining'],
        [acked(1), 'draining', 'send 2'],
        [acked(3), 'filling'],
        [linked, 'filling'],
        [put(4), 'draining', 'send 4'],
      ],
    },
    'no acknowledgement: the same batch to another node, again and again': {
      rows: [
        [put(1), 'draining', 'send 1'],
        [99, 'draining'],
        [1, 'draining', 'tryAnother; send 1'],
        [100, 'draining', 'tryAnother; send 1'],
        [acked(1), 'filling'],
        [1_000, 'filling'],
      ],
    },
    'a new link: sent at once': {
      rows: [
        [put(1), 'draining', 'send 1'],
        [60, 'draining'],
        [linked, 'draining', 'send 1'],
        [60, 'draining'],
        [40, 'draining', 'tryAnother; send 1'],
      ],
    },
    'an acknowledgement of the past sends nothing; one of the future is no news': {
      input: { last: 8, acked: 4 },
      begins: 'draining | send 5',
      rows: [
        [acked(3), 'draining'],
        [acked(4), 'draining'],
        [acked(9), 'draining'],
        [acked(6), 'draining', 'send 7'],
        [acked(8), 'filling'],
      ],
    },
  },
}

const frame = (cycle: number) => (nowMs: number) =>
  ({ type: 'emitted', frame: { cycle, body: '', untilMs: nowMs + 5_000 }, nowMs }) as const
const taken = (cycle: number) => ({ type: 'acked', cycle }) as const
export const delivery: Behaviour<any, any, any> = {
  machine: deliveryMachine as never,
  say: e =>
    e.kind === 'send'
      ? `send ${e.frame.cycle}`
      : e.kind === 'history'
        ? `history ${e.frames.map((f: { cycle: number }) => f.cycle)}`
        : e.kind,
  scenarios: {
    'the newest frame, until it is acknowledged': {
      begins: 'delivered | ',
      rows: [
        [frame(1), 'waiting', 'send 1'],
        [100, 'waiting', 'tryAnother; send 1'],
        [linked, 'waiting', 'send 1'],
        [99, 'waiting'],
        [taken(1), 'delivered'],
        [1_000, 'delivered'],
        [linked, 'delivered'],
        [frame(2), 'waiting', 'send 2'],
      ],
    },
    'a newer frame takes the place of one that waits': {
      rows: [
        [frame(1), 'waiting', 'send 1'],
        [60, 'waiting'],
        [frame(2), 'waiting', 'send 2'],
        [60, 'waiting'],
        [taken(1), 'waiting'],
        [40, 'waiting', 'tryAnother; send 2'],
        [taken(2), 'delivered'],
      ],
    },
    'S28: over its validity a frame goes to history, and controls no more': {
      rows: [
        [frame(1), 'waiting', 'send 1'],
        [50, 'waiting'],
        [frame(2), 'waiting', 'send 2'],
        [taken(2), 'delivered'],
        [4_949, 'delivered'],
        [frame(3), 'waiting', 'send 3'],
        [taken(3), 'delivered'],
        [1, 'delivered'],
        [frame(4), 'waiting', 'history 1; send 4'],
      ],
    },
    'an acknowledgement that comes late keeps a frame out of history': {
      rows: [
        [frame(1), 'waiting', 'send 1'],
        [50, 'waiting'],
        [frame(2), 'waiting', 'send 2'],
        [taken(2), 'delivered'],
        [taken(1), 'delivered'],
        [5_000, 'delivered'],
        [frame(3), 'waiting', 'send 3'],
      ],
    },
  },
}

const polled = (atMs: number) => ({ type: 'polled', atMs }) as const
const nudge = (atMs: number) => ({ type: 'nudge', atMs }) as const
const fast = (atMs: number, on = true) => ({ type: 'fast', on, atMs }) as const
const start = { type: 'start', atMs: 0 } as const
export const sampler: Behaviour<SamplerContext, SamplerEvent, any> = {
  machine: samplerMachine as never,
  say: e => (e.kind === 'frame' ? `frame ${e.cycle} due ${e.dueMs}` : e.kind),
  scenarios: {
    'each frame is due T after the last was due, however long its poll took': {
      begins: 'idle | ',
      rows: [
        [5_000, 'idle'],
        [{ type: 'start', atMs: 5_000 }, 'polling', 'poll'],
        [20, 'polling'],
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
        [start, 'polling', 'poll'],
        [polled(0), 'waiting', 'frame 1 due 0'],
        [1_000, 'polling', 'poll'],
        [7_500, 'polling'],
        [polled(8_500), 'waiting', 'frame 2 due 1000'],
        [999, 'waiting'],
        [1, 'polling', 'poll'],
      ],
    },
    'an early frame on a nudge, one in 200 ms, and the rhythm stays': {
      rows: [
        [start, 'polling', 'poll'],
        [nudge(0), 'polling'],
        [polled(0), 'waiting', 'frame 1 due 0'],
        [300, 'waiting'],
        [nudge(300), 'polling', 'poll'],
        [polled(300), 'waiting', 'frame 2 due 1000'],
        [199, 'waiting'],
        [nudge(499), 'waiting'],
        [1, 'waiting'],
        [nudge(500), 'polling', 'poll'],
        [polled(500), 'waiting', 'frame 3 due 1000'],
        [500, 'polling', 'poll'],
        [polled(1_000), 'waiting', 'frame 4 due 1000'],
      ],
    },
    'while a fast law is active, polls between the frames': {
      input: { cycleMs: 1_000, fastMs: 400 },
      rows: [
        [start, 'polling', 'poll'],
        [fast(0), 'polling'],
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
        [start, 'polling', 'poll'],
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
    'another rhythm from the next frame on': {
      rows: [
        [start, 'polling', 'poll'],
        [{ type: 'timing', cycleMs: 2_000, fastMs: 2_000 }, 'polling'],
        [polled(0), 'waiting', 'frame 1 due 0'],
        [1_999, 'waiting'],
        [1, 'polling', 'poll'],
      ],
    },
  },
}
