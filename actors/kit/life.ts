/**
 * Actors that are many and small: the commands and alarms of a site. What one of them is, between its steps, is the name
 * of its chart's state; its data are its owner's. Each state has one live chart, which all that are in it share, so that
 * ten thousand of them cost no more than their records, and none costs anything in a step that does not concern it.
 *
 * L1  The chart decides: which state follows is the kernel's word and nobody else's.
 * L2  Such a chart has neither context nor history: its state's name is all that there is to freeze.
 */
import { type Chart, type ChartEvent, type KernelEffect, thaw, transition } from './kernel.ts'
import { type DefinedMachine, stateText } from './machine.ts'

export interface Lived {
  readonly state: string
  /** False: in this state the chart takes no such event. */
  readonly taken: boolean
  readonly effects: readonly KernelEffect[]
}
export interface Life<E extends ChartEvent> {
  readonly first: string
  /** Throws where the chart has no such state: what was frozen is of another chart. */
  step(state: string, event: E): Lived
  has(state: string, tag: string): boolean
  knows(state: string): boolean
}

export function lifeOf<E extends ChartEvent>({ id, machine, spec }: DefinedMachine<object, E, never>): Life<E> {
  if (Object.keys(spec.context).length > 0) throw new TypeError(`${id}: a life has no context`) // L2
  const resting = (value: unknown) => thaw(machine, { status: 'active', value, context: {}, history: {} })
  const charts: Readonly<Record<string, Chart>> = Object.fromEntries(
    valuesOf(spec.chart).map(value => [stateText(value), resting(value)]),
  )
  const at = (state: string): Chart => {
    const chart = Object.hasOwn(charts, state) ? charts[state] : undefined
    if (!chart) throw new TypeError(`${id} has no state '${state}'`)
    return chart
  }
  return {
    first: stateText(valuesOf(spec.chart, true)[0]),
    step(state, event) {
      const stepped = transition(machine, at(state), event) // L1
      if (stepped.kind === 'failed') throw new Error(`${id} ${event.type}: ${stepped.code}: ${stepped.reason}`)
      const { taken, effects } = stepped
      return { state: stateText(stepped.snapshot.value), taken, effects }
    },
    has: (state, tag) => at(state).tags.has(tag),
    knows: state => Object.hasOwn(charts, state),
  }
}

interface Shape {
  readonly type?: 'parallel' | 'final'
  readonly initial?: string
  readonly states?: Readonly<Record<string, Shape>>
}
type Value = string | { readonly [name: string]: Value }

/** Every value that a chart can have; or the first alone. */
function valuesOf({ type, initial, states = {} }: Shape, first = false): readonly Value[] {
  const inner = (name: string) => valuesOf(states[name]!, first)
  if (type === 'parallel')
    return Object.keys(states).reduce<readonly Value[]>(
      (all, name) => all.flatMap(value => inner(name).map(own => ({ ...(value as object), [name]: own }))),
      [{}],
    )
  const names = first && initial !== undefined ? [initial] : Object.keys(states)
  return names.length === 0 ? [{}] : names.flatMap(name => inner(name).map(own => bare(name, own)))
}
const bare = (name: string, own: Value): Value => (Object.keys(own).length === 0 ? name : { [name]: own })
