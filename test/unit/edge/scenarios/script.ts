/** A chart's behaviour as a table: what happens, the state after it, the effects that it performed. */
import { type DefinedMachine, defineMachine, LiveMachine } from '../../../../actors/kit/machine.ts'
import { OwnedClock } from '../../../../supervisors/real/clock.ts'

/** Milliseconds that pass, an event, or an event that is stamped when it happens. */
type Step<E> = number | E | ((nowMs: number) => E)
export type Row<E> = readonly [step: Step<E>, state: string, effects?: string]
export interface Scenario<X, E> {
  readonly input?: Partial<X>
  /** State and effects at the start; without it they do not matter. */
  readonly begins?: string
  /** What else of it matters, beside state and effects. */
  readonly shows?: (context: X) => string
  readonly rows: readonly Row<E>[]
}
export interface Behaviour<X extends object, E extends { readonly type: string }, F> {
  readonly machine: DefinedMachine<X, E, F>
  /** An effect in few words. */
  say(effect: F): string
  readonly scenarios: Readonly<Record<string, Scenario<X, E>>>
}

/** What the machine makes of a scenario, row by row. */
export function played<X extends object, E extends { readonly type: string }, F>(
  machine: DefinedMachine<X, E, F>,
  say: (effect: F) => string,
  { input, begins, shows, rows }: Scenario<X, E>,
): string[] {
  const clock = new OwnedClock(0)
  let told: string[] = []
  const live = new LiveMachine(machine, clock, effect => void told.push(say(effect)), input)
  const line = () => `${live.state}${shows ? ` ${shows(live.context)}` : ''} | ${told.join('; ')}`
  const lines = begins === undefined ? [] : [line()]
  for (const [step] of rows) {
    told = []
    const nowMs = clock.monotonicMs()
    if (typeof step === 'number') clock.advanceTo(clock.wallMs() + step)
    else live.send(typeof step === 'function' ? step(nowMs) : step)
    lines.push(line())
  }
  return lines
}
/** What the table says. */
export const written = <X, E>({ begins, rows }: Scenario<X, E>): string[] => [
  ...(begins === undefined ? [] : [begins]),
  ...rows.map(([, state, effects = '']) => `${state} | ${effects}`),
]

export interface Without<X, E extends { readonly type: string }, F> {
  /** `majority on vote 0`: which transition is gone. */
  readonly name: string
  readonly machine: DefinedMachine<X, E, F>
}
/** The machine once for each of its transitions, without it. */
export function withoutEach<X extends object, E extends { readonly type: string }, F>(
  whole: DefinedMachine<X, E, F>,
): Without<X, E, F>[] {
  const found: { readonly name: string; readonly at: readonly (string | number)[] }[] = []
  const visit = (state: any, path: readonly string[], name: string): void => {
    const note = (key: string, at: readonly string[], transitions: unknown) => {
      if (!Array.isArray(transitions)) found.push({ name: `${name} ${key}`, at })
      else for (const i of transitions.keys()) found.push({ name: `${name} ${key} ${i}`, at: [...at, i] as string[] })
    }
    for (const kind of ['on', 'after'])
      for (const [key, ts] of Object.entries(state[kind] ?? {})) note(`${kind} ${key}`, [...path, kind, key], ts)
    if (state.always) note('always', [...path, 'always'], state.always)
    for (const [child, inner] of Object.entries(state.states ?? {}))
      visit(inner, [...path, 'states', child], `${name === whole.id ? '' : `${name}.`}${child}`)
  }
  visit(whole.spec.chart, [], whole.id)
  return found.map(({ name, at }) => {
    const chart = structuredClone(whole.spec.chart) as any
    const parent = at.slice(0, -1).reduce((inner, key) => inner[key], chart)
    const last = at.at(-1)!
    if (Array.isArray(parent)) parent.splice(last as number, 1)
    else delete parent[last]
    return { name, machine: defineMachine<X, E, F>()({ ...whole.spec, chart }) as DefinedMachine<X, E, F> }
  })
}
