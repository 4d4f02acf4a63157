/** What the process that runs the machine, the server and the page tell one another. All of it is JSON. */
import type { Chart } from '../chart/chart.ts'

export const TROUBLES = {
  MACHINE_FILE_THROWS: 'Mend what the message names and save: it is read again by itself',
  MACHINE_NOT_FOUND:
    'Export a machine (createMachine, setup().createMachine), an asset (defineAsset) or a defined machine and save',
  MACHINE_AMBIGUOUS: 'Choose one with --export NAME',
  MACHINE_ENDLESS: 'Look for a loop that does not end, in the file or in an action; save to start again',
  MACHINE_BROKEN: 'Mend what the message names and save; reset starts the machine again',
  MACHINE_FILE_GONE: 'Save the file again under its name',
} as const
export interface Trouble {
  readonly code: keyof typeof TROUBLES
  readonly text: string
  readonly fix: string
}
export const trouble = (code: Trouble['code'], text: string): Trouble => ({ code, text, fix: TROUBLES[code] })

/** A name of the chart behind which the machine has nothing. */
export interface Unresolved {
  readonly kind: 'action' | 'guard' | 'actor' | 'delay'
  readonly name: string
}
export interface KnownEvent {
  readonly type: string
  /** Some guard lets it through now. */
  readonly can: boolean
  readonly leadsTo: readonly string[]
}
export interface Refused {
  readonly event: string
  /** Empty: no live state knows the event. */
  readonly by: readonly { readonly state: string; readonly guard: string; readonly edge: string }[]
}
/** What is the case after an event. */
export interface Moment {
  readonly count: number
  /** Null: the start. */
  readonly event: string | null
  readonly live: readonly string[]
  readonly last: readonly string[]
  readonly status: string
  readonly context: string
  readonly events: readonly KnownEvent[]
  readonly refused: Refused | null
  readonly error: string | null
}
/** A value of the frame that an asset's guards read, written by hand. */
export interface FrameInput {
  readonly group: 'points' | 'wanted' | 'settings'
  readonly name: string
  readonly unit: string
  readonly text: string
}
export interface Frame {
  readonly inputs: readonly FrameInput[]
  /** Why the last one was not taken; empty: it was. */
  readonly problem: string
}
export type FromRunner =
  | {
      readonly kind: 'loaded'
      readonly name: string
      readonly chart: Chart
      readonly unresolved: readonly Unresolved[]
      readonly frame: Frame | null
    }
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'trouble'; readonly trouble: Trouble }
  | { readonly kind: 'moment'; readonly moment: Moment }
export interface MachineEvent {
  readonly type: string
  readonly [field: string]: unknown
}
export type ToRunner =
  | { readonly kind: 'send'; readonly event: MachineEvent }
  | { readonly kind: 'reset' }
  | ({ readonly kind: 'write' } & Omit<FrameInput, 'unit'>)
  /** Answered by a moment: who does not answer is stuck. */
  | { readonly kind: 'ask' }

/** What the page shows; `revision` rises when the chart is another one. */
export interface MachineView {
  readonly file: string
  readonly revision: number
  readonly name: string | null
  readonly trouble: Trouble | null
  readonly unresolved: readonly Unresolved[]
  readonly moment: Moment | null
  /** Of an asset. */
  readonly frame: Frame | null
}
