/** What an author declares, what an author's functions see, and what a chart may do. Types only. */
import type { Literal, Quantity, Unit } from '../../protocol/words/units.ts'

// ---- what an author declares -------------------------------------------------------------------------------------
export type Many<T> = T | readonly T[]
type Words = readonly [string, ...string[]]
/** A unit, or the words that the device can say; `staleAfter` is the age from which the value counts as lost. */
type PointSpec =
  | Unit
  | Words
  | { readonly unit: Unit | Words; readonly staleAfter?: Literal<'s'>; readonly optional?: true }
export type Points = Readonly<Record<string, PointSpec>>

type FromSettings = `${'' | '-'}settings.${string}`
type Rate<U> = U extends 'W' ? Literal<'W/s'> | `settings.${string}` : never
/** `safe` is what holds when nothing better is known: a literal, or a setting of the asset. */
interface SetpointSpec<U extends Unit> {
  readonly unit: U
  readonly safe: Literal<U> | FromSettings
  readonly rise?: Rate<U>
  readonly fall?: Rate<U>
}
export type Setpoints = Readonly<Record<string, { readonly [U in Unit]: SetpointSpec<U> }[Unit]>>
type Fields = Readonly<Record<string, Unit | Words>>
export type Commands = Readonly<Record<string, Fields>>
export type Settings = Readonly<
  Record<string, Unit | { readonly [U in Unit]: { readonly unit: U; readonly default: Literal<U> } }[Unit]>
>
type Priority = 'low' | 'medium' | 'high' | 'urgent'
export type Alarms = Readonly<
  Record<string, { readonly priority: Priority; readonly text: string; readonly response: string }>
>
type Json = Quantity<any> | string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
export type Context = Readonly<Record<string, Json>>
/** From the version that is the key to the next one. */
export type Migrations = Readonly<
  Record<
    number,
    { readonly renamed?: Readonly<Record<string, string>>; readonly context?: (old: any) => Record<string, unknown> }
  >
>

export type UnitOf<S> = S extends { readonly unit: infer U } ? U : S
type Value<U> = U extends Unit ? Quantity<U> : U extends readonly (infer W)[] ? W : never
export type Values<D> = { readonly [K in keyof D]: Value<UnitOf<D[K]>> }

// ---- conditions: readable text, checked by TypeScript ------------------------------------------------------------
type Op = '>' | '>=' | '<' | '<='
type WithUnit<D, U> = { [K in keyof D & string]: UnitOf<D[K]> extends U ? K : never }[keyof D & string]
/** The right side of a comparison, and a limit's end. */
type Operand<U extends Unit, S> = Literal<U> | `${'' | '-'}settings.${WithUnit<S, U>}`
type CompareOne<K extends string, U, S, Prefix extends string> = U extends Unit
  ? `${Prefix}${K} ${Op} ${Operand<U, S>}`
  : U extends readonly (infer W extends string)[]
    ? `${Prefix}${K} is ${'' | 'not '}${W}`
    : never
type Compare<D, S, Prefix extends string> = {
  [K in keyof D & string]: CompareOne<K, UnitOf<D[K]>, S, Prefix>
}[keyof D & string]
type Condition<P, SP, S> = Compare<P, S, ''> | Compare<SP, S, 'wanted.'>

// ---- what author functions see: values of this cycle, nothing else -----------------------------------------------
export interface See<P, SP, S, X, E> {
  readonly points: Values<P>
  readonly wanted: Values<SP>
  readonly settings: Values<S>
  readonly context: Readonly<X>
  readonly event: E
  /** Log time, ms. */
  readonly now: number
}
export type Guard<P, SP, S, X, E> = Many<Condition<P, SP, S>> | ((see: See<P, SP, S, X, E>) => boolean)
type Limit<P, SP, S, X, U> = U extends Unit
  ?
      | ((see: Omit<See<P, SP, S, X, never>, 'event' | 'now'>) => {
          readonly min?: Quantity<U>
          readonly max?: Quantity<U>
        })
      | {
          readonly when?: Condition<P, SP, S>
          readonly in?: string
          readonly notIn?: string
          readonly min?: Operand<U, S>
          readonly max?: Operand<U, S>
        }
  : never
export type Limits<P, SP, S, X> = {
  readonly [K in keyof SP]: Readonly<Record<string, Limit<P, SP, S, X, UnitOf<SP[K]>>>>
}

// ---- what a chart may do: data, never I/O ------------------------------------------------------------------------
export interface Effects<SP, PU, A, X, S> {
  /** Write the output image; the newest value counts until the next. */
  readonly set: {
    readonly [K in keyof SP]?: UnitOf<SP[K]> extends infer U extends Unit
      ? Operand<U, S> | `wanted.${WithUnit<SP, U>}` | Quantity<U>
      : never
  }
  /** A write that must happen at most once. */
  readonly pulse: PU
  /** Raises; it returns on `clear`, or when the state whose entry or transition raised it is left. */
  readonly alarm: A
  readonly clear: A
  /** Change the context. */
  readonly remember: { readonly [K in keyof X]?: X[K] }
}
export type Effect<SP, PU, A, X, S> = {
  [K in keyof Effects<SP, PU, A, X, S>]: { readonly [P in K]: Effects<SP, PU, A, X, S>[P] }
}[keyof Effects<SP, PU, A, X, S>]

/**
 * The kit's own events: a frame was measured, a setpoint is wanted, required points were lost or came back, a pulse
 * was executed or could not be.
 */
export type Lifecycle = 'measured' | 'dispatched' | 'lost' | 'restored' | 'pulsed' | 'pulseFailed'
export type EventOf<C> =
  | { readonly [K in keyof C & string]: { readonly type: K } & Values<C[K]> }[keyof C & string]
  | { readonly type: 'measured' | 'dispatched' | 'lost' | 'restored' }
  | { readonly type: 'pulsed' | 'pulseFailed'; readonly pulse: string }
