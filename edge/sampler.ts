/**
 * The sampler's chart: polls the field, and with every poll that is due makes the frame of a cycle, even if every read
 * failed. Between frames it polls at the fast cycle while a fast law is active. An early frame is made on a nudge, at
 * most one in EARLY_MS_MIN. Frames keep their own rhythm: each is due T after the last was due, and after a pause there
 * is one frame, not a burst.
 */
import { defineMachine } from '../actors/kit/machine.ts'

/** Between two early frames. */
export const EARLY_MS_MIN = 200

export interface SamplerContext {
  readonly cycleMs: number
  readonly fastMs: number
  /** A local law needs the fast cycle. */
  readonly fast: boolean
  readonly cycle: number
  readonly frameDueMs: number
  readonly pollDueMs: number
  readonly nudgedMs: number
  readonly nowMs: number
  readonly early: boolean
}
export type SamplerEvent =
  | { readonly type: 'start'; readonly atMs: number }
  | { readonly type: 'polled'; readonly atMs: number }
  | { readonly type: 'nudge'; readonly atMs: number }
  | { readonly type: 'fast'; readonly on: boolean; readonly atMs: number }
  | { readonly type: 'timing'; readonly cycleMs: number; readonly fastMs: number }
export type SamplerEffect =
  | { readonly kind: 'poll' }
  /** The frame of this cycle, from the poll that just ended. */
  | { readonly kind: 'frame'; readonly cycle: number; readonly dueMs: number }
  /** A fast poll ended: local laws may act. */
  | { readonly kind: 'fast' }

type See = { readonly context: SamplerContext; readonly event: SamplerEvent }
const at = ({ context, event }: See) => ('atMs' in event ? event.atMs : context.nowMs)
const frameDue = (see: See) => see.context.early || at(see) >= see.context.frameDueMs

/** When the next poll begins: with the next frame, or with the next fast step before it. */
function nextPoll(context: SamplerContext, nowMs: number): number {
  if (!context.fast || context.fastMs >= context.cycleMs) return context.frameDueMs
  const steps = Math.floor((nowMs - (context.frameDueMs - context.cycleMs)) / context.fastMs) + 1
  return Math.min(context.frameDueMs, context.frameDueMs - context.cycleMs + steps * context.fastMs)
}

export const samplerMachine = defineMachine<SamplerContext, SamplerEvent, SamplerEffect>()({
  id: 'sampler',
  context: {
    cycleMs: 1_000,
    fastMs: 1_000,
    fast: false,
    cycle: 0,
    frameDueMs: 0,
    pollDueMs: 0,
    nudgedMs: Number.MIN_SAFE_INTEGER,
    nowMs: 0,
    early: false,
  },
  guards: {
    frameDue,
    mayBeEarly: see => at(see) - see.context.nudgedMs >= EARLY_MS_MIN,
  },
  delays: { untilPoll: ({ context }) => context.pollDueMs - context.nowMs },
  actions: {
    begin: see => ({ remember: { frameDueMs: at(see), pollDueMs: at(see), nowMs: at(see) } }),
    poll: () => ({ do: { kind: 'poll' } }),
    frame: see => {
      const { context } = see
      const nowMs = at(see)
      const cycle = context.cycle + 1
      // an early frame does not move the rhythm; a late one restarts it from now (no burst after a pause)
      const onTime = context.frameDueMs + context.cycleMs
      const frameDueMs =
        nowMs < context.frameDueMs ? context.frameDueMs : onTime > nowMs ? onTime : nowMs + context.cycleMs
      const next = { ...context, cycle, frameDueMs, early: false }
      return {
        remember: { cycle, frameDueMs, early: false, nowMs, pollDueMs: nextPoll(next, nowMs) },
        do: { kind: 'frame', cycle, dueMs: context.frameDueMs },
      }
    },
    fast: see => ({
      remember: { nowMs: at(see), pollDueMs: nextPoll(see.context, at(see)) },
      do: { kind: 'fast' },
    }),
    nudge: see => ({ remember: { early: true, nudgedMs: at(see), nowMs: at(see) } }),
    retime: ({ event }) => {
      const { cycleMs, fastMs } = event as Extract<SamplerEvent, { type: 'timing' }>
      return { remember: { cycleMs, fastMs } }
    },
    setFast: see => {
      const on = (see.event as Extract<SamplerEvent, { type: 'fast' }>).on
      return { remember: { fast: on, nowMs: at(see), pollDueMs: nextPoll({ ...see.context, fast: on }, at(see)) } }
    },
  },
  chart: {
    initial: 'idle',
    on: { timing: { actions: 'retime' } },
    states: {
      idle: { on: { start: { target: 'polling', actions: 'begin' }, fast: { actions: 'setFast' } } },
      waiting: {
        after: { untilPoll: 'polling' },
        on: {
          nudge: { guard: 'mayBeEarly', target: 'polling', actions: 'nudge' },
          fast: { target: 'waiting', reenter: true, actions: 'setFast' },
        },
      },
      polling: {
        entry: 'poll',
        on: {
          polled: [
            { guard: 'frameDue', target: 'waiting', actions: 'frame' },
            { target: 'waiting', actions: 'fast' },
          ],
          fast: { actions: 'setFast' },
        },
      },
    },
  },
})
