/** The few words of SVG that drawing needs. No inline style: the page's content policy forbids it. */
import { ICON_PATHS } from './icons.ts'
import type { Box, IconName, Point } from './scene.ts'

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
export const xml = (text: string): string => text.replace(/[&<>"]/g, letter => ENTITIES[letter]!)
/** A tenth of a pixel is finer than a screen. */
export const px = (value: number): string => String(Math.round(value * 10) / 10)
export const at = (x: number, y: number): string => `transform="translate(${px(x)} ${px(y)})"`
export const text = (x: number, y: number, cls: string, content: string): string =>
  content ? `<text x="${px(x)}" y="${px(y)}" class="${cls}">${xml(content)}</text>` : ''
export const title = (content: string): string => (content ? `<title>${xml(content)}</title>` : '')
export const icon = (name: IconName, x: number, y: number): string =>
  `<g class="ic" ${at(x, y)}>${ICON_PATHS[name]}</g>`
export const badge = (number: number, x: number, y: number): string =>
  `<circle class="bd" cx="${px(x + 6)}" cy="${px(y)}" r="6.5"/><text class="bdt" x="${px(x + 6)}" y="${px(y + 3.5)}">${number}</text>`
/** The name of a box in its middle, `size` pixels high: scaled, since the style sheet sets every size of text. */
export function scaledName(cls: string, { w, h, title }: Box, size: number): string {
  const scale = Math.round(size * 10) / 100
  return `<text class="${cls}" transform="translate(${px(w / 2)} ${px(h / 2 + size * 0.36)}) scale(${scale})">${xml(title)}</text>`
}

const BEND = 8
const HEAD = { length: 8, half: 4 }

/** An orthogonal line with rounded bends. */
export function route(points: readonly Point[]): string {
  const line = distinct(points)
  const first = line[0]!
  let d = `M${px(first.x)} ${px(first.y)}`
  for (let i = 1; i < line.length - 1; i++) {
    const [a, b, c] = [line[i - 1]!, line[i]!, line[i + 1]!]
    const before = distance(a, b)
    const after = distance(b, c)
    const r = Math.min(BEND, before / 2, after / 2)
    const [into, out] = [towards(b, a, r / before), towards(b, c, r / after)]
    d += `L${px(into.x)} ${px(into.y)}Q${px(b.x)} ${px(b.y)} ${px(out.x)} ${px(out.y)}`
  }
  const last = line.at(-1)!
  return `${d}L${px(last.x)} ${px(last.y)}`
}
export function arrowhead(points: readonly Point[]): string {
  const line = distinct(points)
  const [tip, from] = [line.at(-1)!, line.at(-2) ?? line.at(-1)!]
  const length = distance(from, tip) || 1
  const [ux, uy] = [(tip.x - from.x) / length, (tip.y - from.y) / length]
  const [x, y] = [tip.x - ux * HEAD.length, tip.y - uy * HEAD.length]
  const side = (sign: number) => `${px(x - sign * uy * HEAD.half)} ${px(y + sign * ux * HEAD.half)}`
  return `M${px(tip.x)} ${px(tip.y)}L${side(1)}L${side(-1)}Z`
}
const distinct = (points: readonly Point[]): readonly Point[] =>
  points.filter((point, i) => i === 0 || distance(point, points[i - 1]!) > 0.01)
const distance = (a: Point, b: Point): number => Math.hypot(b.x - a.x, b.y - a.y)
const towards = (from: Point, to: Point, share: number): Point => ({
  x: from.x + (to.x - from.x) * share,
  y: from.y + (to.y - from.y) * share,
})
