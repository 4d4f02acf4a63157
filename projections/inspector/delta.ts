/**
 * What changed between two JSON values, by path: for the live feed, for the difference of context from one fact to the
 * next, and for what two replicas said otherwise. Runs in the browser, too.
 *
 * D1  `patched(before, deltaOf(before, after))` equals `after`, for every two JSON values.
 * D2  Equal parts are told apart by identity first, so that what is shared costs nothing.
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
    for (let i = 0; i < common; i++) compare(before[i], after[i], [...path, i], changes)
    for (let i = common; i < after.length; i++) changes.push([[...path, i], after[i]])
    for (let i = before.length - 1; i >= common; i--) changes.push([[...path, i]])
  } else if (isObject(before) && isObject(after)) {
    for (const key of Object.keys(before)) if (after[key] === undefined) changes.push([[...path, key]])
    for (const key of Object.keys(after))
      if (after[key] !== undefined) compare(before[key], after[key], [...path, key], changes)
  } else changes.push([path, after])
}

/** Nothing of `before` is changed: what is equal is shared. */
export function patched(before: Json, changes: readonly Change[]): Json {
  return changes.reduce((value, [path, ...rest]) => put(value, path, 0, rest), before)
}
function put(at: Json, path: readonly (string | number)[], depth: number, rest: readonly Json[]): Json {
  if (depth === path.length) return rest[0]
  const key = path[depth]!
  const last = depth === path.length - 1
  if (Array.isArray(at)) {
    const copy = [...at]
    if (last && rest.length === 0) copy.splice(Number(key), 1)
    else copy[Number(key)] = put(copy[Number(key)], path, depth + 1, rest)
    return copy
  }
  const { [key]: own, ...others } = (isObject(at) ? at : {}) as Record<string | number, Json>
  if (last && rest.length === 0) return others
  return { ...(at as object), [key]: put(own, path, depth + 1, rest) }
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
    const was = path.reduce<Json>((at, key) => (at as any)?.[key], before)
    return { path: path.join('.'), ...(was !== undefined && { was }), ...(is.length > 0 && { is: is[0] }) }
  })
}

const isObject = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
