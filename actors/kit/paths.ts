/**
 * Paths through a chart by `xstate/graph`, over our own step: frames are events, and `time` fires the timer that is
 * due next. For tests of models, coverage and documents; nothing that decides uses it.
 */
import { getShortestPaths, getSimplePaths } from 'xstate/graph'
import { condition } from './condition.ts'
import {
  type ActorState,
  actorState,
  type ChartEvent,
  fireTimer,
  measure,
  type Numbers,
  nextDue,
  type Output,
  type Placed,
  type PointValues,
  startActor,
  stepActor,
  want,
} from './host.ts'
import { type AnySpec, many, unitOf } from './spec.ts'

type PathEvent =
  | { readonly type: 'frame'; readonly is: string }
  | { readonly type: 'time' }
  | { readonly type: 'wanted'; readonly values: Numbers }
  | { readonly type: 'command'; readonly event: ChartEvent }
export interface Path {
  /** `frame good`, `command start`, `time` ... */
  readonly steps: readonly string[]
  /** Active states at its end, `operating.standby`; regions by `+`. */
  readonly end: string
}
export interface Exploration {
  readonly frames: Readonly<Record<string, PointValues>>
  readonly events: readonly PathEvent[]
}

/**
 * What can happen to an asset: its commands without parameters, a wanted value below, at and above zero for each
 * setpoint, time, and one frame for each condition of its guards: `base` with the point at the border where the
 * condition just holds. Conditions inside functions need frames by hand (`more`).
 */
export function explore(placed: Placed, base: PointValues, more: Exploration['frames'] = {}): Exploration {
  const spec: AnySpec = placed.asset.spec
  const frames: Record<string, PointValues> = { base, ...boundaryFrames(placed, base), ...more, lost: {} }
  const wanted = Object.keys(spec.setpoints).flatMap(name => [-1_000, 0, 1_000].map(value => ({ [name]: value })))
  const commands = Object.entries(spec.commands).filter(([, fields]) => Object.keys(fields).length === 0)
  return {
    frames,
    events: [
      ...Object.keys(frames).map(is => ({ type: 'frame', is }) as const),
      { type: 'time' },
      ...commands.map(([type]) => ({ type: 'command', event: { type } }) as const),
      ...wanted.map(values => ({ type: 'wanted', values }) as const),
    ],
  }
}

function boundaryFrames(placed: Placed, base: PointValues): Record<string, PointValues> {
  const spec: AnySpec = placed.asset.spec
  const frames: Record<string, PointValues> = {}
  for (const [name, guard] of Object.entries(spec.guards)) {
    if (typeof guard === 'function') continue
    let values: PointValues = base
    for (const text of many<string>(guard)) {
      const { source, name: point, operator, right } = condition(spec, text, name)
      if (source !== 'points') continue
      const words = unitOf(spec.points[point])
      const at =
        typeof right === 'string' ? right : right({ points: {}, wanted: {}, settings: placed.settings, now: 0 })
      const beside = operator === '>' ? Number(at) + 1 : operator === '<' ? Number(at) - 1 : at
      const other = Array.isArray(words) ? words.find(word => word !== right) : beside
      values = { ...values, [point]: operator === 'is not' ? other : beside }
    }
    if (values !== base) frames[name] = values
  }
  return frames
}

/** The shortest path to each (state, pending timers, frame) that can be reached. */
export const shortestPaths = (placed: Placed, exploration: Exploration, limit = 20_000): readonly Path[] =>
  getShortestPaths(logicOf(placed, exploration), options(exploration, limit, true)).map(path)

/** Every path without a loop over (state, pending timers); throws beyond `limit` states. */
export const simplePaths = (placed: Placed, exploration: Exploration, limit = 20_000): readonly Path[] =>
  getSimplePaths(logicOf(placed, exploration), options(exploration, limit, false)).map(path)

interface Situation {
  readonly status: 'active'
  readonly actor: ActorState
  readonly frame: string
}
const initialFrame = 'base'

function logicOf(placed: Placed, { frames }: Exploration): any {
  const outputs: Output[] = []
  const move = ({ actor, frame }: Situation, event: PathEvent): Situation => {
    const values = frames[frame] ?? {}
    const next = (moved: ActorState, seen = frame): Situation => ({ status: 'active', actor: moved, frame: seen })
    outputs.length = 0
    switch (event.type) {
      case 'frame':
        return next(measure(placed, actor, frames[event.is] ?? {}, 0, outputs).actor, event.is)
      case 'wanted':
        return next(want(placed, actor, event.values, values, 0, outputs).actor)
      case 'command':
        return next(stepActor(placed, actor, event.event, values, 0, outputs).actor)
      default: {
        const timer = nextDue(actor)
        return timer ? next(fireTimer(placed, actor, timer, values, outputs).actor) : { status: 'active', actor, frame }
      }
    }
  }
  return {
    getInitialSnapshot: (): Situation => ({
      status: 'active',
      actor: startActor(placed, 0, outputs),
      frame: initialFrame,
    }),
    transition: (situation: Situation, event: PathEvent): Situation =>
      event.type in KINDS ? move(situation, event) : situation,
    getPersistedSnapshot: (situation: Situation) => situation,
    start: () => {},
  }
}
const KINDS = { frame: true, time: true, wanted: true, command: true }

function options({ events }: Exploration, limit: number, byFrame: boolean): any {
  const serializeState = ({ actor, frame }: Situation) => {
    const timers = actor.timers.map(timer => timer.id).sort()
    return JSON.stringify([actorState(actor).paths, timers, byFrame ? frame : actor.lost])
  }
  return { events, serializeState, limit }
}

function path({ state, steps }: any): Path {
  const words = (event: PathEvent): readonly string[] => {
    switch (event.type) {
      case 'frame':
        return [`frame ${event.is}`]
      case 'time':
        return ['time']
      case 'wanted':
        return [`wanted ${JSON.stringify(event.values)}`]
      case 'command':
        return [`command ${event.event.type}`]
      default:
        return []
    }
  }
  const end = actorState((state as Situation).actor).paths.join(' + ')
  return { steps: steps.flatMap((step: { event: PathEvent }) => words(step.event)), end }
}
