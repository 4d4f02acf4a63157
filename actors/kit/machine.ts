/**
 * Charts of the system's own actors: voter, channel, sampler, writer, outbox, supervisor. The same words as an asset's
 * chart, but typed events and effects of their own; guards and actions are named pure functions, so that deleting a
 * transition deletes a behaviour. Stepped by the kernel; whoever hosts one performs the effects that a step returns.
 */
import { createMachine, enqueueActions } from 'xstate'
import type { SeenChart } from '../../protocol/words/observed.ts'
import {
  type Chart,
  type ChartEvent,
  initial,
  type KernelEffect,
  type Machine,
  MICROSTEPS_MAX,
  thaw,
  transition,
} from './kernel.ts'

export interface See<X, E> {
  readonly context: X
  readonly event: E
}
/** What an action returns: a change of context, and effects to perform after the step. */
export interface Done<X, F> {
  readonly remember?: Partial<X>
  readonly do?: F | readonly F[]
}

type Many<T> = T | readonly T[]
interface Transition<G, A> {
  readonly target?: string
  readonly guard?: G
  readonly actions?: Many<A>
  readonly reenter?: true
  readonly description?: string
}
type Transitions<G, A> = string | Transition<G, A> | readonly (string | Transition<G, A>)[]
export interface MachineState<E extends string, G, A, D extends string> {
  readonly type?: 'parallel' | 'final'
  readonly initial?: string
  readonly tags?: Many<string>
  readonly description?: string
  readonly entry?: Many<A>
  readonly exit?: Many<A>
  readonly on?: { readonly [K in E]?: Transitions<G, A> }
  readonly after?: { readonly [K in D]?: Transitions<G, A> }
  readonly always?: Transitions<G, A>
  readonly states?: { readonly [name: string]: MachineState<E, G, A, D> }
}

export interface MachineSpec<X, E extends ChartEvent, F, G extends string, A extends string, D extends string> {
  readonly id: string
  readonly context: X
  readonly guards: { readonly [K in G]: (see: See<X, E>) => boolean }
  readonly actions: { readonly [K in A]: (see: See<X, E>) => Done<X, F> }
  /** Milliseconds. */
  readonly delays: { readonly [K in D]: (see: See<X, E>) => number }
  readonly chart: MachineState<E['type'], NoInfer<G>, NoInfer<A>, NoInfer<D>>
}

/** A machine with its types: context X, events E, effects F. */
export interface DefinedMachine<X, E extends ChartEvent, F> {
  readonly id: string
  readonly machine: Machine
  /** As it was written: a test takes one transition out of it and expects a behaviour to be gone. */
  readonly spec: MachineSpec<X, E, F, string, string, string>
  readonly types?: { readonly context: X; readonly event: E; readonly effect: F }
}

/** One of a list of charts: the machine, and in a sentence what its actors do. */
export interface NamedChart {
  readonly name: string
  readonly machine: DefinedMachine<any, any, any>
  readonly text: string
}

const DO = 'do'

/** `defineMachine<Context, Event, Effect>()({...})`: names are inferred, so that a misspelt guard does not compile. */
export const defineMachine =
  <X extends object, E extends ChartEvent, F>() =>
  <G extends string, A extends string, D extends string>(
    spec: MachineSpec<X, E, F, G, A, D>,
  ): DefinedMachine<X, E, F> => {
    const actions = Object.fromEntries(
      Object.entries<(see: See<X, E>) => Done<X, F>>(spec.actions).map(([name, act]) => [
        name,
        enqueueActions(({ context, event, enqueue }: any) => {
          const done = act({ context, event })
          if (done.remember) enqueue.assign(done.remember)
          const effects = done.do === undefined ? [] : Array.isArray(done.do) ? done.do : [done.do]
          for (const effect of effects) enqueue({ type: DO, params: effect })
        }),
      ]),
    )
    const guards = Object.fromEntries(
      Object.entries<(see: See<X, E>) => boolean>(spec.guards).map(([name, holds]) => [
        name,
        ({ context, event }: any) => holds({ context, event }),
      ]),
    )
    const delays = Object.fromEntries(
      Object.entries<(see: See<X, E>) => number>(spec.delays).map(([name, ms]) => [
        name,
        ({ context, event }: any) => Math.max(0, ms({ context, event })),
      ]),
    )
    checkNames(spec as never)
    const config = {
      ...withTargets(spec.chart),
      id: spec.id,
      context: ({ input }: any) => ({ ...spec.context, ...input }),
    }
    const machine = createMachine(
      { ...config, options: { maxIterations: MICROSTEPS_MAX } } as never,
      { actions, guards, delays } as never,
    )
    return { id: spec.id, machine: machine as never, spec: spec as never }
  }

/** XState takes a bare target in a list of `on` and `always`, and silently none in one of `after`: there it is spelt out. */
function withTargets(state: any): any {
  const spelt = (ts: unknown) => (Array.isArray(ts) ? ts.map(t => (typeof t === 'string' ? { target: t } : t)) : ts)
  const each = (inner: object | undefined, change: (value: any) => unknown) =>
    inner && Object.fromEntries(Object.entries(inner).map(([key, value]) => [key, change(value)]))
  return {
    ...state,
    ...(state.after && { after: each(state.after, spelt) }),
    ...(state.states && { states: each(state.states, withTargets) }),
  }
}

/** XState ignores a missing action and fires a misspelt delay at once: both are refused here. */
function checkNames(spec: MachineSpec<object, ChartEvent, unknown, string, string, string>): void {
  const visit = (state: any, path: string): void => {
    for (const delay of Object.keys(state.after ?? {}))
      if (!(delay in spec.delays)) throw new TypeError(`UNKNOWN_DELAY ${path} after ${delay}`)
    const transitions = [
      ...Object.values(state.on ?? {}),
      ...Object.values(state.after ?? {}),
      state.always ?? [],
    ].flat()
    for (const t of transitions as any[]) {
      if (t?.guard !== undefined && !(t.guard in spec.guards)) throw new TypeError(`UNKNOWN_GUARD ${path} ${t.guard}`)
      for (const a of [t?.actions ?? []].flat())
        if (!(a in spec.actions)) throw new TypeError(`UNKNOWN_ACTION ${path} ${a}`)
    }
    for (const a of [state.entry ?? [], state.exit ?? []].flat())
      if (!(a in spec.actions)) throw new TypeError(`UNKNOWN_ACTION ${path} ${a}`)
    for (const [name, child] of Object.entries(state.states ?? {})) visit(child, `${path}.${name}`)
  }
  visit(spec.chart, spec.id)
}

/** The clock that a live machine needs; `protocol/ports.ts` has one. */
export interface TimerSource {
  after(ms: number, run: () => void): { cancel(): void }
}

/** Events that wait while one is stepped: effects may send, so that the queue is bounded by what one event can cause. */
const QUEUE_MAX = 10_000

/**
 * A live machine: steps one event at a time, performs its effects after the step, keeps its timers on the given clock.
 * A step that fails throws to the sender: its owner's supervisor decides.
 */
export class LiveMachine<X extends object, E extends ChartEvent, F> {
  readonly id: string
  readonly #machine: Machine
  readonly #clock: TimerSource
  readonly #perform: (effect: F) => void
  readonly #timers = new Map<string, { cancel(): void }>()
  readonly #queue: E[] = []
  #chart: Chart
  #stepping = false
  #stopped = false

  constructor(
    defined: DefinedMachine<X, E, F>,
    clock: TimerSource,
    perform: (effect: F) => void,
    input: Partial<X> = {},
  ) {
    this.id = defined.id
    this.#machine = defined.machine
    this.#clock = clock
    this.#perform = perform
    const started = initial(defined.machine, input)
    if (started.kind === 'failed') throw new Error(`${defined.id}: ${started.code}: ${started.reason}`)
    this.#chart = started.snapshot
    this.#apply(started.effects)
  }

  get context(): X {
    return this.#chart.context as X
  }
  get value(): unknown {
    return this.#chart.value
  }
  /** Innermost active state names joined by dots; regions by commas. */
  get state(): string {
    return stateText(this.#chart.value)
  }
  /** As it stands, for whoever looks on; of the context what explains the state. */
  sight(path: string, context?: Readonly<Record<string, unknown>>): SeenChart {
    const seen = { path, chart: this.id, value: this.#chart.value as SeenChart['value'] }
    return context ? { ...seen, context } : seen
  }
  has(tag: string): boolean {
    return this.#chart.tags.has(tag)
  }
  in(state: string): boolean {
    return this.#chart.matches(state as never)
  }

  send(event: E): void {
    if (this.#stopped) return
    if (this.#queue.length >= QUEUE_MAX) throw new Error(`${this.id}: ${QUEUE_MAX} events wait`)
    this.#queue.push(event)
    if (this.#stepping) return
    this.#stepping = true
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        const stepped = transition(this.#machine, this.#chart, next)
        if (stepped.kind === 'failed') throw new Error(`${this.id} ${next.type}: ${stepped.code}: ${stepped.reason}`)
        this.#chart = stepped.snapshot
        this.#apply(stepped.effects)
      }
    } finally {
      this.#stepping = false
    }
  }
  stop(): void {
    this.#stopped = true
    this.#queue.length = 0
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  #apply(effects: readonly KernelEffect[]): void {
    for (const effect of effects) {
      if (this.#stopped) return // an effect before this one stopped the machine: no timer of it may be set
      if (effect.kind === 'timer') {
        this.#timers.get(effect.id)?.cancel()
        const timer = this.#clock.after(effect.delayMs, () => {
          if (this.#timers.get(effect.id) !== timer) return
          this.#timers.delete(effect.id)
          this.send(effect.event as E)
        })
        this.#timers.set(effect.id, timer)
      } else if (effect.kind === 'cancel') {
        this.#timers.get(effect.id)?.cancel()
        this.#timers.delete(effect.id)
      } else if (effect.kind === 'do') this.#perform(effect.params as F)
    }
  }
}

/** Ids of all states that are active in a value, in document order: the chart itself first. Throws where it has no such states. */
export const activeIn = (
  { machine }: Pick<DefinedMachine<any, any, any>, 'machine'>,
  value: unknown,
): readonly string[] => thaw(machine, { status: 'active', value, context: {}, history: {} })._nodes.map(node => node.id)

export function stateText(value: unknown): string {
  if (typeof value === 'string') return value
  return Object.entries(value as Record<string, unknown>)
    .map(([name, inner]) =>
      typeof inner === 'object' && Object.keys(inner as object).length === 0 ? name : `${name}.${stateText(inner)}`,
    )
    .join(', ')
}
