/**
 * The inputs in force while one step runs: points, wanted setpoints, settings and log time. A compiled chart reads
 * them from here, so that persisted context is the author's alone. Set before each step, meaningless between steps.
 */
export type PointValue = number | string
/** A point that is bad, stale or never measured is undefined. */
export type PointValues = Readonly<Record<string, PointValue | undefined>>
export type Numbers = Readonly<Record<string, number>>

export interface Frame {
  points: PointValues
  wanted: Numbers
  settings: Readonly<Record<string, PointValue>>
  now: number
}

export const frame: Frame = { points: {}, wanted: {}, settings: {}, now: 0 }

export function setFrame(points: PointValues, wanted: Numbers, settings: Frame['settings'], now: number): void {
  frame.points = points
  frame.wanted = wanted
  frame.settings = settings
  frame.now = now
}
