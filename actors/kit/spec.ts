/** A definition without its types: what the checks and the compiler read. */
import type { Unit } from '../../protocol/words/units.ts'
import type { Alarms, Commands, Migrations, Points, Settings } from './types.ts'

export type RawAction = string | Readonly<Record<string, unknown>>
export type RawGuard = string | { readonly and?: readonly RawGuard[]; readonly or?: readonly RawGuard[] }
export interface RawTransition {
  readonly target?: string
  readonly guard?: RawGuard
  readonly actions?: RawAction | readonly RawAction[]
  readonly reenter?: true
  readonly description?: string
}
export type RawTransitions = string | RawTransition | readonly (string | RawTransition)[]
export interface RawState {
  readonly description?: string
  readonly type?: 'parallel' | 'final' | 'history'
  readonly history?: 'shallow' | 'deep'
  readonly target?: string
  readonly initial?: string
  readonly tags?: string | readonly string[]
  readonly on?: Readonly<Record<string, RawTransitions>>
  readonly always?: RawTransitions
  readonly after?: Readonly<Record<string, RawTransitions>>
  readonly onDone?: RawTransitions
  readonly entry?: RawAction | readonly RawAction[]
  readonly exit?: RawAction | readonly RawAction[]
  readonly states?: Readonly<Record<string, RawState>>
}
interface RawSetpoint {
  readonly unit: Unit
  readonly safe: string
  readonly rise?: string
  readonly fall?: string
}
export type RawLimit =
  | ((see: any) => { readonly min?: unknown; readonly max?: unknown })
  | {
      readonly when?: string
      readonly in?: string
      readonly notIn?: string
      readonly min?: string
      readonly max?: string
    }
export interface AnySpec {
  readonly type: string
  readonly version: number
  readonly title: string
  readonly points: Points
  readonly setpoints: Readonly<Record<string, RawSetpoint>>
  readonly pulses?: readonly string[]
  readonly commands: Commands
  readonly settings: Settings
  readonly alarms: Alarms
  readonly context: Readonly<Record<string, unknown>>
  readonly delays?: Readonly<Record<string, string>>
  readonly guards: Readonly<Record<string, string | readonly string[] | ((see: any) => boolean)>>
  readonly actions?: Readonly<Record<string, (see: any) => unknown>>
  readonly limits: Readonly<Record<string, Readonly<Record<string, RawLimit>>>>
  readonly chart: RawState
  readonly migrations?: Migrations
}

/** Events of the kit; every chart may handle them, no command may be called so. */
export const LIFECYCLE = ['measured', 'dispatched', 'lost', 'restored', 'pulsed', 'pulseFailed'] as const
export const EFFECTS = ['set', 'pulse', 'alarm', 'clear', 'remember'] as const

/** The unit or the words behind a declaration. */
export function unitOf(declared: unknown): Unit | readonly string[] {
  return typeof declared === 'object' && !Array.isArray(declared)
    ? (declared as { unit: Unit }).unit
    : (declared as Unit)
}
export const many = <T>(x: T | readonly T[] | undefined): readonly T[] =>
  x === undefined ? [] : Array.isArray(x) ? (x as readonly T[]) : [x as T]
