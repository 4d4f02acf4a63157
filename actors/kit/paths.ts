/**
 * Paths through a chart by `xstate/graph`, over our own step: frames are events, and `time` fires the timer that is
 * due next. For tests of models, coverage and documents; nothing that decides uses it.
 */
import { getAdjacencyMap, getShortestPaths } from 'xstate/graph'
import { type Exploration, type PathEvent, takesOutcomes } from './explore.ts'
import {
  type ActorState,
  actorState,
  fireTimer,
  measure,
  nextDue,
  type Output,
  type Placed,
  startActor,
  stepActor,
  want,
} from './host.ts'

export interface Path {
  readonly events: readonly PathEvent[]
  /** `frame base`, `command start`, `time` ... */
  readonly steps: readonly string[]
  /** Active states at its end, `operating.standby`; regions by `+`. */
  readonly end: string
}

/** Steps that an exploration may try (situations times events); a chart with more is told apart by too much, such as many pending timers. */
const EXPLORED_MAX = 20_000

/** The shortest path to each (state, pending timers and pulses, frame) that can be reached; throws beyond `limit` steps tried. */
export const shortestPaths = (placed: Placed, exploration: Exploration, limit = EXPLORED_MAX): readonly Path[] =>
  getShortestPaths(logicOf(placed, exploration), options(exploration, limit, true)).map(({ state, steps }: any) =>
    pathOf(
      steps.map((step: { event: PathEvent }) => step.event),
      state,
    ),
  )

/**
 * Paths without a loop over (state, pending timers and pulses), by one event for each way from one to the next: in order
 * of depth, at most `pathsMax`, since their number grows with the factorial of the states.
 */
export function simplePaths(
  placed: Placed,
  exploration: Exploration,
  pathsMax: number,
): { readonly paths: readonly Path[]; readonly cut: boolean } {
  const logic = logicOf(placed, exploration)
  const map: Adjacency = getAdjacencyMap(logic, options(exploration, EXPLORED_MAX, false)) as never
  const first = options(exploration, 1, false).serializeState(logic.getInitialSnapshot())
  let ends: readonly Walk[] = [{ at: first, passed: new Set([first]), events: [] }]
  const paths: Path[] = []
  while (ends.length > 0) {
    for (const { at, events } of ends) paths.push(pathOf(events, map[at]!.state))
    if (paths.length > pathsMax) return { paths: paths.slice(0, pathsMax), cut: true }
    ends = ends.flatMap(walk => onwards(map, walk)).slice(0, pathsMax + 1)
  }
  return { paths, cut: false }
}

type Key = string & { readonly key: unique symbol }
type Adjacency = Readonly<
  Record<Key, { state: Situation; transitions: Record<string, { event: PathEvent; state: Situation }> }>
>
interface Walk {
  readonly at: Key
  readonly passed: ReadonlySet<Key>
  readonly events: readonly PathEvent[]
}
function onwards(map: Adjacency, { at, passed, events }: Walk): Walk[] {
  const next = new Map<Key, Walk>()
  for (const { event, state } of Object.values(map[at]!.transitions)) {
    const to = keyOf(state, false)
    if (!passed.has(to) && !next.has(to))
      next.set(to, { at: to, passed: new Set([...passed, to]), events: [...events, event] })
  }
  return [...next.values()]
}

interface Situation {
  readonly status: 'active'
  readonly actor: ActorState
  readonly frame: string
  /** Pulses asked for and without an outcome yet; of charts only that take one. */
  readonly pulses: readonly string[]
}
const initialFrame = 'base'

function logicOf(placed: Placed, { frames }: Exploration): any {
  const outputs: Output[] = []
  const waits = takesOutcomes(placed)
  const asked = (): string[] => (waits ? outputs.flatMap(o => (o.kind === 'pulse' ? [o.pulse] : [])) : [])
  const move = ({ actor, frame, pulses }: Situation, event: PathEvent): Situation => {
    const values = frames[frame] ?? {}
    const next = (moved: ActorState, seen = frame, left = pulses): Situation => ({
      status: 'active',
      actor: moved,
      frame: seen,
      pulses: [...new Set([...left, ...asked()])].sort(),
    })
    outputs.length = 0
    switch (event.type) {
      case 'frame':
        return next(measure(placed, actor, frames[event.is] ?? {}, 0, outputs).actor, event.is)
      case 'wanted':
        return next(want(placed, actor, event.values, values, 0, outputs).actor)
      case 'command':
        return next(stepActor(placed, actor, event.event, values, 0, outputs).actor)
      case 'pulsed':
      case 'pulseFailed': {
        const left = pulses.filter(pulse => pulse !== event.pulse)
        if (left.length === pulses.length) return { status: 'active', actor, frame, pulses }
        return next(stepActor(placed, actor, { ...event }, values, 0, outputs).actor, frame, left)
      }
      default: {
        const timer = nextDue(actor)
        return timer
          ? next(fireTimer(placed, actor, timer, values, outputs).actor)
          : { status: 'active', actor, frame, pulses }
      }
    }
  }
  return {
    getInitialSnapshot: (): Situation => {
      outputs.length = 0
      const actor = startActor(placed, 0, outputs)
      // placing an asset acts on nothing: what its first state would pulse is dropped
      return { status: 'active', actor, frame: initialFrame, pulses: [] }
    },
    transition: (situation: Situation, event: PathEvent): Situation =>
      event.type in KINDS ? move(situation, event) : situation,
    getPersistedSnapshot: (situation: Situation) => situation,
    start: () => {},
  }
}
const KINDS = { frame: true, time: true, wanted: true, command: true, pulsed: true, pulseFailed: true }

function options({ events }: Exploration, limit: number, byFrame: boolean): any {
  return { events, serializeState: (situation: Situation) => keyOf(situation, byFrame), limit }
}
function keyOf({ actor, frame, pulses }: Situation, byFrame: boolean): Key {
  const timers = actor.timers.map(timer => timer.id).sort()
  return JSON.stringify([actorState(actor).paths, timers, pulses, byFrame ? frame : actor.lost]) as Key
}

function pathOf(events: readonly PathEvent[], { actor }: Situation): Path {
  const taken = events.filter(event => event.type in KINDS) // XState's own beginning is none of ours
  return { events: taken, steps: taken.map(inWords), end: actorState(actor).paths.join(' + ') }
}

export function inWords(event: PathEvent): string {
  switch (event.type) {
    case 'frame':
      return `frame ${event.is}`
    case 'time':
      return 'time'
    case 'wanted':
      return `wanted ${JSON.stringify(event.values)}`
    case 'command': {
      const { type, ...fields } = event.event
      return `command ${type}${Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : ''}`
    }
    default:
      return `${event.type} ${event.pulse}`
  }
}
