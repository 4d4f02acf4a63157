/** The sampler: when it polls, and when it makes a frame of what it read. */
import { type SamplerContext, type SamplerEvent, samplerMachine } from '../../../../edge/sampler.ts'
import type { Behaviour } from './script.ts'

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
