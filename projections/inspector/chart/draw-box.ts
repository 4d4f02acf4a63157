/** One state as SVG. Everything that a mark may show is there from the start; classes and texts alone bring it out. */
import {
  BARS,
  COUNT,
  FINAL_MARK,
  FONT,
  HANDLE,
  PAD,
  REGION_BAND,
  ROW_PITCH,
  TAG_GAP,
  TITLE_BAND,
} from './dimensions.ts'
import type { BoxMarks, MarkReader } from './marks.ts'
import { cut, width } from './measure.ts'
import type { Box, Row } from './scene.ts'
import { isStrong, leadWidth, tagWidth } from './sizes.ts'
import { at, badge, icon, px, scaledName, text, title, xml } from './svg.ts'

const RADIUS = { state: 7, composite: 10 }
const RING = 4.5
const TAG_LINE = 17

export const boxClasses = (box: Box, { live, ghost, dissent }: BoxMarks): string =>
  [
    's',
    box.open ? 'comp' : 'atom',
    box.node.type,
    `d${box.node.depth % 2}`,
    box.node.region && box.open && 'region',
    box.folded > 0 && 'folded',
    live && 'on',
    ghost && 'ghost',
    dissent && 'dissent',
  ]
    .filter(Boolean)
    .join(' ')

export function drawBox(box: Box, reader: MarkReader): string {
  const marks = reader.box(box)
  const live = marks.live ? ' aria-current="true"' : ''
  const open = `<g class="${boxClasses(box, marks)}" data-state="${xml(box.id)}" role="group" aria-label="${xml(marks.label)}"${live} ${at(box.x, box.y)}>`
  if (box.node.type === 'history') return `${open}${historyMark(box)}</g>`
  return [open, frame(box), heading(box), details(box, reader), farName(box), ring(box), says(box, marks), '</g>'].join(
    '',
  )
}

const historyMark = (box: Box): string =>
  `${title(`${box.node.deep ? 'deep' : 'shallow'} history`)}<circle class="box" cx="14" cy="14" r="13"/><text x="14" y="18.5" class="title mid">${box.title}</text>`

const radiusOf = (box: Box): number => (box.open ? RADIUS.composite : RADIUS.state)
const bandOf = (box: Box): number => (box.node.region && box.open ? REGION_BAND : TITLE_BAND)
const rect = (cls: string, inset: number, { w, h }: Box, r: number): string =>
  `<rect class="${cls}" x="${inset}" y="${inset}" width="${px(w - 2 * inset)}" height="${px(h - 2 * inset)}" rx="${r}"/>`

function frame(box: Box): string {
  const r = radiusOf(box)
  if (box.node.region && box.open) return rect('hit', 0, box, r)
  const under = `<rect class="box under" x="5" y="5" width="${px(box.w)}" height="${px(box.h)}" rx="${r}"/>`
  const double = box.node.type === 'final' ? rect('inner', 3.5, box, r - 3) : ''
  return `${box.folded > 0 ? under : ''}${rect('box', 0, box, r)}${double}`
}

function heading(box: Box): string {
  const region = box.node.region && box.open
  const baseline = region ? 18 : 22
  const mark = `<path class="mark" d="M${PAD} ${baseline - 9.5}l8 4.5-8 4.5z"/>`
  const full = [box.node.key === box.title ? '' : box.node.key, box.node.description].filter(Boolean).join(': ')
  let right = box.w - PAD
  let marks = ''
  // the root stays open: there is nothing beside it to look at
  if (box.node.parent !== null && (box.open || box.folded > 0)) {
    right -= HANDLE
    marks += handle(box, right + 6, baseline - 13)
  }
  if (box.node.type === 'parallel') {
    right -= BARS
    marks += `<g class="ic" ${at(right + 4, baseline - 10)}><path d="M3.5 0v11M8.5 0v11"/></g>`
  }
  if (box.node.type === 'final') {
    right -= FINAL_MARK
    marks += icon('done', right + 8, baseline - 10.5)
  }
  if (box.folded > 0) {
    right -= COUNT
    marks += `<g class="cnt" ${at(right + 4, baseline - 13)}><rect width="44" height="18" rx="9"/><text x="22" y="13">+${box.folded}</text></g>`
  }
  return `${title(full)}${mark}<text x="${PAD}" y="${baseline}" class="title${region ? ' rtitle' : ''}">${xml(box.title)}</text>${marks}`
}

function handle(box: Box, x: number, y: number): string {
  const says = `${box.open ? 'Fold' : 'Unfold'} ${box.node.key}`
  const sign = box.open ? 'M5 9h8' : 'M5 9h8M9 5v8'
  return `<g class="handle" data-fold="${xml(box.id)}" role="button" tabindex="0" aria-expanded="${box.open}" aria-label="${xml(says)}" ${at(x, y)}><title>${xml(says)}</title><rect width="18" height="18" rx="4"/><path d="${sign}"/></g>`
}

function details(box: Box, reader: MarkReader): string {
  if (box.rows.length === 0 && box.node.tags.length === 0) return ''
  const top = bandOf(box)
  const edge = box.node.region && box.open ? 0 : 1
  const rows = box.rows.map((row, i) => drawRow(row, top + 1 + i * ROW_PITCH, reader))
  const tags = drawTags(box, top + 3 + box.rows.length * ROW_PITCH)
  return `<g class="detail"><path class="rule" d="M${edge} ${top - 1}H${px(box.w - edge)}"/>${rows.join('')}${tags}</g>`
}

function drawRow(row: Row, y: number, reader: MarkReader): string {
  let x = PAD
  const parts: string[] = []
  if (row.badge !== null) {
    parts.push(badge(row.badge, x, y + 9.5))
    x += 17
  }
  if (row.icon) {
    parts.push(icon(row.icon, x, y + 3.5))
    x += 16
  }
  parts.push(text(x, y + 13.5, isStrong(row) ? 'lead strong' : 'lead', row.lead))
  parts.push(text(x + leadWidth(row), y + 13.5, 'rt', row.text))
  const edge = row.edge === null ? '' : ` data-edge="${xml(row.edge)}"`
  const last = row.edge !== null && reader.taken([row.edge]) ? ' last' : ''
  const spoken = row.full === row.text || row.kind === 'text' ? '' : title(row.full)
  return `<g class="row ${row.kind}${last}"${edge}>${spoken}${parts.join('')}</g>`
}

function drawTags({ node }: Box, y: number): string {
  let x = PAD
  return node.tags
    .map(tag => {
      const w = tagWidth(tag)
      const drawn = `<g class="tag" ${at(x, y)}><rect width="${w}" height="${TAG_LINE}" rx="3"/><text x="6" y="12.5">${xml(tag)}</text></g>`
      x += w + TAG_GAP
      return drawn
    })
    .join('')
}

/** From afar a state is its name, as large as its box allows. */
function farName(box: Box): string {
  if (box.open) return ''
  const wide = ((box.w - PAD) / Math.max(1, width(box.title, 10, 600))) * 10
  const size = Math.min(30, wide, box.h * 0.72)
  return scaledName('far', box, size)
}

const ring = (box: Box): string =>
  `<rect class="ring" x="${-RING}" y="${-RING}" width="${px(box.w + 2 * RING)}" height="${px(box.h + 2 * RING)}" rx="${radiusOf(box) + 4}"/>`

/** Two small signs on the border: who disagrees, and which state is live in a folded box. */
export function signs(
  box: Box,
  { dissent, leaf }: BoxMarks,
): Readonly<Record<'says' | 'leaf', { words: string; width: number; x: number }>> {
  const shown = cut(leaf, FONT.small, 600, Math.max(SIGN_MIN, box.w - 2 * PAD))
  const saysWidth = width(dissent, FONT.small, 600) + SIGN_PAD
  const leafWidth = width(shown, FONT.small, 600) + SIGN_PAD
  return {
    says: { words: dissent, width: saysWidth, x: box.w + RING - saysWidth },
    leaf: { words: shown, width: leafWidth, x: 6 },
  }
}
const SIGN_PAD = 14
const SIGN_MIN = 60
const SIGN_Y = { says: -13, leaf: -5 }
function says(box: Box, marks: BoxMarks): string {
  const drawn = signs(box, marks)
  const sign = (name: 'says' | 'leaf', y: number) => {
    const { words, width: w, x } = drawn[name]
    return `<g class="${name}" ${at(x, y)}><rect width="${w}" height="18" rx="4"/><text x="7" y="13">${xml(words)}</text></g>`
  }
  return sign('says', SIGN_Y.says) + (box.folded > 0 ? sign('leaf', box.h + SIGN_Y.leaf) : '')
}
