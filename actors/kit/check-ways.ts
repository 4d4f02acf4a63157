/** Ways through a chart, guards taken as possible: states that cannot be entered, left, or live through lost data. */
import { type ChartNode, type ChartNodes, targetId, transitionList, transitionsOf, upwards } from './chart.ts'
import type { Report } from './check.ts'
import type { AnySpec } from './spec.ts'

export function checkWays(spec: AnySpec, nodes: ChartNodes, report: Report): void {
  const root = spec.type
  const reached = reachable(nodes, root)
  const leaves = [...nodes.values()].filter(isLeaf)
  for (const node of nodes.values()) {
    if (!reached.has(node.id)) report.problem('UNREACHABLE', node.id, `no transition leads here`)
    checkHistory(nodes, node, report)
    checkShadowed(nodes, node, root, report)
    for (const t of transitionList(node.state.always))
      if (t.guard === undefined && t.target !== undefined)
        report.note('ALWAYS_UNGUARDED', node.id, `is left at once; is the state needed?`)
  }
  for (const leaf of leaves) {
    const { type } = leaf.state
    if (type === 'final' || type === 'history') continue
    if (leaves.length > 1 && !hasWayOut(nodes, leaf)) {
      const text = `nothing leads out of this state; add a transition (a latched fault needs at least a reset command)`
      report.problem('NO_WAY_OUT', leaf.id, `${text}, or type: 'final'`)
    }
    checkLost(spec, nodes, leaf, report)
  }
}

const isLeaf = (node: ChartNode): boolean => node.kids.length === 0

/** The states that entering this one enters below it, itself included. */
function entered(nodes: ChartNodes, id: string): readonly string[] {
  const node = nodes.get(id)
  if (!node) return []
  const { state, kids } = node
  if (state.type === 'history') {
    const parent = nodes.get(node.parent ?? '')
    const to = state.target === undefined ? `${node.parent}.${parent?.state.initial}` : targetId(node, state.target)
    return [id, ...entered(nodes, to)]
  }
  if (state.type === 'parallel') return [id, ...kids.flatMap(kid => entered(nodes, kid))]
  return state.initial === undefined ? [id] : [id, ...entered(nodes, `${id}.${state.initial}`)]
}

function reachable(nodes: ChartNodes, root: string): ReadonlySet<string> {
  const reached = new Set<string>()
  const waiting = [...entered(nodes, root)]
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (reached.has(id)) continue
    reached.add(id)
    const node = nodes.get(id)!
    if (node.parent !== undefined) waiting.push(node.parent)
    // A parallel state is never entered without all its regions, whichever way one of them is.
    if (node.state.type === 'parallel') waiting.push(...entered(nodes, id))
    for (const { t } of transitionsOf(node.state))
      if (t.target !== undefined) waiting.push(...entered(nodes, targetId(node, t.target)))
  }
  return reached
}

function hasWayOut(nodes: ChartNodes, leaf: ChartNode): boolean {
  for (const node of upwards(nodes, leaf.id))
    for (const { t } of transitionsOf(node.state)) {
      if (t.target === undefined) continue
      const target = targetId(node, t.target)
      if (nodes.has(target) && !entered(nodes, target).includes(leaf.id)) return true
    }
  return false
}

/** S24: a chart with required points says in every state what it does without them. */
function checkLost(spec: AnySpec, nodes: ChartNodes, leaf: ChartNode, report: Report): void {
  const required = Object.entries(spec.points)
    .filter(([, point]) => !(typeof point === 'object' && 'optional' in point && point.optional))
    .map(([name]) => name)
  if (required.length === 0) return
  for (const node of upwards(nodes, leaf.id)) if (node.state.on?.lost !== undefined) return
  const names = `${required.slice(0, 3).join(', ')}${required.length > 3 ? ', ...' : ''}`
  const text = `does not say what happens when ${names} are lost`
  report.problem('LOST_UNHANDLED', leaf.id, `${text}; add on: { lost: ... } here or in a parent ({} to stay)`)
}

function checkHistory(nodes: ChartNodes, node: ChartNode, report: Report): void {
  if (node.state.type !== 'history') return
  for (const above of upwards(nodes, node.id))
    if (above.state.type === 'parallel') {
      const text =
        `XState 5.33 can enter a recorded state without its parent when another region takes a transition at the ` +
        `same event; move the history state out of parallel '${above.id}'`
      report.problem('HISTORY_IN_PARALLEL', node.id, text)
      return
    }
}

/** An inner handler runs first: a protection in the outer one then waits for the next event. */
function checkShadowed(nodes: ChartNodes, outer: ChartNode, root: string, report: Report): void {
  for (const event of Object.keys(outer.state.on ?? {}))
    for (const inner of nodes.values()) {
      if (!inner.id.startsWith(`${outer.id}.`)) continue
      const handlers = transitionList(inner.state.on?.[event])
      if (!handlers.some(t => t.target !== undefined || t.actions !== undefined)) continue
      const name = inner.id.slice(root.length + 1)
      const text = `'${name}' handles ${event} first; if its guard holds, this one waits for the next ${event}.`
      report.note('SHADOWED', `${outer.id} on ${event}`, `${text} A protection belongs in always: of the parent`)
    }
}
