/** One actor of the log, as data: what it is placed with, its state, and what a step gives back. Types only. */
import type { AnyAsset } from './define.ts'
import type { Numbers, PointValue } from './frame.ts'
import type { Chart, ChartEvent, FailureCode, Moves } from './kernel.ts'

/** An asset at a site: its definition with the settings of the manifest, resolved to smallest steps. */
export interface Placed {
  readonly name: string
  readonly asset: AnyAsset
  readonly settings: Readonly<Record<string, PointValue>>
}
export interface Timer {
  readonly id: string
  /** Log time, ms. */
  readonly due: number
  /** Order among timers that are due at once. */
  readonly seq: number
  readonly event: ChartEvent
}
export interface Held {
  readonly code: FailureCode
  readonly reason: string
}
export interface ActorState {
  readonly chart: Chart
  readonly timers: readonly Timer[]
  readonly seq: number
  /** The output image: what each setpoint should be, before bounds. */
  readonly out: Numbers
  readonly wanted: Numbers
  /** A required point is bad, stale or missing. */
  readonly lost: boolean
  /** Alarms that are up, each with the state that it belongs to. */
  readonly alarms: Readonly<Record<string, string>>
  readonly held?: Held
}
export type Output =
  | { readonly asset: string; readonly kind: 'set'; readonly values: Numbers }
  | { readonly asset: string; readonly kind: 'pulse'; readonly pulse: string }
  | { readonly asset: string; readonly kind: 'alarm'; readonly alarm: string; readonly state: string }
  | { readonly asset: string; readonly kind: 'clear'; readonly alarm: string; readonly state: string }
  | ({ readonly asset: string; readonly kind: 'quarantined'; readonly event: string } & Held)
export interface StepResult {
  readonly actor: ActorState
  /** The event itself took a transition. */
  readonly taken: boolean
  /** Read by `edgesOf`; of `lost` and of `measured`, where a frame brought both. */
  readonly moves: Moves
}
