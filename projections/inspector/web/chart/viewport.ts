/**
 * Where one looks at a chart: a CSS transform on the drawing, the fastest way that was measured. Plain arithmetic and one
 * signal; events come from `gestures.ts`.
 */
import { type ReadonlySignal, signal } from '@preact/signals'

export interface View {
  readonly x: number
  readonly y: number
  readonly scale: number
}
export interface Size {
  readonly w: number
  readonly h: number
}
export interface Area extends Size {
  readonly x: number
  readonly y: number
}

export const SCALE_MIN = 0.04
export const SCALE_MAX = 3
const FIT_MARGIN = 16
/** Some of the chart stays in sight. */
const KEPT_PX = 60
/** Below these only names, then only the outermost states can be read. */
const FAR = 0.4
const MAP = 0.15

export type Zoom = 'near' | 'far' | 'map'
export const zoomOf = (scale: number): Zoom => (scale < MAP ? 'map' : scale < FAR ? 'far' : 'near')

/** At which all of a chart is in sight, never larger than drawn. */
export const fitting = (screen: Size, chart: Size): number =>
  Math.min(1, (screen.w - 2 * FIT_MARGIN) / chart.w, (screen.h - 2 * FIT_MARGIN) / chart.h)

export class Viewport {
  readonly #view = signal<View>({ x: 0, y: 0, scale: 1 })
  #screen: Size = { w: 1, h: 1 }
  #chart: Size = { w: 1, h: 1 }

  get view(): ReadonlySignal<View> {
    return this.#view
  }
  get screen(): Size {
    return this.#screen
  }
  measure(screen: Size, chart: Size): void {
    this.#screen = screen
    this.#chart = chart
    this.#set(this.#view.peek())
  }
  /** The whole of it, never larger than drawn. */
  fit(): void {
    const { w, h } = this.#screen
    const scale = fitting(this.#screen, this.#chart)
    this.#set({ scale, x: (w - this.#chart.w * scale) / 2, y: (h - this.#chart.h * scale) / 2 })
  }
  pan(dx: number, dy: number): void {
    const { x, y, scale } = this.#view.peek()
    this.#set({ scale, x: x + dx, y: y + dy })
  }
  /** The point of the screen stays where it is. */
  zoom(factor: number, x = this.#screen.w / 2, y = this.#screen.h / 2): void {
    const now = this.#view.peek()
    const scale = clamp(now.scale * factor, SCALE_MIN, SCALE_MAX)
    const grown = scale / now.scale
    this.#set({ scale, x: x - (x - now.x) * grown, y: y - (y - now.y) * grown })
  }
  /** Brings an area of the chart to the middle, large enough to be read. */
  centre(area: Area): void {
    const { w, h } = this.#screen
    const fits = Math.min(w / (area.w + 80), h / (area.h + 80))
    const scale = clamp(Math.min(fits, Math.max(this.#view.peek().scale, 0.8)), SCALE_MIN, 1)
    this.#set({ scale, x: w / 2 - (area.x + area.w / 2) * scale, y: h / 2 - (area.y + area.h / 2) * scale })
  }
  /** An area as large as it fits. Where there is more of the chart nothing beside it is shown. */
  show(area: Area): void {
    const { w, h } = this.#screen
    const scale = clamp(fitting(this.#screen, area), SCALE_MIN, 1)
    const [x, y] = [w / 2 - (area.x + area.w / 2) * scale, h / 2 - (area.y + area.h / 2) * scale]
    this.#set({ scale, x: settled(x, w, this.#chart.w * scale), y: settled(y, h, this.#chart.h * scale) })
  }
  /** Keeps a point of the chart at a point of the screen, for a chart that was laid out anew. */
  hold(chart: { x: number; y: number }, at: { x: number; y: number }): void {
    const { scale } = this.#view.peek()
    this.#set({ scale, x: at.x - chart.x * scale, y: at.y - chart.y * scale })
  }
  /** Nothing of it is out of sight, but for less than a hair's breadth. */
  get whole(): boolean {
    const { x, y, scale } = this.#view.value
    const [w, h] = [this.#chart.w * scale, this.#chart.h * scale]
    return x > -1 && y > -1 && x + w < this.#screen.w + 1 && y + h < this.#screen.h + 1
  }
  toScreen(point: { x: number; y: number }): { x: number; y: number } {
    const { x, y, scale } = this.#view.peek()
    return { x: x + point.x * scale, y: y + point.y * scale }
  }

  #set({ x, y, scale }: View): void {
    const [w, h] = [this.#chart.w * scale, this.#chart.h * scale]
    this.#view.value = {
      scale,
      x: clamp(x, KEPT_PX - w, this.#screen.w - KEPT_PX),
      y: clamp(y, KEPT_PX - h, this.#screen.h - KEPT_PX),
    }
  }
}
const settled = (at: number, screen: number, chart: number): number =>
  chart <= screen ? (screen - chart) / 2 : clamp(at, screen - chart - FIT_MARGIN, FIT_MARGIN)
const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, value))
