/**
 * A plan as ELK's graph. ELK's own model order crashes on nested graphs, so that the wires are turned here instead: at the
 * lowest common ancestor the later child points back to the earlier one, the initial state being first. What we turned is
 * turned back afterwards.
 */
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js'
import { type ChartNode, pathTo } from './chart.ts'
import { INITIAL, LABEL_RULE } from './dimensions.ts'
import { baseOptions, CANVAS_OPTIONS, LABEL_OPTIONS } from './elk-options.ts'
import type { Plan, PlannedWire } from './plan.ts'
import type { Direction } from './scene.ts'
import { type SizedBox, sized } from './sizes.ts'

export interface ElkInput {
  readonly graph: ElkNode & { edges: ElkExtendedEdge[] }
  readonly boxes: ReadonlyMap<string, SizedBox>
  readonly reversed: ReadonlySet<string>
  /** Initial children that are drawn. */
  readonly initials: ReadonlySet<string>
}
export interface ElkWire {
  readonly id: string
  readonly wire: PlannedWire
  readonly target: string
  /** The label of a fork stands on its first branch. */
  readonly labelled: boolean
}

export const wiresOf = (plan: Plan): readonly ElkWire[] =>
  plan.wires.flatMap(wire =>
    wire.targets.map((target, i) => {
      return { id: `${wire.id}#${i}`, wire, target, labelled: i === 0 && wire.rows.length > 0 }
    }),
  )

const POSITION_STEP = 100
const PAD_LEFT = { compound: 34, parallel: 14 }
const PAD_TOP = { compound: 14, parallel: 6 }

export function elkGraph(plan: Plan, direction: Direction, seed: number): ElkInput {
  const boxes = new Map(plan.visible.map(node => [node.id, sized(plan, node)]))
  const initials = new Set(
    plan.visible.flatMap(node => (boxes.get(node.id)!.open && node.initial ? [node.initial] : [])),
  )
  const base = baseOptions(direction, seed)

  const build = (node: ChartNode): ElkNode => {
    const box = boxes.get(node.id)!
    const siblings = node.parent === null ? undefined : plan.index.get(node.parent)
    const at = POSITION_STEP * (siblings?.children.indexOf(node.id) ?? 0)
    const options: Record<string, string> = { 'elk.position': direction === 'DOWN' ? `(${at},0)` : `(0,${at})` }
    if (siblings?.initial === node.id) options['elk.priority'] = '1000'
    if (node.region) options['elk.alignment'] = direction === 'DOWN' ? 'TOP' : 'LEFT'
    const built: ElkNode = { id: node.id, layoutOptions: options }
    if (initials.has(node.id)) built.labels = [initialMark(node.id, direction)]
    if (!box.open) return Object.assign(built, { width: Math.ceil(box.w), height: box.h })
    const shape = node.type === 'parallel' ? 'parallel' : 'compound'
    Object.assign(options, base, {
      'elk.padding': `[top=${box.header + PAD_TOP[shape]},left=${PAD_LEFT[shape]},bottom=18,right=18]`,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${box.w},${box.header + 30})`,
    })
    return Object.assign(built, { children: node.children.map(child => build(plan.index.get(child)!)) })
  }

  const reversed = new Set<string>()
  const edges = wiresOf(plan).map(({ id, wire, target, labelled }) => {
    const back = goesBack(plan, wire.from, target)
    if (back) reversed.add(id)
    const ends = back ? [target, wire.from] : [wire.from, target]
    const labels = labelled ? [{ id: `label:${id}`, text: 'x', ...labelSize(wire), layoutOptions: LABEL_OPTIONS }] : []
    return { id, sources: [ends[0]!], targets: [ends[1]!], labels }
  })
  const children = [build(plan.index.get(plan.root)!)]
  const graph = { id: '__canvas', layoutOptions: { ...base, ...CANVAS_OPTIONS }, children, edges }
  return { graph, boxes, reversed, initials }
}

/** A label outside the state reserves room for the mark, without a node of its own. */
const initialMark = (id: string, direction: Direction) => ({
  id: `initial:${id}`,
  text: '',
  width: INITIAL.w,
  height: INITIAL.h,
  layoutOptions: {
    'elk.nodeLabels.placement': `OUTSIDE H_LEFT V_TOP${direction === 'DOWN' ? '' : ' H_PRIORITY'}`,
  },
})

export function labelSize({ rows }: PlannedWire): { readonly width: number; readonly height: number } {
  const rules = LABEL_RULE * Math.max(0, rows.length - 1)
  return { width: Math.max(0, ...rows.map(row => row.w)), height: rows.reduce((sum, row) => sum + row.h, rules) }
}

function goesBack(plan: Plan, source: string, target: string): boolean {
  const [from, to] = [pathTo(plan.index, source), pathTo(plan.index, target)]
  let i = 0
  while (i < from.length && i < to.length && from[i] === to[i]) i++
  const [first, second] = [from[i], to[i]]
  if (first === undefined || second === undefined) return false
  const parent = plan.index.get(from[i - 1]!)!
  const rank = (id: string) => (parent.initial === id ? -1 : parent.children.indexOf(id))
  return rank(first) > rank(second)
}
