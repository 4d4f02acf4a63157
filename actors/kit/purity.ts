/**
 * While a step runs, what replicas could not agree on throws with its reason. The wrappers are installed once, at the
 * first step of the process, and look at one flag: outside a step everything behaves as ever. `**` and `Intl` have no
 * name to wrap; the check of sources at definition finds those.
 *
 * G1  The flag falls again whatever the step does, also when it throws.
 * G2  Steps nest: only the outermost one lowers the flag.
 */
const state = { depth: 0, installed: false }

/** Runs a step under guard. */
export function withinStep<T>(run: () => T): T {
  if (!state.installed) install()
  state.depth++
  try {
    return run()
  } finally {
    state.depth-- // G1, G2
  }
}

/** A forbidden global was used inside a step: `Date.now: a clock; use log time`. */
export class ImpureStep extends Error {
  override readonly name = 'ImpureStep'
}

const CLOCK = 'a clock; use `now`, which is log time'
const CHANCE = 'randomness; it must come from a fact'
const INEXACT = 'its last bit differs between engines; use + - * / Math.sqrt or a table'
const LATER = 'nothing may happen after the step; use a timer of the chart'
const OUTSIDE = 'something outside the step'
const LOCALE = 'a locale'

const INEXACT_FUNCTIONS = [
  ...['pow', 'exp', 'expm1', 'log', 'log1p', 'log2', 'log10', 'cbrt', 'hypot'],
  ...['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2'],
  ...['sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh'],
]
const LATER_FUNCTIONS = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask']

function install(): void {
  state.installed = true
  const world = globalThis as unknown as Record<string, any>
  for (const name of INEXACT_FUNCTIONS) guard(Math, name, `Math.${name}`, INEXACT)
  guard(Math, 'random', 'Math.random', CHANCE)
  for (const name of LATER_FUNCTIONS) guard(world, name, name, LATER)
  guard(world, 'fetch', 'fetch', OUTSIDE)
  guard(world.crypto, 'randomUUID', 'crypto.randomUUID', CHANCE)
  guard(world.crypto, 'getRandomValues', 'crypto.getRandomValues', CHANCE)
  guard(world.performance, 'now', 'performance.now', CLOCK)
  guard(world.process.hrtime, 'bigint', 'process.hrtime.bigint', CLOCK)
  guard(world.process, 'hrtime', 'process.hrtime', CLOCK)
  guard(world.process, 'cwd', 'process.cwd', OUTSIDE)
  guard(world.process, 'nextTick', 'process.nextTick', LATER)
  for (const name of ['log', 'info', 'warn', 'error', 'debug']) guard(world.console, name, `console.${name}`, OUTSIDE)
  guard(String.prototype, 'localeCompare', 'localeCompare', LOCALE)
  guard(Number.prototype, 'toLocaleString', 'toLocaleString', LOCALE)
  guardDate(world)
}

function refuse(name: string, why: string): never {
  throw new ImpureStep(`${name}: ${why}`)
}

/** Replaces one function by a wrapper that keeps its own properties, such as `setTimeout.__promisify__`. */
function guard(owner: any, key: string, name: string, why: string): void {
  const original = owner?.[key] as ((...args: unknown[]) => unknown) | undefined
  if (typeof original !== 'function') return
  function guarded(this: unknown, ...args: unknown[]): unknown {
    if (state.depth > 0) refuse(name, why)
    return original!.apply(this, args)
  }
  for (const property of Reflect.ownKeys(original)) {
    const descriptor = Object.getOwnPropertyDescriptor(original, property)!
    if (property !== 'prototype') Object.defineProperty(guarded, property, descriptor)
  }
  const enumerable = Object.getOwnPropertyDescriptor(owner, key)?.enumerable ?? false
  Object.defineProperty(owner, key, { value: guarded, configurable: true, writable: true, enumerable })
}

/** `new Date()`, `Date()` and `Date.now()`; what was built outside stays a Date. */
function guardDate(world: Record<string, any>): void {
  const original = world.Date as DateConstructor
  const watched = new Proxy(original, {
    apply: () => (state.depth > 0 ? refuse('Date', CLOCK) : original()),
    construct: (target, args, newTarget) =>
      state.depth > 0 ? refuse('Date', CLOCK) : (Reflect.construct(target, args, newTarget) as object),
    get: (target, key, receiver) =>
      key === 'now' && state.depth > 0 ? refuse('Date.now', CLOCK) : (Reflect.get(target, key, receiver) as unknown),
  })
  world.Date = watched
}
