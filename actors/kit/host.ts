/**
 * One actor of the log: its state, and the ways in which a step may move it. Pure and immutable: each function takes
 * an actor and returns the next one; what happened goes into `outputs`, in order, for the caller to number.
 *
 * H1  A step that throws keeps the last state and holds the actor (quarantine): it takes no further event, its timers
 *     do not fire, its bounds are its safe values. The others go on. `releaseActor` ends it.
 * H2  Timers fire one by one, each at its own due time.
 * H3  `lost` and `restored` are sent on a change only, before `measured`.
 */
import type { ActorState, Output, Placed, StepResult, Timer } from './actor.ts'
import { commit } from './commit.ts'
import type { AnyAsset } from './define.ts'
import { type Numbers, type PointValues, setFrame } from './frame.ts'
import * as kernel from './kernel.ts'
import { type Bound, boundOf, type Rates } from './limits.ts'
import { type MeasuredPoint, reliable } from './points.ts'

export type { ActorState, Held, Output, Placed, StepResult, Timer } from './actor.ts'
export { type CommandRefusal, type ParsedCommand, parseCommand, refusal } from './command.ts'
export type { Numbers, PointValue, PointValues } from './frame.ts'
export {
  activate,
  type FrozenActor,
  freezeActor,
  type Passive,
  passivate,
  thawActor,
} from './freeze.ts'
export { type Chart, type ChartEvent, type Edge, edgesOf, type Moves } from './kernel.ts'
export type { Bound, Rates } from './limits.ts'
export type { MeasuredPoint } from './points.ts'
export { resolveSettings } from './settings.ts'

/** Throws where a declared setting is missing: the manifest resolves them all (`resolveSettings`). */
export function place(asset: AnyAsset, name: string, settings: Placed['settings']): Placed {
  for (const setting of Object.keys(asset.spec.settings))
    if (!Number.isSafeInteger(settings[setting]))
      throw new TypeError(`${name}: setting '${setting}' is ${settings[setting]}, not a whole number of steps`)
  return { name, asset, settings }
}

/** The values of a frame that can be relied on; once per frame and asset. */
export function visiblePoints(
  placed: Placed,
  points: Readonly<Record<string, MeasuredPoint>>,
  staleAfterMsDefault: number,
): PointValues {
  return reliable(placed.asset.program.points, points, staleAfterMsDefault)
}

/** What each setpoint is when nothing better is known. */
export function safeValues(placed: Placed): Numbers {
  setFrame({}, {}, placed.settings, 0)
  return Object.fromEntries(placed.asset.program.setpoints.map(plan => [plan.name, plan.safe()]))
}

/** How fast each setpoint may rise and fall, steps per second; undefined where the definition does not say. */
export function rates(placed: Placed): Readonly<Record<string, Rates>> {
  setFrame({}, {}, placed.settings, 0)
  return Object.fromEntries(placed.asset.program.setpoints.map(plan => [plan.name, plan.rates()]))
}

/** Throws where the chart cannot even start with these settings: a manifest with such an asset is refused. */
export function startActor(placed: Placed, now: number, outputs: Output[]): ActorState {
  const safe = safeValues(placed)
  setFrame({}, safe, placed.settings, now)
  const result = kernel.initial(placed.asset.program.machine)
  if (result.kind === 'failed') throw new Error(`${placed.name} cannot start: ${result.code}: ${result.reason}`)
  const fresh: ActorState = {
    chart: result.snapshot,
    timers: [],
    seq: 0,
    out: safe,
    wanted: safe,
    lost: false,
    alarms: {},
  }
  return commit(placed, fresh, result, now, outputs)
}

const NO_MOVES: kernel.Moves = []
const unmoved = (actor: ActorState): StepResult => ({ actor, taken: false, moves: NO_MOVES })

/** Sends one event. Events that the definition does not know, and any event to a held actor, change nothing. */
export function stepActor(
  placed: Placed,
  actor: ActorState,
  event: kernel.ChartEvent,
  values: PointValues,
  now: number,
  outputs: Output[],
): StepResult {
  const { program } = placed.asset
  if (actor.held || !program.events.has(event.type)) return unmoved(actor)
  return step(placed, actor, event, values, now, outputs)
}

function step(
  placed: Placed,
  actor: ActorState,
  event: kernel.ChartEvent,
  values: PointValues,
  now: number,
  outputs: Output[],
): StepResult {
  setFrame(values, actor.wanted, placed.settings, now)
  const result = kernel.transition(placed.asset.program.machine, actor.chart, event)
  if (result.kind === 'stepped') {
    const { taken, moves } = result
    return { actor: commit(placed, actor, result, now, outputs), taken, moves }
  }
  const { code, reason } = result
  outputs.push({ asset: placed.name, kind: 'quarantined', code, reason, event: event.type }) // H1
  return unmoved({ ...actor, held: { code, reason } })
}

/** The timer that fires next; none while the actor is held. */
export function nextDue(actor: ActorState): Timer | undefined {
  if (actor.held) return undefined
  let first: Timer | undefined
  for (const timer of actor.timers)
    if (!first || timer.due < first.due || (timer.due === first.due && timer.seq < first.seq)) first = timer
  return first
}

/** H2: `now` of this step is the timer's own due time, however late it is fired. */
export function fireTimer(
  placed: Placed,
  actor: ActorState,
  timer: Timer,
  values: PointValues,
  outputs: Output[],
): StepResult {
  if (actor.held) return unmoved(actor)
  const rest = { ...actor, timers: actor.timers.filter(t => t.id !== timer.id) }
  return step(placed, rest, timer.event, values, timer.due, outputs)
}

const MEASURED = { type: 'measured' }
const DISPATCHED = { type: 'dispatched' }
const LOST = { type: 'lost' }
const RESTORED = { type: 'restored' }

/** A frame: `lost` or `restored` where that changed (H3), then `measured`. */
export function measure(
  placed: Placed,
  actor: ActorState,
  values: PointValues,
  now: number,
  outputs: Output[],
): StepResult {
  if (actor.held) return unmoved(actor)
  const lost = placed.asset.program.points.some(point => point.required && values[point.name] === undefined)
  if (lost === actor.lost) return stepActor(placed, actor, MEASURED, values, now, outputs)
  const told = stepActor(placed, { ...actor, lost }, lost ? LOST : RESTORED, values, now, outputs)
  const { moves, ...measured } = stepActor(placed, told.actor, MEASURED, values, now, outputs)
  return { ...measured, moves: [...told.moves, ...moves] }
}

/** What the site wants of the asset now; setpoints that are not named keep what was wanted. */
export function want(
  placed: Placed,
  actor: ActorState,
  wanted: Numbers,
  values: PointValues,
  now: number,
  outputs: Output[],
): StepResult {
  if (actor.held) return unmoved(actor)
  let changed = false
  for (const name in wanted) if (wanted[name] !== actor.wanted[name]) changed = true
  const next = changed ? { ...actor, wanted: { ...actor.wanted, ...wanted } } : actor
  return stepActor(placed, next, DISPATCHED, values, now, outputs)
}

/** The bounds of each setpoint now; a held actor's are its safe values. */
export function bounds(placed: Placed, actor: ActorState, values: PointValues): Readonly<Record<string, Bound>> {
  const { setpoints } = placed.asset.program
  setFrame(values, actor.wanted, placed.settings, 0)
  const all: Record<string, Bound> = {}
  for (const plan of setpoints) {
    if (actor.held) {
      const safe = plan.safe()
      all[plan.name] = { min: safe, max: safe, minBy: 'quarantine', maxBy: 'quarantine' }
    } else all[plan.name] = boundOf(plan, actor.chart)
  }
  return all
}

/** An administrator's decision: the held actor goes on from its last state. */
export function releaseActor({ held: _, ...actor }: ActorState): ActorState {
  return actor
}

/** In this state (`operating.running`), or in a state with this tag. */
export function is({ chart }: ActorState, stateOrTag: string): boolean {
  if (chart.tags.has(stateOrTag)) return true
  const id = `${chart.machine.id}.${stateOrTag}`
  return chart._nodes.some(node => node.id === id)
}

export interface Where {
  /** Innermost active states, in document order. */
  readonly paths: readonly string[]
  readonly tags: readonly string[]
}
export function actorState(actor: ActorState): Where {
  const leaves = actor.chart._nodes.filter(node => Object.keys(node.states).length === 0)
  return { paths: leaves.map(node => node.path.join('.')), tags: [...actor.chart.tags].sort() }
}
/** Ids of all active states, in document order: the chart itself first. */
export const activeIds = ({ chart }: ActorState): readonly string[] => chart._nodes.map(node => node.id)
