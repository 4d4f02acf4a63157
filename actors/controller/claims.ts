/**
 * Claims on one setpoint, taken in order of priority: the first `equal` claims it, `min` and `max` intersect. What
 * conflicts with a higher claim yields to it, as near as it can; the why names both.
 */
import type { Claim } from '../kit/strategy.ts'

interface Said {
  readonly value: number
  readonly why: string
}
export interface Merged {
  readonly equal: Said | null
  readonly min: Said | null
  readonly max: Said | null
  /** Lower claims that could not be met. */
  readonly yielded: readonly string[]
}
export const UNCLAIMED: Merged = { equal: null, min: null, max: null, yielded: [] }

export function merge(there: Merged, claim: Claim, why: string): Merged {
  let merged = there
  if (claim.min !== undefined) merged = narrow(merged, 'min', claim.min, why)
  if (claim.max !== undefined) merged = narrow(merged, 'max', claim.max, why)
  if (claim.equal !== undefined && !merged.equal) merged = claimed(merged, claim.equal, why)
  return merged
}

function narrow(there: Merged, end: 'min' | 'max', value: number, why: string): Merged {
  const sign = end === 'min' ? 1 : -1
  const own = there[end]
  if (own && sign * value <= sign * own.value) return there
  const higher = [there.equal, there[end === 'min' ? 'max' : 'min']].filter(s => s !== null)
  const against = higher.filter(s => sign * value > sign * s.value)
  if (against.length === 0) return { ...there, [end]: { value, why } }
  const least = sign * Math.min(...against.map(s => sign * s.value))
  const nearest = { value: own && sign * own.value > sign * least ? own.value : least, why }
  return { ...there, [end]: nearest, yielded: [...there.yielded, why] }
}

function claimed(there: Merged, value: number, why: string): Merged {
  const { min, max } = there
  if (min && value < min.value) return { ...there, equal: { value: min.value, why: `${min.why}; instead of ${why}` } }
  if (max && value > max.value) return { ...there, equal: { value: max.value, why: `${max.why}; instead of ${why}` } }
  return { ...there, equal: { value, why } }
}

/** What holds: the claimed value; where claims only narrow, what would hold without them, within them. */
export function settled(claims: Merged, unclaimed: number): Said {
  const said = claims.equal ?? within(claims, unclaimed)
  return claims.yielded.length === 0 ? said : { ...said, why: `${said.why}; over ${claims.yielded.join(', ')}` }
}

function within({ min, max }: Merged, unclaimed: number): Said {
  if (min && unclaimed < min.value) return min
  if (max && unclaimed > max.value) return max
  return { value: unclaimed, why: (max ?? min)?.why ?? 'nothing claims it' }
}
