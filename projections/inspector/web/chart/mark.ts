/** Puts the marks of a moment on a chart that is drawn: classes and a few words change, no geometry. */
import { boxClasses, signs } from '../../chart/draw-box.ts'
import { EDGE_SEPARATOR } from '../../chart/draw-wire.ts'
import { MarkReader, type Marks } from '../../chart/marks.ts'
import type { Scene } from '../../chart/scene.ts'

/** What is marked, found once for each drawing. */
export interface Marked {
  readonly scene: Scene
  readonly boxes: ReadonlyMap<string, SVGGElement>
  readonly names: ReadonlyMap<string, SVGGElement>
  /** Wires, labels, label rows and box rows, with the edges of each. */
  readonly edges: readonly (readonly [element: SVGGElement, edges: readonly string[]])[]
}

export function marked(svg: SVGSVGElement, scene: Scene): Marked {
  const all = (attribute: string) => [...svg.querySelectorAll<SVGGElement>(`[${attribute}]`)]
  const byId = (attribute: string) => new Map(all(attribute).map(g => [g.getAttribute(attribute)!, g]))
  return {
    scene,
    boxes: byId('data-state'),
    names: byId('data-map'),
    edges: [
      ...all('data-edges').map(g => [g, g.getAttribute('data-edges')!.split(EDGE_SEPARATOR)] as const),
      ...all('data-edge').map(g => [g, [g.getAttribute('data-edge')!]] as const),
    ],
  }
}

export function mark({ scene, boxes, names, edges }: Marked, marks: Marks): void {
  const reader = new MarkReader(marks)
  for (const box of scene.boxes) {
    const element = boxes.get(box.id)!
    const here = reader.box(box)
    const found = element.classList.contains('found') ? ' found' : ''
    change(element, 'class', boxClasses(box, here) + found)
    change(element, 'aria-label', here.label)
    change(element, 'aria-current', here.live ? 'true' : null)
    names.get(box.id)?.classList.toggle('on', here.live)
    for (const [name, { words, width, x }] of Object.entries(signs(box, here))) {
      const sign = element.querySelector(`:scope > .${name}`)
      if (!sign || sign.lastElementChild!.textContent === words) continue
      sign.lastElementChild!.textContent = words
      sign.firstElementChild!.setAttribute('width', String(width))
      sign.setAttribute('transform', sign.getAttribute('transform')!.replace(/\(\S+/, `(${x}`))
    }
  }
  for (const [element, ids] of edges) element.classList.toggle('last', reader.taken(ids))
}

/** Writing the same again would still cost a style recalculation. */
function change(element: Element, name: string, value: string | null): void {
  if (element.getAttribute(name) === value) return
  if (value === null) element.removeAttribute(name)
  else element.setAttribute(name, value)
}
