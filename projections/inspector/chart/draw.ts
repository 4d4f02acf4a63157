/**
 * Scene -> SVG. Composites lie below the wires, states and labels above them; the names for the farthest zoom cover all.
 * Colours and zoom are classes of `chart.css`; a live update changes classes only.
 */
import { drawBox } from './draw-box.ts'
import { drawLabel, drawWire } from './draw-wire.ts'
import { MarkReader, type Marks, NO_MARKS } from './marks.ts'
import { width } from './measure.ts'
import type { Box, Scene } from './scene.ts'
import { at, px, scaledName, xml } from './svg.ts'

export function draw(scene: Scene, name: string, marks: Marks = NO_MARKS): string {
  const reader = new MarkReader(marks)
  const { w, h, boxes, wires, separators } = scene
  const open = `<svg xmlns="http://www.w3.org/2000/svg" class="chart" data-zoom="near" width="${px(w)}" height="${px(h)}" viewBox="0 0 ${px(w)} ${px(h)}" role="group" aria-label="${xml(`Statechart ${name}`)}">`
  return [
    open,
    HATCH,
    ...boxes.filter(box => box.open).map(box => drawBox(box, reader)),
    ...separators.map(({ from, to }) => `<path class="sep" d="M${px(from.x)} ${px(from.y)}L${px(to.x)} ${px(to.y)}"/>`),
    ...wires.map(wire => drawWire(wire, reader)),
    ...initialMarks(scene),
    ...boxes.filter(box => !box.open).map(box => drawBox(box, reader)),
    ...wires.map(wire => drawLabel(wire, reader)),
    ...boxes.map(box => mapName(box, reader)),
    '</svg>',
  ].join('')
}

const HATCH =
  '<defs><pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-field" width="8" height="8"/><path class="hatch-line" d="M0 0V8"/></pattern></defs>'

function initialMarks({ initials, boxes }: Scene): readonly string[] {
  const index = new Map(boxes.map(box => [box.id, box]))
  return initials.map(({ id, x, y }) => {
    const middle = Math.min(index.get(id)!.h / 2, 14)
    return `<g class="i" ${at(x, y)}><circle class="ini" cx="-18" cy="${middle - 9}" r="4.5"/><path class="inil" d="M-18 ${middle - 5}Q-18 ${middle} -12 ${middle}H-6"/><path class="ini" d="M0 ${middle}l-7-3.5v7z"/></g>`
  })
}

/** From very far only the outermost states are told apart. */
function mapName(box: Box, reader: MarkReader): string {
  if (box.node.depth !== 1) return ''
  const wide = ((box.w - 16) / Math.max(1, width(box.title, 10, 600))) * 9
  const size = Math.min(260, wide, box.h * 0.5)
  const on = reader.box(box).live ? ' on' : ''
  return `<g class="mapn${on}" data-map="${xml(box.id)}" aria-hidden="true" ${at(box.x, box.y)}><rect width="${px(box.w)}" height="${px(box.h)}" rx="14"/>${scaledName('', box, size)}</g>`
}
