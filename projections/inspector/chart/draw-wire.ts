/** One wire and its label as SVG. */
import { BADGE, FONT, ICON, LABEL_PAD, LABEL_RULE } from './dimensions.ts'
import type { MarkReader } from './marks.ts'
import { width } from './measure.ts'
import type { LabelRow, Wire } from './scene.ts'
import { arrowhead, at, badge, icon, px, route, text, title, xml } from './svg.ts'

/** Edges are separated by a newline, which no event type of a chart holds. */
export const EDGE_SEPARATOR = '\n'
const edgesOf = ({ edges }: Wire): string => xml(edges.join(EDGE_SEPARATOR))

export function drawWire(wire: Wire, reader: MarkReader): string {
  const lines = wire.lines.filter(line => line.length > 1)
  if (lines.length === 0) return ''
  const d = lines.map(route).join('')
  const start = lines[0]![0]!
  const dot = wire.inner ? `<circle class="from" cx="${px(start.x)}" cy="${px(start.y)}" r="3"/>` : ''
  const last = reader.taken(wire.edges) ? ' last' : ''
  const head = arrowhead(lines.at(-1)!)
  return `<g class="e ${wire.kind}${last}" data-edges="${edgesOf(wire)}"><path class="case" d="${d}"/><path class="line" d="${d}"/><path class="head" d="${head}"/>${dot}</g>`
}

export function drawLabel(wire: Wire, reader: MarkReader): string {
  if (!wire.label) return ''
  const { x, y, w, h, rows } = wire.label
  let top = 0
  const drawn = rows.map((row, i) => {
    const rule = i === 0 ? '' : `<path class="rule" d="M0 ${px(top + 1)}H${px(w)}"/>`
    if (i > 0) top += LABEL_RULE
    const content = drawLabelRow(row, top, reader)
    top += row.h
    return rule + content
  })
  const last = reader.taken(wire.edges) ? ' last' : ''
  return `<g class="l detail${last}" data-edges="${edgesOf(wire)}" ${at(x, y)}><rect class="pill" width="${px(w)}" height="${px(h)}" rx="5"/>${drawn.join('')}</g>`
}

function drawLabelRow(row: LabelRow, y: number, reader: MarkReader): string {
  let x = LABEL_PAD
  const parts: string[] = []
  if (row.badge !== null) {
    parts.push(badge(row.badge, x, y + 10.5))
    x += BADGE
  }
  if (row.icon) {
    parts.push(icon(row.icon, x, y + 4.5))
    x += ICON
  }
  parts.push(text(x, y + 15, 'ev', row.name))
  if (row.name) x += width(row.name, FONT.label, 600) + 5
  parts.push(text(x, y + 15, 'gd', row.guard), text(LABEL_PAD, y + 29, 'ac', row.actions))
  const edge = row.edge === null ? '' : ` data-edge="${xml(row.edge)}"`
  const last = row.edge !== null && reader.taken([row.edge]) ? ' last' : ''
  return `<g class="lr${last}"${edge}>${title(row.full)}${parts.join('')}</g>`
}
