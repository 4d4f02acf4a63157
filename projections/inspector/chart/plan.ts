/**
 * What is drawn of a chart under a folding: which states are boxes, which transitions are rows in a box and which are
 * wires. No geometry.
 *
 * P1  One wire for each (source, targets); its label stacks the transitions.
 * P2  What goes nowhere is a row in the box: no target, ignored, to itself.
 * P3  A hub of a large chart (trip -> safe, from everywhere) is named in rows: its wires would cover the rest.
 * P4  A transition of a folded state starts at the box it is folded into; one that stays inside is not drawn.
 * P5  What a parallel state sends into its own regions is a row: such a wire tears the regions apart.
 */
import { type Chart, type ChartEdge, type ChartIndex, type ChartNode, indexOf, isWithin } from './chart.ts'
import { LABEL_ROWS_MAX } from './dimensions.ts'
import { labelRow, moreRow, rowOfEdge, rowsOfNode } from './rows.ts'
import type { LabelRow, Row } from './scene.ts'

export interface PlannedWire {
  readonly id: string
  readonly edges: readonly ChartEdge[]
  readonly from: string
  readonly targets: readonly string[]
  readonly rows: readonly LabelRow[]
}
export interface Plan {
  readonly index: ChartIndex
  readonly root: string
  readonly folded: ReadonlySet<string>
  readonly visible: readonly ChartNode[]
  readonly rows: ReadonlyMap<string, readonly Row[]>
  readonly wires: readonly PlannedWire[]
}

/** P3 */
const HUB_SOURCES = 6
const LARGE = 24

export function plan(chart: Chart, folded: ReadonlySet<string>): Plan {
  const index = indexOf(chart)
  const boxOf = boxes(chart, folded)
  const visible = chart.nodes.filter(node => boxOf.get(node.id) === node.id)
  const rows = new Map(visible.map(node => [node.id, [...rowsOfNode(node)]]))
  const isHub = hubs(chart, boxOf, visible.length > LARGE)
  const groups = new Map<string, { from: string; targets: readonly string[]; edges: ChartEdge[] }>()
  for (const edge of chart.edges) {
    const from = boxOf.get(edge.source)!
    const targets = [...new Set(edge.targets.map(target => boxOf.get(target) ?? from))]
    const own = from === edge.source
    if (targets.length === 0 || (own && targets.length === 1 && targets[0] === from)) {
      if (own) rows.get(from)!.push(rowOfEdge(edge, null)) // P2
      continue
    }
    if (!own && targets.every(target => isWithin(index, target, from))) continue // P4
    const inward = targets.every(target => isWithin(index, target, from))
    const parallel = inward && index.get(from)!.type === 'parallel' // P5
    if (parallel || targets.every(target => isHub.has(target) && target !== from)) {
      rows.get(from)!.push(rowOfEdge(edge, targets.map(target => index.get(target)!.key).join(', '))) // P3
      continue
    }
    const id = `${from}→${targets.join('+')}`
    const group = groups.get(id)
    if (group) group.edges.push(edge)
    else groups.set(id, { from, targets, edges: [edge] }) // P1
  }
  const wires = [...groups].map(([id, group]) => ({ id, ...group, rows: stacked(group.edges) }))
  return { index, root: chart.root, folded, visible, rows, wires }
}

/** The box in which each state is drawn: itself, or its outermost folded ancestor. */
function boxes(chart: Chart, folded: ReadonlySet<string>): ReadonlyMap<string, string> {
  const boxOf = new Map<string, string>()
  // parents come before their children
  for (const { id, parent } of chart.nodes) {
    const above = parent === null ? undefined : boxOf.get(parent)
    const hidden = above !== undefined && (above !== parent || folded.has(above))
    boxOf.set(id, hidden ? above : id)
  }
  return boxOf
}

function hubs(chart: Chart, boxOf: ReadonlyMap<string, string>, large: boolean): ReadonlySet<string> {
  if (!large) return new Set()
  const sources = new Map<string, Set<string>>()
  for (const edge of chart.edges)
    for (const target of edge.targets) {
      const to = boxOf.get(target)
      if (to === undefined || edge.kind === 'historyDefault') continue
      sources.set(to, (sources.get(to) ?? new Set()).add(boxOf.get(edge.source)!))
    }
  return new Set([...sources].filter(([, from]) => from.size > HUB_SOURCES).map(([to]) => to))
}

/** Folded states say the same thing several times. */
function stacked(edges: readonly ChartEdge[]): readonly LabelRow[] {
  const all = edges.map(labelRow).filter(row => row.name || row.guard || row.actions || row.icon)
  const rows = all.filter((row, i) => all.findIndex(other => other.full === row.full) === i)
  if (rows.length <= LABEL_ROWS_MAX) return rows
  return [...rows.slice(0, LABEL_ROWS_MAX - 1), moreRow(rows.slice(LABEL_ROWS_MAX - 1))]
}
