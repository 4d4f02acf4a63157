/** Walking a chart as plain data: its states by full name (`battery.operating.standby`), targets, transitions. */
import { many, type RawState, type RawTransition, type RawTransitions } from './spec.ts'

export interface ChartNode {
  /** `<asset type>.<path>`; the chart itself has the type alone. */
  readonly id: string
  readonly parent: string | undefined
  readonly kids: readonly string[]
  readonly state: RawState
}
/** In document order. */
export type ChartNodes = ReadonlyMap<string, ChartNode>

export function chartNodes(type: string, chart: RawState): ChartNodes {
  const nodes = new Map<string, ChartNode>()
  const walk = (state: RawState, id: string, parent: string | undefined): void => {
    nodes.set(id, { id, parent, kids: Object.keys(state.states ?? {}).map(name => `${id}.${name}`), state })
    for (const [name, child] of Object.entries(state.states ?? {})) walk(child, `${id}.${name}`, id)
  }
  walk(chart, type, undefined)
  return nodes
}

/** The full name that a target written in state `from` means: `#full.name`, `.child`, or a sibling. */
export function targetId(from: ChartNode, target: string): string {
  if (target.startsWith('#')) return target.slice(1)
  return target.startsWith('.') ? from.id + target : `${from.parent}.${target}`
}

export function transitionList(raw: RawTransitions | undefined): readonly RawTransition[] {
  return many<string | RawTransition>(raw as never).map(t => (typeof t === 'string' ? { target: t } : t))
}

/** Every transition of a state with the words that say where it stands: `on start`, `after 5 s`, `always`, `onDone`. */
export function* transitionsOf(state: RawState): Generator<{ readonly where: string; readonly t: RawTransition }> {
  for (const [event, raw] of Object.entries(state.on ?? {}))
    for (const t of transitionList(raw)) yield { where: `on ${event}`, t }
  for (const [delay, raw] of Object.entries(state.after ?? {}))
    for (const t of transitionList(raw)) yield { where: `after ${delay}`, t }
  for (const t of transitionList(state.always)) yield { where: 'always', t }
  for (const t of transitionList(state.onDone)) yield { where: 'onDone', t }
}

/** A state and all its ancestors, innermost first. */
export function* upwards(nodes: ChartNodes, id: string): Generator<ChartNode> {
  for (let node = nodes.get(id); node; node = node.parent === undefined ? undefined : nodes.get(node.parent)) yield node
}
