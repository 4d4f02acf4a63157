/**
 * The sampler's chart: polls the field, and with every poll that is due makes the frame of a cycle, even if every read
 * failed. Between frames it polls at the fast cycle while a fast law is active.
 *
 * P1  Frames keep their own rhythm: each is due T after the last was due, and after a pause there is one frame, not a
 *     burst.
 * P2  A nudge makes an early frame, no sooner than EARLY_MS_MIN after the frame before it, whoever nudges how often.
 * P3  A cycle's number is durable before it is used: no two lives of a gateway use one, and a restart goes on behind
 *     what its last life had reserved. While the disk stalls there are no frames; polls go on, and with them local laws and
 *     watchdogs.
 * P4  The first frame of a life waits until every device was read whole, `observeMs` at most. Later lives bridge a missed
 *     read with its last value; the first poll has none, and half a picture would move outputs (S25).
 * P5  A poll that ended three cycles after it was due says nothing of now: the process stood still meanwhile, and
 *     devices whose watchdogs had ended follow their own defaults. It is made again before anything is made of it.
 */
import { defineMachine } from '../actors/kit/machine.ts'

/** Between an early frame and the frame before it: a faulty node may nudge without end. */
export const EARLY_MS_MIN = 200
/** Numbers made durable ahead of their use: a restart leaves out so many at most. */
export const RESERVED_CYCLES = 8
/** No device's watchdog is set to less. */
const OLD_CYCLES = 3
/** Between two polls while a device is silent at the start: one that refuses the connection says so at once. */
const LOOK_AGAIN_MS = 200
/** With so few left the next are asked for: one note in four cycles, and none that a frame waits for. */
const RESERVE_AT = 4

export interface SamplerContext {
  readonly cycleMs: number
  readonly fastMs: number
  /** Most that the first frame waits for a device that does not answer (P4). */
  readonly observeMs: number
  /** A local law needs the fast cycle. */
  readonly fast: boolean
  /** The last that was used, the last that is durable, the last that was asked for (P3). */
  readonly cycle: number
  readonly reserved: number
  readonly asked: number
  readonly frameDueMs: number
  readonly pollDueMs: number
  /** Of the last frame. */
  readonly frameMs: number
  readonly nowMs: number
  readonly nudged: boolean
}
export type SamplerEvent =
  | { readonly type: 'start'; readonly atMs: number }
  /** `whole`: no device left a read unanswered. */
  | { readonly type: 'polled'; readonly atMs: number; readonly whole: boolean }
  | { readonly type: 'nudge'; readonly atMs: number }
  | { readonly type: 'fast'; readonly on: boolean; readonly atMs: number }
  /** Cycle numbers up to this one are durable. */
  | { readonly type: 'reserved'; readonly upTo: number }
export type SamplerEffect =
  | { readonly kind: 'poll' }
  /** The frame of this cycle, from the poll that just ended; an early one begins no slot. */
  | { readonly kind: 'frame'; readonly cycle: number; readonly dueMs: number; readonly early: boolean }
  /** A fast poll ended: local laws may act. */
  | { readonly kind: 'fast' }
  | { readonly kind: 'reserve'; readonly upTo: number }

type See = { readonly context: SamplerContext; readonly event: SamplerEvent }
const at = ({ context, event }: See) => ('atMs' in event ? event.atMs : context.nowMs)
const upTo = ({ event }: See) => (event as Extract<SamplerEvent, { type: 'reserved' }>).upTo
const fastOn = ({ event }: See) => (event as Extract<SamplerEvent, { type: 'fast' }>).on
const observed = ({ context, event }: See) =>
  (event as Extract<SamplerEvent, { type: 'polled' }>).whole ||
  at({ context, event }) >= context.frameDueMs + context.observeMs // P4
const earlyMs = (context: SamplerContext) => (context.nudged ? context.frameMs + EARLY_MS_MIN : context.frameDueMs) // P2
const frameDue = (see: See) => at(see) >= Math.min(see.context.frameDueMs, earlyMs(see.context))

/** When the next poll begins: with the next frame, or with the next fast step before it. */
function nextPoll(context: SamplerContext, nowMs: number): number {
  const frameMs = Math.min(context.frameDueMs, earlyMs(context))
  if (!context.fast || context.fastMs >= context.cycleMs) return frameMs
  const steps = Math.floor((nowMs - (context.frameDueMs - context.cycleMs)) / context.fastMs) + 1
  return Math.min(frameMs, context.frameDueMs - context.cycleMs + steps * context.fastMs)
}

export const samplerMachine = defineMachine<SamplerContext, SamplerEvent, SamplerEffect>()({
  id: 'sampler',
  context: {
    cycleMs: 1_000,
    fastMs: 1_000,
    observeMs: 2_500,
    fast: false,
    cycle: 0,
    reserved: RESERVED_CYCLES,
    asked: RESERVED_CYCLES,
    frameDueMs: 0,
    pollDueMs: 0,
    frameMs: Number.MIN_SAFE_INTEGER,
    nowMs: 0,
    nudged: false,
  },
  guards: {
    frameDue,
    old: see => at(see) - see.context.pollDueMs >= OLD_CYCLES * see.context.cycleMs,
    halfSeen: see => !observed(see),
    unnumbered: see => frameDue(see) && see.context.cycle >= see.context.reserved,
    changes: see => fastOn(see) !== see.context.fast,
  },
  delays: {
    lookAgain: () => LOOK_AGAIN_MS,
    untilPoll: ({ context }) => context.pollDueMs - context.nowMs,
  },
  actions: {
    begin: see => ({ remember: { frameDueMs: at(see), pollDueMs: at(see), nowMs: at(see) } }),
    poll: () => ({ do: { kind: 'poll' } }),
    frame: see => {
      const { context } = see
      const nowMs = at(see)
      const cycle = context.cycle + 1
      // an early frame does not move the rhythm; a late one restarts it from now (P1)
      const onTime = context.frameDueMs + context.cycleMs
      const early = nowMs < context.frameDueMs
      const frameDueMs = early ? context.frameDueMs : onTime > nowMs ? onTime : nowMs + context.cycleMs
      const next = { ...context, cycle, frameDueMs, frameMs: nowMs, nowMs, nudged: false }
      return {
        remember: { ...next, pollDueMs: nextPoll(next, nowMs) },
        do: { kind: 'frame', cycle, dueMs: context.frameDueMs, early },
      }
    },
    reserve: ({ context: { cycle, asked } }) => {
      const upTo = cycle + RESERVED_CYCLES
      return asked - cycle > RESERVE_AT ? {} : { remember: { asked: upTo }, do: { kind: 'reserve', upTo } }
    },
    withoutNumber: see => ({
      remember: { nowMs: at(see), pollDueMs: at(see) + see.context.fastMs },
      do: { kind: 'fast' },
    }),
    reserved: see => ({ remember: { reserved: upTo(see) } }),
    fast: see => ({
      remember: { nowMs: at(see), pollDueMs: nextPoll(see.context, at(see)) },
      do: { kind: 'fast' },
    }),
    nudge: see => {
      const nudged = { ...see.context, nudged: true }
      const pollDueMs = Math.max(at(see), nextPoll(nudged, at(see)))
      return { remember: { nudged: true, nowMs: at(see), pollDueMs } }
    },
    setFast: see => {
      const fast = fastOn(see)
      return { remember: { fast, nowMs: at(see), pollDueMs: nextPoll({ ...see.context, fast }, at(see)) } }
    },
  },
  chart: {
    initial: 'idle',
    on: { reserved: { actions: 'reserved' }, fast: { guard: 'changes', actions: 'setFast' } },
    states: {
      idle: { on: { start: { target: 'observing', actions: 'begin' } } },
      observing: {
        description: 'The first poll of a life or after a standstill: no frame before every device was read whole',
        entry: 'poll',
        on: {
          polled: [
            { guard: 'halfSeen', target: 'lookingAgain' },
            { guard: 'unnumbered', target: 'waiting', actions: 'withoutNumber' },
            { target: 'waiting', actions: ['frame', 'reserve'] },
          ],
        },
      },
      lookingAgain: { after: { lookAgain: 'observing' } },
      waiting: {
        after: { untilPoll: 'polling' },
        on: {
          nudge: { target: 'waiting', reenter: true, actions: 'nudge' },
          fast: { guard: 'changes', target: 'waiting', reenter: true, actions: 'setFast' },
        },
      },
      polling: {
        entry: 'poll',
        on: {
          polled: [
            { guard: 'old', target: 'observing' },
            { guard: 'unnumbered', target: 'waiting', actions: 'withoutNumber' },
            { guard: 'frameDue', target: 'waiting', actions: ['frame', 'reserve'] },
            { target: 'waiting', actions: 'fast' },
          ],
          nudge: { actions: 'nudge' },
        },
      },
    },
  },
})
