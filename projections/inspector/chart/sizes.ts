/** How large each box must be for its own words, before anything is placed. */
import { type ChartNode, pathTo } from './chart.ts'
import {
  BADGE,
  BARS,
  BOX_WIDTH_MIN,
  COUNT,
  FINAL_MARK,
  FONT,
  HANDLE,
  HISTORY,
  ICON,
  LEAD_GAP,
  LIMIT,
  LIVE_MARK,
  PAD,
  REGION_BAND,
  ROW_PITCH,
  ROWS_END,
  TAG_BAND,
  TAG_GAP,
  TAG_PAD,
  TITLE_BAND,
} from './dimensions.ts'
import { cut, width } from './measure.ts'
import type { Plan } from './plan.ts'
import type { Box, Row } from './scene.ts'

export type SizedBox = Omit<Box, 'x' | 'y'>

export const isStrong = ({ kind }: Row): boolean => kind === 'on' || kind === 'link'
export const leadWidth = (row: Row): number =>
  row.lead ? width(row.lead, FONT.row, isStrong(row) ? 600 : 400) + LEAD_GAP : 0
const rowWidth = (row: Row): number =>
  (row.badge === null ? 0 : BADGE) + (row.icon ? ICON : 0) + leadWidth(row) + width(row.text, FONT.row)
export const tagWidth = (tag: string): number => width(tag, FONT.small, 500) + 2 * TAG_PAD

export function sized(plan: Plan, node: ChartNode): SizedBox {
  const { key, parent, type, deep, region, depth, tags, description } = node
  const about = { key, parent, type, deep, region, depth, tags, description }
  const isFolded = plan.folded.has(node.id)
  const open = !isFolded && node.children.length > 0
  const leaves = isFolded ? leavesOf(plan, node) : []
  const rows = plan.rows.get(node.id) ?? []
  const base = { id: node.id, node: about, open, leaves, rows, folded: isFolded ? countBelow(plan, node) : 0 }
  if (type === 'history') return { ...base, rows: [], title: deep ? 'H*' : 'H', header: 0, w: HISTORY, h: HISTORY }
  const title = cut(key, FONT.title, 600, LIMIT.title)
  const band = region && open ? REGION_BAND : TITLE_BAND
  const extra = rows.length * ROW_PITCH + (tags.length > 0 ? TAG_BAND : 0)
  const header = band + extra + (extra > 0 ? ROWS_END : 0)
  const titled = width(title, FONT.title, 600) + marksWidth(base)
  const tagged = tags.reduce((sum, tag) => sum + tagWidth(tag) + TAG_GAP, -TAG_GAP)
  const w = Math.max(BOX_WIDTH_MIN, 2 * PAD + Math.max(titled, tagged, ...rows.map(rowWidth)))
  return { ...base, title, header, w, h: header }
}
/** What stands beside a title: the triangle while it is live, and the marks at the right. */
function marksWidth({ node, open, folded }: Pick<Box, 'node' | 'open' | 'folded'>): number {
  const ofType = node.type === 'final' ? FINAL_MARK : node.type === 'parallel' ? BARS : 0
  return LIVE_MARK + ofType + (node.parent !== null && (open || folded > 0) ? HANDLE : 0) + (folded > 0 ? COUNT : 0)
}

const countBelow = (plan: Plan, node: ChartNode): number =>
  node.children.reduce((sum, child) => sum + 1 + countBelow(plan, plan.index.get(child)!), 0)

function leavesOf(plan: Plan, node: ChartNode): readonly (readonly [string, string])[] {
  const nodes = node.children.map(child => plan.index.get(child)!)
  return nodes.flatMap(child =>
    child.children.length > 0
      ? leavesOf(plan, child)
      : child.type === 'history'
        ? []
        : [[child.id, nameWithin(plan, node, child)] as const],
  )
}
const nameWithin = (plan: Plan, ancestor: ChartNode, node: ChartNode): string =>
  pathTo(plan.index, node.id)
    .slice(pathTo(plan.index, ancestor.id).length)
    .map(id => plan.index.get(id)!.key)
    .join('.')
