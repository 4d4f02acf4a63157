/**
 * What changed between two JSON values, by path: for the live feed, for the difference of context from one fact to the
 * next, and for what two replicas said otherwise. Runs in the browser, too.
 *
 * D1  `patched(before, deltaOf(before, after))` equals `after`, for every two JSON values.
 * D2  Equal parts are told apart by identity first, so that what is shared costs nothing.
 * D3  What a patch changes it copies once, however many changes lie in it.
 */
type Json = unknown
/** `[path, value]`; without a value, what is at the path is gone. An empty path is the whole. */
export type Change = readonly [path: readonly (string | number)[], value?: Json]

export function deltaOf(before: Json, after: Json): Change[] {
  const changes: Change[] = []
  compare(before, after, [], changes)
  return changes
}

function compare(before: Json, after: Json, path: readonly (string | number)[], changes: Change[]): void {
  if (before === after) return // D2
  if (Array.isArray(before) && Array.isArray(after)) {
    const common = Math.min(before.length, after.length)
    for (let i = 0; i < common; i++) inner(before[i], after[i], path, i, changes)
    for (let i = common; i < after.length; i++) changes.push([[...path, i], after[i]])
    for (let i = before.length - 1; i >= common; i--) changes.push([[...path, i]])
  } else if (isObject(before) && isObject(after)) {
    for (const key of Object.keys(before)) if (own(after, key) === undefined) changes.push([[...path, key]])
    for (const key of Object.keys(after))
      if (after[key] !== undefined) inner(own(before, key), after[key], path, key, changes)
  } else changes.push([path, after])
}
/** D2: of what is shared not even the path is made. */
function inner(
  before: Json,
  after: Json,
  path: readonly (string | number)[],
  key: string | number,
  changes: Change[],
): void {
  if (before !== after) compare(before, after, [...path, key], changes)
}

/** Nothing of `before` is changed: what is equal is shared. */
export function patched(before: Json, changes: readonly Change[]): Json {
  const made = new Set<Json>() // D3: here, and nobody else's yet
  return changes.reduce<Json>((value, [path, ...rest]) => put(value, path, 0, rest, made), before)
}
function put(
  at: Json,
  path: readonly (string | number)[],
  depth: number,
  rest: readonly Json[],
  made: Set<Json>,
): Json {
  if (depth === path.length) return rest[0]
  const key = path[depth]!
  const copy = made.has(at) ? (at as Record<string | number, Json>) : copyOf(at)
  made.add(copy)
  if (depth < path.length - 1 || rest.length > 0) write(copy, key, put(own(copy, key), path, depth + 1, rest, made))
  else if (Array.isArray(copy)) copy.splice(Number(key), 1)
  else delete copy[key]
  return copy
}
const copyOf = (at: Json) =>
  (Array.isArray(at) ? [...at] : isObject(at) ? { ...at } : {}) as Record<string | number, Json>
/** Also where the key is `__proto__`. */
function write(to: object, key: string | number, value: Json): void {
  Object.defineProperty(to, key, { value, writable: true, enumerable: true, configurable: true })
}

/** A change for people: what was, and what is; absent where there was or is nothing. */
export interface Difference {
  readonly path: string
  readonly was?: Json
  readonly is?: Json
}
export function differencesOf(before: Json, after: Json, max = Number.POSITIVE_INFINITY): Difference[] {
  const changes = deltaOf(before, after).slice(0, max)
  return changes.map(([path, ...is]) => {
    const was = path.reduce<Json>(own, before)
    return { path: path.join('.'), ...(was !== undefined && { was }), ...(is.length > 0 && { is: is[0] }) }
  })
}

/** What is there itself: every object answers to `valueOf`. */
const own = (at: Json, key: string | number): Json =>
  typeof at === 'object' && at !== null && Object.hasOwn(at, key)
    ? (at as Record<string | number, Json>)[key]
    : undefined
const isObject = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
