/**
 * Can an event take a transition at all? Most events of a control cycle take none, and to find that out XState walks
 * the whole configuration anew each time; the guards alone cost a tenth of it.
 *
 * Q1  "No" is said only where XState would find nothing: the guards of all candidates of all active nodes are false,
 *     those of `always` too. So it does not matter in which order XState would have asked.
 * Q2  Everything else is XState's to say, from the start: a guard that holds or throws, a transition without a guard,
 *     a wildcard, an event of XState's own, a chart that has ended.
 */
import { evaluateGuard } from 'xstate/guards'
import type { Chart, ChartEvent, Machine } from './kernel.ts'

interface Candidate {
  readonly guard?: unknown
}
interface Node {
  readonly order: number
  readonly transitions: ReadonlyMap<string, readonly Candidate[]>
  readonly always?: readonly Candidate[]
}
type Nodes = readonly Node[]
type Holds = (args: { readonly context: unknown; readonly event: ChartEvent }, chart: Chart) => boolean
/** By event type: every guard that could enable something; null where XState has to be asked (Q2). */
type Guards = Map<string, readonly Holds[] | null>

/** Parallel regions multiply: a chart with more configurations than this starts its table anew. */
const CONFIGURATIONS_MAX = 1_000

const byMachine = new WeakMap<Machine, Map<string, Guards>>()

/** True where the event certainly changes nothing (Q1). */
export function isQuiescent(machine: Machine, chart: Chart, event: ChartEvent): boolean {
  if (chart.status !== 'active' || event.type.startsWith('xstate.')) return false
  const nodes = chart._nodes as unknown as Nodes
  const configuration = guardsOf(machine, nodes)
  let guards = configuration.get(event.type)
  if (guards === undefined) {
    guards = collect(machine, nodes, event.type)
    configuration.set(event.type, guards)
  }
  if (guards === null) return false
  const args = { context: chart.context as unknown, event }
  try {
    for (const holds of guards) if (holds(args, chart)) return false
  } catch {
    return false
  }
  return true
}

function guardsOf(machine: Machine, nodes: Nodes): Guards {
  let known = byMachine.get(machine)
  if (!known) {
    known = new Map()
    byMachine.set(machine, known)
  }
  // One unit each: a join costs ten times as much, and no chart has 65,536 states.
  let key = ''
  for (const node of nodes) key += String.fromCharCode(node.order)
  let guards = known.get(key)
  if (!guards) {
    if (known.size >= CONFIGURATIONS_MAX) known.clear()
    guards = new Map()
    known.set(key, guards)
  }
  return guards
}

function collect(machine: Machine, nodes: Nodes, type: string): readonly Holds[] | null {
  const guards: Holds[] = []
  for (const { transitions, always = [] } of nodes) {
    for (const descriptor of transitions.keys()) if (descriptor.includes('*')) return null
    for (const { guard } of [...(transitions.get(type) ?? []), ...always]) {
      if (!guard) return null
      guards.push(compiled(machine, guard))
    }
  }
  return guards
}

/** A guard by its bare name is called as XState calls it; all others (parameters, `and`, `stateIn`) go through XState. */
function compiled(machine: Machine, guard: unknown): Holds {
  const named = typeof guard === 'string' ? (machine.implementations.guards[guard] as unknown) : undefined
  if (typeof named === 'function' && !('check' in named)) return named as Holds
  return ({ context, event }, chart) => evaluateGuard(guard as never, context as never, event, chart)
}
