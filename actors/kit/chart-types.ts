/** The shape of a chart, and the recursive check that puts a compile error where the mistake is. Types only. */
import type { Many } from './types.ts'

interface Transition<G, A> {
  readonly target?: string
  readonly guard?: G | { readonly and: readonly G[] } | { readonly or: readonly G[] }
  readonly actions?: Many<A>
  readonly reenter?: true
  readonly description?: string
}
type Transitions<G, A> = string | Transition<G, A> | readonly Transition<G, A>[]
interface State<E extends string, G extends string, A, D extends string> {
  readonly description?: string
  readonly type?: 'parallel' | 'final' | 'history'
  readonly history?: 'shallow' | 'deep'
  readonly target?: string
  readonly initial?: string
  readonly tags?: Many<string>
  readonly on?: { readonly [K in E]?: Transitions<G, A> }
  readonly always?: Transitions<G, A>
  readonly after?: { readonly [K in D]?: Transitions<G, A> }
  readonly onDone?: Transitions<G, A>
  readonly entry?: Many<A>
  readonly exit?: Many<A>
  readonly states?: { readonly [name: string]: State<E, G, A, D> }
}
/** Wide enough to infer any literal chart; `CheckChart` then says what is wrong, where it is wrong. */
export interface LooseState {
  readonly [key: string]: unknown
  readonly states?: { readonly [name: string]: LooseState }
}
type AnyState = State<string, string, unknown, string>

type Keys<T> = T extends { states: infer S } ? keyof S & string : never
type Below<T> = T extends { states: infer S }
  ? { [K in keyof S & string]: K | `${K}.${Below<S[K]>}` }[keyof S & string]
  : never

/** The names in force: events E, guards G, delays D, named actions A, effects F. */
interface Names {
  E: string
  G: string
  D: string
  A: string
  F: unknown
}
type CheckTarget<T, Ok extends string> = T extends Ok ? T : { 'unknown target, use one of': Ok }
type CheckGuard<T, G> = T extends string
  ? T extends G
    ? T
    : { 'unknown guard, use one of': G }
  : {
      [K in keyof T]: K extends 'and' | 'or' ? { [I in keyof T[K]]: CheckGuard<T[K][I], G> } : { 'unknown key': K }
    }
type CheckAction<T, N extends Names> = T extends string
  ? T extends N['A']
    ? T
    : { 'unknown action, use one of': N['A'] }
  : T extends readonly unknown[]
    ? { [I in keyof T]: CheckAction<T[I], N> }
    : {
        [K in keyof T]: K extends keyof N['F']
          ? CheckEffect<T[K], NonNullable<N['F'][K]>>
          : { 'unknown effect': K; 'use one of': keyof N['F'] }
      }
type CheckEffect<V, Ok> = V extends string
  ? V extends Ok
    ? V
    : { 'unknown name, use one of': Ok }
  : {
      [I in keyof V]: I extends keyof Ok
        ? V[I] extends Ok[I]
          ? V[I]
          : { 'wrong value, write': Ok[I] }
        : { 'unknown name': I; 'use one of': keyof Ok }
    }
type CheckOne<T, Ok extends string, N extends Names> = T extends string
  ? CheckTarget<T, Ok>
  : T extends readonly unknown[]
    ? { [I in keyof T]: CheckOne<T[I], Ok, N> }
    : {
        [K in keyof T]: K extends 'target'
          ? CheckTarget<T[K], Ok>
          : K extends 'guard'
            ? CheckGuard<T[K], N['G']>
            : K extends 'actions'
              ? CheckAction<T[K], N>
              : K extends keyof Transition<never, never>
                ? T[K]
                : { 'unknown key': K }
      }
type CheckMap<M, Ok extends string, Allowed, N extends Names> = {
  [K in keyof M]: K extends Allowed ? CheckOne<M[K], Ok, N> : { 'unknown name': K; 'use one of': Allowed }
}
/** `Sib`: what a bare target may name here; `Root`: every state by its full name. */
type Check<T, Sib extends string, Root extends string, N extends Names> = {
  [K in keyof T]: K extends 'on'
    ? CheckMap<T[K], Sib | `.${Below<T>}` | Root, N['E'], N>
    : K extends 'after'
      ? CheckMap<T[K], Sib | `.${Below<T>}` | Root, N['D'], N>
      : K extends 'always' | 'onDone'
        ? CheckOne<T[K], Sib | `.${Below<T>}` | Root, N>
        : K extends 'entry' | 'exit'
          ? CheckAction<T[K], N>
          : K extends 'initial'
            ? CheckTarget<T[K], Keys<T>>
            : K extends 'states'
              ? { [C in keyof T[K]]: Check<T[K][C], Below<T>, Root, N> }
              : K extends keyof AnyState
                ? T[K]
                : { 'unknown key': K }
}
export type CheckChart<T, Name extends string, N extends Names> = Check<
  T,
  never,
  `#${Name}` | `#${Name}.${Below<T>}`,
  N
>

/** Every state path of a chart: `operating.running.flow`. */
export type StatePath<T> = Below<T>
/** Every tag of a chart. */
export type Tag<T> =
  | (T extends { tags: infer G } ? (G extends readonly (infer X)[] ? X : G) : never)
  | (T extends { states: infer S } ? { [K in keyof S]: Tag<S[K]> }[keyof S] : never)
