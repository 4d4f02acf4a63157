/**
 * Random XState machines from a seed: nested, parallel, history, final, always, after, raise, cancel, emit, wildcards,
 * forbidden events, guards of every form, throwing code.
 */
import { and, assign, cancel, createMachine, emit, enqueueActions, not, or, raise, stateIn } from 'xstate'
import { type Machine, MICROSTEPS_MAX } from '../../../actors/kit/kernel.ts'

export class Dice {
  #state: number
  constructor(seed: number) {
    this.#state = seed
  }
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  below(n: number): number {
    return Math.floor(this.unit() * n)
  }
  chance(p: number): boolean {
    return this.unit() < p
  }
  pick<T>(all: readonly T[]): T {
    return all[this.below(all.length)]!
  }
}

export const EVENTS = ['A', 'B', 'C', 'D', 'E', 'part.x'] as const

const GUARDS: Record<string, any> = {
  even: ({ context }: any) => context.n % 2 === 0,
  odd: ({ context }: any) => context.n % 2 !== 0,
  big: ({ context }: any) => context.n > 7,
  small: ({ context }: any) => context.n <= 7,
  payload: ({ event }: any) => event.x > 2,
  thrower: ({ context }: any) => {
    if (context.n % 11 === 10) throw new Error('guard threw')
    return true
  },
  doubter: ({ context }: any) => {
    if (context.n % 5 === 4) throw new Error('doubter threw')
    return false
  },
  above: ({ context }: any, params: any) => context.n > params.k,
  both: and(['even', 'small'] as any),
}
const never = () => {
  throw new Error('must never run')
}
const ACTIONS: Record<string, any> = {
  inc: assign({ n: ({ context }: any) => context.n + 1 }),
  log3: assign({ log: ({ context, event }: any) => [...context.log.slice(-3), event.type] }),
  add: assign(({ context, event }: any) => ({ n: context.n + (event.x ?? 0) })),
  custom: never,
  other: never,
  raiseB: raise({ type: 'B', x: 1 } as any),
  later: raise({ type: 'C', x: 0 } as any, { id: 'later', delay: 700 }),
  stopLater: cancel('later'),
  tell: emit(({ context }: any) => ({ type: 'told', n: context.n })),
  several: enqueueActions(({ context, enqueue, check }: any) => {
    enqueue.assign({ n: context.n + 2 })
    enqueue({ type: 'custom', params: { n: context.n } })
    if (check('even')) enqueue.raise({ type: 'D', x: 3 })
  }),
  boom: assign(({ context }: any) => {
    if (context.n % 13 === 12) throw new Error('assign threw')
    return {}
  }),
}

/** Named without an implementation, as the effects of an asset are. */
const EFFECTS = ['bare', 'effect', 'effect'] as const

interface Skeleton {
  type?: string
  states?: Record<string, Skeleton>
  [key: string]: unknown
}

/** Throws where XState itself refuses what was drawn. */
export function randomMachine(dice: Dice): Machine {
  const paths: string[][] = []
  let root: Skeleton
  do {
    paths.length = 0
    root = skeleton(dice, 3, [], paths)
  } while (!root.states)
  decorate(dice, root, [], paths)
  const config = {
    ...root,
    id: 'm',
    context: ({ input }: any) => ({ n: input?.n ?? 0, log: [] }),
    options: { maxIterations: MICROSTEPS_MAX },
  }
  const delays = { slow: ({ context }: any) => 1000 + context.n }
  return createMachine(config as any, { guards: GUARDS, actions: ACTIONS, delays } as any) as never
}

function actions(dice: Dice, p: number): unknown[] {
  if (!dice.chance(p)) return []
  return Array.from({ length: 1 + dice.below(2) }, () => {
    const name = dice.chance(0.5) ? dice.pick(EFFECTS) : dice.pick(Object.keys(ACTIONS))
    if (name === 'bare' || (name in ACTIONS && name !== 'custom' && name !== 'other')) return name
    return { type: name, params: dice.chance(0.5) ? { k: dice.below(9) } : ({ context }: any) => ({ n: context.n }) }
  })
}

function skeleton(dice: Dice, depth: number, path: string[], paths: string[][]): Skeleton {
  const kind = depth > 0 && dice.chance(0.55) ? (dice.chance(0.3) ? 'parallel' : 'compound') : 'atomic'
  const here = (way: string) => (dice.chance(0.5) ? [{ type: 'effect', params: { [way]: path.join('.') } }] : [])
  const state: Skeleton = {
    entry: [...here('enter'), ...actions(dice, 0.2)],
    exit: [...actions(dice, 0.15), ...here('leave')],
    tags: dice.chance(0.5) ? path.slice(-1) : [],
  }
  paths.push(path)
  if (kind === 'atomic') {
    if (path.length > 0 && dice.chance(0.08)) {
      state.type = 'final'
      delete state.exit
    }
    return state
  }
  const states: Record<string, Skeleton> = {}
  state.states = states
  const count = 2 + dice.below(2)
  for (let i = 0; i < count; i++) states[`s${i}`] = skeleton(dice, depth - 1, [...path, `s${i}`], paths)
  if (kind === 'parallel') {
    state.type = 'parallel'
    for (const child of Object.values(states)) if (child.type === 'final') delete child.type
    return state
  }
  state.initial = dice.chance(0.9) || states.s1!.type === 'final' ? 's0' : 's1'
  if (dice.chance(0.1)) state.initial = { target: state.initial, actions: actions(dice, 0.8) } as never
  if (states.s0!.type === 'final') delete states.s0!.type
  if (dice.chance(0.4)) {
    const history = dice.chance(0.5) ? 'deep' : 'shallow'
    states.h = { type: 'history', history, ...(dice.chance(0.3) ? { target: 's1' } : {}) }
    paths.push([...path, 'h'])
  }
  return state
}

/** Seldom true for long: most cycles of `always` would only be refused as endless. */
const ALWAYS = ['big', 'payload', 'odd', 'doubter', 'both']

function guard(dice: Dice): unknown {
  const named = () => dice.pick(['even', 'odd', 'big', 'small', 'payload', 'thrower', 'doubter', 'both'])
  const k = dice.below(6)
  switch (dice.below(12)) {
    case 0:
      return { type: 'even' }
    case 1:
      return { type: 'above', params: { k } }
    case 2:
      return { type: 'above', params: ({ event }: any) => ({ k: event.x }) }
    case 3:
      return and([named(), named()] as any)
    case 4:
      return or([named(), not(named() as any)] as any)
    case 5:
      return stateIn(dice.pick(['s0', 's1', '#m.s0']) as any)
    case 6:
      return ({ context, event }: any) => context.n > event.x
    case 7:
      return dice.chance(0.1) ? 'missing' : 'doubter'
    default:
      return named()
  }
}

function transition(dice: Dice, paths: string[][]): Record<string, unknown> {
  const drawn: Record<string, unknown> = { actions: actions(dice, 0.4) }
  if (dice.chance(0.8)) drawn.target = ['#m', ...dice.pick(paths)].join('.')
  if (dice.chance(0.6)) drawn.guard = guard(dice)
  if (dice.chance(0.12)) drawn.reenter = true
  return drawn
}

function decorate(dice: Dice, state: Skeleton, path: string[], paths: string[][]): void {
  if (state.type === 'history' || state.type === 'final') return
  const on: Record<string, unknown> = {}
  for (const event of EVENTS)
    if (dice.chance(0.4)) on[event] = Array.from({ length: 1 + dice.below(2) }, () => transition(dice, paths))
    else if (dice.chance(0.05)) on[event] = {} // forbidden: taken, and does nothing
  if (dice.chance(0.04)) on[dice.pick(['*', 'part.*'])] = transition(dice, paths)
  state.on = on
  if (path.length > 0 && dice.chance(0.15))
    state.always = { ...transition(dice, paths), guard: dice.chance(0.7) ? dice.pick(ALWAYS) : guard(dice) }
  if (dice.chance(0.25)) state.after = { [dice.pick([100, 500, 'slow'])]: transition(dice, paths) }
  if (state.states && dice.chance(0.4)) state.onDone = transition(dice, paths)
  for (const [name, child] of Object.entries(state.states ?? {})) decorate(dice, child, [...path, name], paths)
}
