/** A chart with a place for everything: what layout makes and drawing draws. Absolute pixels, plain data. */
import type { ChartNode, EdgeKind } from './chart.ts'

export type Direction = 'DOWN' | 'RIGHT'
export type IconName =
  | 'clock'
  | 'bolt'
  | 'star'
  | 'done'
  | 'check'
  | 'cross'
  | 'wave'
  | 'actor'
  | 'barred'
  | 'restart'
  | 'reenter'

export interface Point {
  readonly x: number
  readonly y: number
}
/** A line inside a box. */
export interface Row {
  readonly kind: 'text' | 'invoke' | 'entry' | 'exit' | 'on' | 'link'
  readonly icon: IconName | null
  /** Which branch of a guarded choice. */
  readonly badge: number | null
  readonly lead: string
  readonly text: string
  /** Uncut. */
  readonly full: string
  readonly edge: string | null
}
export interface Box {
  readonly id: string
  readonly title: string
  readonly node: Pick<ChartNode, 'key' | 'parent' | 'type' | 'deep' | 'region' | 'depth' | 'tags' | 'description'>
  readonly rows: readonly Row[]
  /** Its children are drawn inside. */
  readonly open: boolean
  /** How many states are folded into it. */
  readonly folded: number
  /** The states folded into it that have no children: [id, name]. */
  readonly leaves: readonly (readonly [id: string, key: string])[]
  /** Height of what stands above the children. */
  readonly header: number
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}
export interface LabelRow {
  readonly edge: string | null
  readonly icon: IconName | null
  readonly badge: number | null
  readonly name: string
  readonly guard: string
  readonly actions: string
  /** Uncut. */
  readonly full: string
  readonly w: number
  readonly h: number
}
export interface Label {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
  readonly rows: readonly LabelRow[]
}
/** All transitions between one pair of states. */
export interface Wire {
  readonly id: string
  readonly edges: readonly string[]
  readonly from: string
  readonly to: string
  readonly kind: EdgeKind
  /** From a composite's own border to a state inside it. */
  readonly inner: boolean
  readonly lines: readonly (readonly Point[])[]
  readonly label: Label | null
}
export interface Segment {
  readonly from: Point
  readonly to: Point
}
export interface Scene {
  readonly direction: Direction
  readonly w: number
  readonly h: number
  readonly boxes: readonly Box[]
  readonly wires: readonly Wire[]
  /** At the upper left corner of each initial state. */
  readonly initials: readonly (Point & { readonly id: string })[]
  /** Between the regions of a parallel state. */
  readonly separators: readonly Segment[]
}
/** Where the states of an earlier scene were: what a new layout should stay close to. */
export type Places = Readonly<Record<string, readonly [x: number, y: number]>>
export const placesOf = ({ boxes }: Scene): Places =>
  Object.fromEntries(boxes.map(box => [box.id, [box.x + box.w / 2, box.y + box.h / 2] as const]))
