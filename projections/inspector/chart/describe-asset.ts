/**
 * An asset's chart in its author's words. Compiling adds what the host needs (which state an alarm belongs to, who says that
 * it is left) and turns expressions into functions: the actions are taken from the definition instead.
 */
import { type ChartNodes, chartNodes, transitionList } from '../../../actors/kit/chart.ts'
import type { AnyAsset } from '../../../actors/kit/define.ts'
import { many, type RawAction, type RawTransitions } from '../../../actors/kit/spec.ts'
import type { Action, ChartEdge } from './chart.ts'
import { type Described, describe } from './describe.ts'

export function describeAsset({ spec, program }: AnyAsset): Described {
  const { chart, edgeOf } = describe(program.machine)
  const written = chartNodes(spec.type, spec.chart)
  const nodes = chart.nodes.map(node => {
    const state = written.get(node.id)?.state
    return state ? { ...node, entry: actionsOf(state.entry), exit: actionsOf(state.exit) } : node
  })
  const edges = chart.edges.map(edge => {
    const transition = transitionList(transitionsOf(written, edge))[edge.branch]
    if (!transition) return edge
    const actions = actionsOf(transition.actions)
    return { ...edge, actions, forbidden: edge.targets.length === 0 && actions.length === 0 }
  })
  return { chart: { ...chart, nodes, edges }, edgeOf }
}

function transitionsOf(written: ChartNodes, edge: ChartEdge): RawTransitions | undefined {
  const state = written.get(edge.source)?.state
  switch (edge.kind) {
    case 'always':
      return state?.always
    case 'done':
      return state?.onDone
    case 'after':
      return state?.after?.[edge.event.slice('xstate.after.'.length, -(edge.source.length + 1))]
    default:
      return state?.on?.[edge.event]
  }
}

const actionsOf = (actions: RawAction | readonly RawAction[] | undefined): readonly Action[] =>
  many<RawAction>(actions).map(action => ({ text: textOf(action), kind: 'named' }))
/** `{ set: { power: 'wanted.power' } }` reads `set power wanted.power`. */
function textOf(action: RawAction): string {
  if (typeof action === 'string') return action
  return Object.entries(action)
    .map(([kind, body]) => {
      if (typeof body !== 'object' || body === null) return `${kind} ${body}`
      return `${kind} ${Object.entries(body)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')}`
    })
    .join(', ')
}
