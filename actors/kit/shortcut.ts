/**
 * A step without XState, for the events that make up a control cycle: those that take nothing, and those that take one
 * plain transition. XState walks the whole configuration anew for each; here that is done once, and the guards remain.
 *
 * Q1  A guard is asked only where XState would ask it, or where its answer could not change what is taken.
 * Q2  Whatever is not plain is XState's to say, from the start: a guard that throws, transitions in two regions, a
 *     wildcard, an event of XState's own, an `always` that comes due, a chart that has ended.
 */
import { evaluateGuard } from 'xstate/guards'
import type { Chart, ChartEvent, KernelEffect, Machine, Stepped } from './kernel.ts'
import { type Move, moveOf } from './move.ts'
import type { Node, Transition } from './node.ts'

interface Args {
  readonly context: unknown
  readonly event: ChartEvent
}
interface Candidate {
  readonly transition: Transition
  /** Undefined: always. */
  readonly holds: ((args: Args, chart: Chart) => boolean) | undefined
}
/** Null where XState has to be asked (Q2). */
type Candidates = readonly Candidate[] | null
interface Configuration {
  /** Innermost first. */
  readonly nodes: readonly Node[]
  readonly always: readonly Candidate[]
  /** As many as the definition knows: the host lets no other event through. */
  readonly byEvent: Map<string, Candidates>
  readonly moves: Map<Transition, Move | null>
}

/** Parallel regions multiply: a chart with more configurations than this starts its table anew. */
const CONFIGURATIONS_MAX = 1_000

const tables = new WeakMap<Machine, Map<string, Configuration>>()
const NO_EFFECTS: readonly KernelEffect[] = []
/** As XState reports it: one microstep, without a transition. */
const NO_MOVES: Stepped['moves'] = [[]]

/** What `machine.transition` would give; null where only it can say. */
export function shortcut(machine: Machine, chart: Chart, event: ChartEvent): Stepped | null {
  if (chart.status !== 'active' || event.type.startsWith('xstate.')) return null
  const configuration = configurationOf(machine, chart._nodes as unknown as readonly Node[])
  const candidates = candidatesOf(machine, configuration, event.type)
  if (!candidates) return null
  try {
    const args: Args = { context: chart.context, event }
    const enabled = enabledOf(candidates, args, chart)
    if (enabled === 'several') return null
    if (!enabled) return settles(configuration, args, chart) ? unmoved(chart) : null
    const move = moved(machine, configuration, enabled)
    return move && take(machine, configuration, move, args, chart)
  } catch {
    return null
  }
}

const unmoved = (snapshot: Chart): Stepped => ({
  kind: 'stepped',
  snapshot,
  effects: NO_EFFECTS,
  taken: false,
  moves: NO_MOVES,
})

function take(machine: Machine, before: Configuration, move: Move, args: Args, chart: Chart): Stepped | null {
  const { transition, next, effects } = move
  const done = effects.map(({ type, params }): KernelEffect => {
    return { kind: 'do', name: type, params: typeof params === 'function' ? params(args) : params }
  })
  const snapshot = next
    ? ({ ...chart, _nodes: next.nodes, value: next.value, tags: next.tags } as never as Chart)
    : chart
  const after = next ? configurationOf(machine, next.nodes) : before
  if (!settles(after, args, snapshot)) return null
  return { kind: 'stepped', snapshot, effects: done, taken: true, moves: [[transition]] }
}

/** The one transition that is enabled. What a state inside takes, those around it are not asked for (Q1). */
function enabledOf(candidates: readonly Candidate[], args: Args, chart: Chart): Transition | 'several' | undefined {
  let enabled: Transition | undefined
  for (const { transition, holds } of candidates) {
    if (enabled && isAround(transition.source, enabled.source)) continue
    if (holds && !holds(args, chart)) continue
    if (enabled) return 'several'
    enabled = transition
  }
  return enabled
}

const settles = ({ always }: Configuration, args: Args, chart: Chart): boolean =>
  !always.some(({ holds }) => !holds || holds(args, chart))

function isAround(node: Node, inner: Node): boolean {
  for (let at: Node | undefined = inner; at; at = at.parent) if (at === node) return true
  return false
}

function configurationOf(machine: Machine, nodes: readonly Node[]): Configuration {
  let table = tables.get(machine)
  if (!table) {
    table = new Map()
    tables.set(machine, table)
  }
  // One unit each: a join costs ten times as much, and no chart has 65,536 states.
  let key = ''
  for (const node of nodes) key += String.fromCharCode(node.order)
  let configuration = table.get(key)
  if (!configuration) {
    if (table.size >= CONFIGURATIONS_MAX) table.clear()
    const always = nodes.flatMap(node => (node.always ?? []).map(t => candidate(machine, t)))
    configuration = { nodes: nodes.toReversed(), always, byEvent: new Map(), moves: new Map() }
    table.set(key, configuration)
  }
  return configuration
}

function candidatesOf(machine: Machine, { nodes, byEvent }: Configuration, type: string): Candidates {
  let candidates = byEvent.get(type)
  if (candidates === undefined) {
    const wild = nodes.some(node => [...node.transitions.keys()].some(descriptor => descriptor.includes('*')))
    const all = () => nodes.flatMap(node => (node.transitions.get(type) ?? []).map(t => candidate(machine, t)))
    candidates = wild ? null : all()
    byEvent.set(type, candidates)
  }
  return candidates
}

function moved(machine: Machine, { nodes, moves }: Configuration, transition: Transition): Move | null {
  let move = moves.get(transition)
  if (move === undefined) {
    move = moveOf(machine, nodes.toReversed(), transition)
    moves.set(transition, move)
  }
  return move
}

/** A guard by its bare name is called as XState calls it; all others (parameters, `and`, `stateIn`) go through XState. */
function candidate(machine: Machine, transition: Transition): Candidate {
  const { guard } = transition
  if (!guard) return { transition, holds: undefined }
  const named = typeof guard === 'string' ? (machine.implementations.guards[guard] as unknown) : undefined
  if (typeof named === 'function' && !('check' in named)) return { transition, holds: named as never }
  const holds: Candidate['holds'] = ({ context, event }, chart) =>
    evaluateGuard(guard as never, context as never, event, chart)
  return { transition, holds }
}
