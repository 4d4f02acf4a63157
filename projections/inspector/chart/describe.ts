/**
 * Any XState 5 machine becomes a Chart, by walking `machine.root`: its own `definition` leaves out `always`, and
 * inspection cuts below four levels.
 *
 * D1  Nothing is resolved and nothing runs: a missing guard, action or actor is shown by its name.
 * D2  `after` lives in the transitions and, as hidden timers, in entry and exit: the timers are left out.
 * D3  Each transition's definition maps to its edge, so that a transition just taken can be found on the chart.
 */
import type { Chart, ChartEdge, ChartNode, EdgeKind } from './chart.ts'
import { actionOf, delayText, guardText } from './texts.ts'

export interface Described {
  readonly chart: Chart
  /** By the transition's definition (D3). */
  readonly edgeOf: WeakMap<object, string>
}

const TIMER = 'xstate.after.'
/** D2 */
const isTimer = (action: any): boolean =>
  typeof action === 'function' &&
  ((action.type === 'xstate.raise' && String(action.id).startsWith(TIMER)) ||
    (action.type === 'xstate.cancel' && String(action.sendId).startsWith(TIMER)))
const actionsOf = (actions: readonly any[]) => actions.filter(action => !isTimer(action)).map(actionOf)

export function describe(machine: { readonly id: string; readonly root: unknown }): Described {
  const nodes: ChartNode[] = []
  const edges: ChartEdge[] = []
  const edgeOf = new WeakMap<object, string>()
  const walk = (state: any, depth: number): void => {
    nodes.push(nodeOf(state, depth))
    const groups: [string, readonly any[]][] = [...state.transitions]
    if (state.always?.length) groups.push(['', state.always])
    for (const [event, transitions] of groups)
      transitions.forEach((transition, branch) => {
        const edge = edgeFrom(state, event, transition, branch, transitions.length)
        edgeOf.set(transition, edge.id)
        edges.push(edge)
      })
    if (state.type === 'history' && state.config.target !== undefined) edges.push(historyDefault(state))
    for (const child of Object.values(state.states)) walk(child, depth + 1)
  }
  walk(machine.root, 0)
  const root = (machine.root as { id: string }).id
  const depth = nodes.reduce((deepest, node) => Math.max(deepest, node.depth), 0)
  return { chart: { id: machine.id, root, nodes, edges, depth }, edgeOf }
}

function nodeOf(state: any, depth: number): ChartNode {
  // XState gives an atomic state an `initial` too
  const initial = state.type === 'compound' ? state.initial : null
  return {
    id: state.id,
    key: state.key,
    parent: state.parent?.id ?? null,
    depth,
    order: state.order,
    type: state.type,
    deep: state.history === 'deep',
    region: state.parent?.type === 'parallel' && state.type !== 'history',
    initial: initial?.target?.[0]?.id ?? null,
    initialActions: (initial?.actions ?? []).map(actionOf),
    description: state.description ?? '',
    tags: [...state.tags],
    entry: actionsOf(state.entry),
    exit: actionsOf(state.exit),
    invokes: state.invoke.map((invoke: any) => ({ id: invoke.id, src: sourceText(invoke) })),
    children: Object.values<any>(state.states).map(child => child.id),
  }
}
/** An actor written in place has a made-up source, and perhaps a name of its own. */
function sourceText({ src, id }: any): string {
  if (typeof src === 'string' && !src.startsWith('xstate.invoke.')) return src
  return /^\d+\./.test(id) ? 'inline' : id
}

function edgeFrom(state: any, event: string, transition: any, branch: number, branches: number): ChartEdge {
  const targets = (transition.target ?? []).map((target: any) => target.id)
  const delay = transition.delay === undefined ? null : delayText(transition.delay)
  const { kind, name } = naming(state, event, delay)
  return {
    id: `${state.id}|${event}|${branch}`,
    source: state.id,
    targets,
    kind,
    event,
    name,
    guard: guardText(transition.guard),
    branch,
    branches,
    actions: transition.actions.map(actionOf),
    delay,
    description: transition.description ?? '',
    reenter: transition.reenter === true,
    forbidden: targets.length === 0 && transition.actions.length === 0,
  }
}

const OF_ACTORS: readonly [prefix: string, kind: EdgeKind, word: string][] = [
  ['xstate.done.actor.', 'invokeDone', 'done'],
  ['xstate.error.actor.', 'invokeError', 'failed'],
  ['xstate.snapshot.', 'invokeSnapshot', 'changed'],
]
function naming(state: any, event: string, delay: string | null): { kind: EdgeKind; name: string } {
  if (event === '') return { kind: 'always', name: 'always' }
  if (delay !== null) return { kind: 'after', name: delay }
  if (event === '*') return { kind: 'wildcard', name: 'any event' }
  if (event.endsWith('.*')) return { kind: 'wildcard', name: event }
  if (event.startsWith('xstate.done.state.')) return { kind: 'done', name: 'done' }
  for (const [prefix, kind, word] of OF_ACTORS) {
    if (!event.startsWith(prefix)) continue
    const id = event.slice(prefix.length)
    const invoke = state.invoke.find((each: any) => each.id === id)
    return { kind, name: `${invoke ? sourceText(invoke) : id} ${word}` }
  }
  return { kind: 'event', name: event }
}

/** Where a history state leads at first stands in its configuration alone. */
function historyDefault(state: any): ChartEdge {
  const targets = [state.config.target].flat().map((target: any) => {
    if (typeof target !== 'string') return target.id
    if (target.startsWith('#')) return target.slice(1)
    const path = target.replace(/^\./, '').split('.')
    const found = path.reduce((at: any, key: string) => at?.states[key], state.parent)
    return found?.id ?? `${state.parent.id}.${path.join('.')}`
  })
  return {
    id: `${state.id}|history|0`,
    source: state.id,
    targets,
    kind: 'historyDefault',
    event: '',
    name: '',
    guard: null,
    branch: 0,
    branches: 1,
    actions: [],
    delay: null,
    description: '',
    reenter: false,
    forbidden: false,
  }
}
