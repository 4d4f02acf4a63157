/** Judges a scene: what lies on what, and whether every wire is whole. An empty list is a good drawing. */
import type { Box, Label, Point, Scene, Wire } from '../../../projections/inspector/chart/scene.ts'

interface Area {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}
/** Lines have a width; what touches does not overlap. */
const EPS = 0.6

const overlap = (a: Area, b: Area): boolean =>
  a.x + a.w > b.x + EPS && b.x + b.w > a.x + EPS && a.y + a.h > b.y + EPS && b.y + b.h > a.y + EPS
const inside = (outer: Area, a: Area): boolean =>
  a.x >= outer.x - EPS &&
  a.y >= outer.y - EPS &&
  a.x + a.w <= outer.x + outer.w + EPS &&
  a.y + a.h <= outer.y + outer.h + EPS
const segments = (wire: Wire): readonly Area[] =>
  wire.lines.flatMap(line => line.slice(1).map((b, i) => between(line[i]!, b)))
const between = (a: Point, b: Point): Area => ({
  x: Math.min(a.x, b.x) - EPS,
  y: Math.min(a.y, b.y) - EPS,
  w: Math.abs(a.x - b.x) + 2 * EPS,
  h: Math.abs(a.y - b.y) + 2 * EPS,
})
const ends = (box: Box, point: Point): boolean =>
  inside({ x: box.x - 1, y: box.y - 1, w: box.w + 2, h: box.h + 2 }, { ...point, w: 0, h: 0 })

export function faults(scene: Scene): readonly string[] {
  const index = new Map(scene.boxes.map(box => [box.id, box]))
  const solid = scene.boxes.filter(box => !box.open)
  const labels = scene.wires.flatMap(wire => (wire.label ? [{ wire, label: wire.label as Label }] : []))
  return [
    ...scene.boxes.flatMap(box => {
      const parent = box.node.parent === null ? undefined : index.get(box.node.parent)
      return parent && !inside(parent, box) ? [`${box.id} leaves its parent`] : []
    }),
    ...pairs(scene.boxes).flatMap(([a, b]) =>
      a.node.parent === b.node.parent && overlap(a, b) ? [`${a.id} on ${b.id}`] : [],
    ),
    ...scene.boxes.flatMap(box => headerFaults(scene, box)),
    ...labels.flatMap(({ wire, label }) =>
      solid.filter(box => overlap(box, label)).map(box => `label ${wire.id} on ${box.id}`),
    ),
    ...pairs(labels).flatMap(([a, b]) =>
      overlap(a.label, b.label) ? [`label ${a.wire.id} on label ${b.wire.id}`] : [],
    ),
    ...scene.wires.flatMap(wire => wireFaults(wire, index, solid, labels)),
  ]
}

/** A child over the rows of its parent. */
const headerFaults = (scene: Scene, box: Box): readonly string[] =>
  scene.boxes
    .filter(child => box.open && child.node.parent === box.id && child.y < box.y + box.header - EPS)
    .map(child => `${child.id} on the header of ${box.id}`)

function wireFaults(
  wire: Wire,
  index: ReadonlyMap<string, Box>,
  solid: readonly Box[],
  labels: readonly { readonly wire: Wire; readonly label: Label }[],
): readonly string[] {
  const first = wire.lines[0]?.[0]
  const last = wire.lines.at(-1)?.at(-1)
  if (!first || !last || wire.lines.some(line => line.length < 2)) return [`${wire.id} has no line`]
  const parts = segments(wire)
  const struck = (area: Area) => parts.some(part => overlap(part, area))
  return [
    ...(ends(index.get(wire.from)!, first) ? [] : [`${wire.id} does not begin at its source`]),
    ...(ends(index.get(wire.to)!, last) ? [] : [`${wire.id} does not end at its target`]),
    ...solid
      .filter(box => box.id !== wire.from && box.id !== wire.to && struck(box))
      .map(box => `${wire.id} through ${box.id}`),
    ...labels
      .filter(other => other.wire.id !== wire.id && struck(other.label))
      .map(other => `${wire.id} through label ${other.wire.id}`),
  ]
}

const pairs = <T>(all: readonly T[]): readonly (readonly [T, T])[] =>
  all.flatMap((a, i) => all.slice(i + 1).map(b => [a, b] as const))
