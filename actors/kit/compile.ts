/**
 * A definition becomes an XState machine, once. Of XState only this file, kernel.ts and shortcut.ts know more
 * than its words.
 *
 * C1  A guard that reads a bad or stale point is false; whatever else it throws reaches the kernel.
 * C2  An alarm carries the state that it belongs to: the one whose entry raises it, the target of the transition that
 *     raises it (its source, where it has no target). Leaving that state emits `left`, and the host lets it return.
 */
import { and, assign, createMachine, enqueueActions, or } from 'xstate'
import { parse, raw } from '../../protocol/words/units.ts'
import { type ChartNode, type ChartNodes, chartNodes, targetId, transitionList, transitionsOf } from './chart.ts'
import { condition, operand } from './condition.ts'
import { type Frame, frame } from './frame.ts'
import { type Machine, MICROSTEPS_MAX } from './kernel.ts'
import {
  type AnySpec,
  LIFECYCLE,
  many,
  type RawAction,
  type RawGuard,
  type RawTransition,
  type RawTransitions,
} from './spec.ts'

type GuardFunction = (context: unknown, event: unknown) => boolean
export interface Compiled {
  readonly machine: Machine
  readonly guards: Readonly<Record<string, GuardFunction>>
  /** Commands and kit events. XState remembers each event type that it ever saw: others must not reach it. */
  readonly events: ReadonlySet<string>
}

/** Thrown by reading a bad or stale point from an author's function. */
const NOT_GOOD = { notGood: true }

/** What an author's function sees; its points throw NOT_GOOD where they cannot be read. */
export function seer(spec: AnySpec): (context: unknown, event: unknown) => unknown {
  const points = {}
  for (const name of Object.keys(spec.points))
    Object.defineProperty(points, name, {
      enumerable: true,
      get() {
        const value = frame.points[name]
        if (value === undefined) throw NOT_GOOD
        return value
      },
    })
  return (context, event) => ({
    points,
    wanted: frame.wanted,
    settings: frame.settings,
    context,
    event,
    now: frame.now,
  })
}

export function compile(spec: AnySpec): Compiled {
  const see = seer(spec)
  const guards = compileGuards(spec, see)
  const delays = compileDelays(spec)
  const actions = compileActions(spec, see)
  const nodes = chartNodes(spec.type, spec.chart)
  const config = {
    ...compileState({ spec, nodes, delays, leaving: alarmStates(spec, nodes) }, spec.type),
    id: spec.type,
    context: spec.context,
    options: { maxIterations: MICROSTEPS_MAX },
  }
  const named: Record<string, unknown> = {}
  for (const [name, guard] of Object.entries(guards))
    named[name] = ({ context, event }: { context: unknown; event: unknown }) => guard(context, event)
  return {
    machine: createMachine(config as never, { guards: named, actions, delays } as never) as never,
    guards,
    events: new Set([...Object.keys(spec.commands), ...LIFECYCLE]),
  }
}

type Seer = ReturnType<typeof seer>
function compileGuards(spec: AnySpec, see: Seer): Record<string, GuardFunction> {
  const guards: Record<string, GuardFunction> = {}
  for (const [name, guard] of Object.entries(spec.guards)) {
    if (typeof guard === 'function') {
      guards[name] = (context, event) => {
        try {
          return guard(see(context, event)) === true
        } catch (error) {
          if (error === NOT_GOOD) return false // C1
          throw error
        }
      }
      continue
    }
    const all = many<string>(guard).map(text => condition(spec, text, `${spec.type}.guards.${name}`).holds)
    const [only] = all
    guards[name] = all.length === 1 && only ? () => only(frame) : () => all.every(holds => holds(frame))
  }
  return guards
}

type Delays = Record<string, () => number>
function compileDelays(spec: AnySpec): Delays {
  const delays: Delays = {}
  for (const [name, text] of Object.entries(spec.delays ?? {})) {
    const delay = operand(spec, 's', text, `${spec.type}.delays.${name}`)
    delays[name] = () => delay(frame)
  }
  return delays
}

interface EffectAction {
  readonly type: string
  readonly params?: unknown
}
/** `belongs`: the state that an alarm raised here belongs to (C2). */
function compileEffect(spec: AnySpec, action: RawAction, belongs: string): EffectAction {
  if (typeof action === 'string') return { type: action, params: { state: belongs } }
  const [kind, body] = Object.entries(action)[0] as [string, unknown]
  switch (kind) {
    case 'set': {
      const values = Object.entries(body as Record<string, unknown>).map(([name, value]) => {
        return [name, setValue(spec, name, value)] as const
      })
      const evaluate = () => Object.fromEntries(values.map(([name, value]) => [name, value(frame)]))
      const dynamic = /^-?(wanted|settings)\./
      return {
        type: 'set',
        params: Object.values(body as object).some(v => dynamic.test(String(v))) ? evaluate : evaluate(),
      }
    }
    case 'alarm':
      return { type: 'alarm', params: { alarm: body, state: belongs } }
    default:
      return { type: kind, params: body }
  }
}

function setValue(spec: AnySpec, name: string, value: unknown): (f: Frame) => number {
  const where = `${spec.type} set ${name}`
  const declared = spec.setpoints[name]
  if (!declared) throw new TypeError(`${where}: there is no such setpoint`)
  if (typeof value === 'string') return operand(spec, declared.unit, value, where)
  if (!Number.isSafeInteger(value)) throw new TypeError(`${where}: ${value} is no whole number of steps`)
  return () => value as number
}

/** Context must stay JSON with whole numbers only, else replicas could round it apart. */
function checkPatch(patch: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  for (const key in patch) {
    const value = patch[key]
    if (typeof value === 'number' && !Number.isSafeInteger(value))
      throw new TypeError(`remember ${key}: ${value} is no whole number`)
  }
  return patch
}

function compileActions(spec: AnySpec, see: Seer): Record<string, unknown> {
  const actions: Record<string, unknown> = {
    remember: assign((_: unknown, patch: unknown) => checkPatch(patch as Record<string, unknown>)),
  }
  for (const [name, run] of Object.entries(spec.actions ?? {}))
    actions[name] = enqueueActions(({ context, event, enqueue }: any, params: any) => {
      for (const effect of many(run(see(context, event)) as RawAction | readonly RawAction[])) {
        if (typeof effect === 'object' && effect.remember) enqueue.assign(checkPatch(effect.remember as never))
        else enqueue(compileEffect(spec, effect, params.state))
      }
    })
  return actions
}

const compileGuard = (guard: RawGuard): unknown => {
  if (typeof guard === 'string') return guard
  const parts = (guard.and ?? guard.or ?? []).map(compileGuard)
  return guard.and ? and(parts as never) : or(parts as never)
}

interface Building {
  readonly spec: AnySpec
  readonly nodes: ChartNodes
  readonly delays: Delays
  /** States that say so when they are left (C2). */
  readonly leaving: ReadonlySet<string>
}
function compileState(building: Building, id: string): Record<string, unknown> {
  const { spec, nodes, delays, leaving } = building
  const node = nodes.get(id) as ChartNode
  const { state } = node
  const transition = (t: RawTransition): unknown => ({
    ...t,
    actions: many<RawAction>(t.actions).map(a => compileEffect(spec, a, belongsTo(nodes, node, t))),
    ...(t.guard === undefined ? {} : { guard: compileGuard(t.guard) }),
  })
  const group = (raw: RawTransitions) => transitionList(raw).map(transition)
  const groups = (raw: Readonly<Record<string, RawTransitions>>) =>
    Object.fromEntries(Object.entries(raw).map(([key, value]) => [key, group(value)]))
  for (const delay of Object.keys(state.after ?? {})) {
    if (delay in delays) continue
    const ms = raw(parse('s', delay, `${id} after`))
    delays[delay] = () => ms
  }
  const exit = many<RawAction>(state.exit).map(a => compileEffect(spec, a, id))
  return {
    ...state,
    entry: many<RawAction>(state.entry).map(a => compileEffect(spec, a, id)),
    exit: leaving.has(id) ? [...exit, { type: 'left', params: id }] : exit,
    ...(state.on ? { on: groups(state.on) } : {}),
    ...(state.after ? { after: groups(state.after) } : {}),
    ...(state.always ? { always: group(state.always) } : {}),
    ...(state.onDone ? { onDone: group(state.onDone) } : {}),
    ...(state.states
      ? {
          states: Object.fromEntries(
            Object.keys(state.states).map(name => [name, compileState(building, `${id}.${name}`)]),
          ),
        }
      : {}),
  }
}

/** A history state is never active itself: what leads there belongs to the state that holds it. */
function belongsTo(nodes: ChartNodes, node: ChartNode, t: RawTransition): string {
  if (t.target === undefined) return node.id
  const target = targetId(node, t.target)
  const { state, parent } = nodes.get(target) ?? node
  return state.type === 'history' && parent !== undefined ? parent : target
}

/** The states whose leaving lets an alarm return (C2). A named action may raise one too. */
function alarmStates(spec: AnySpec, nodes: ChartNodes): ReadonlySet<string> {
  const states = new Set<string>()
  if (Object.keys(spec.alarms).length === 0) return states
  const raises = (actions: RawAction | readonly RawAction[] | undefined) =>
    many<RawAction>(actions).some(a => typeof a === 'string' || 'alarm' in a)
  for (const node of nodes.values()) {
    if (raises(node.state.entry)) states.add(node.id)
    for (const { t } of transitionsOf(node.state)) if (raises(t.actions)) states.add(belongsTo(nodes, node, t))
  }
  return states
}
