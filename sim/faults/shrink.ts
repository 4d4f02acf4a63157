/**
 * From a schedule that breaks an invariant to the least of it that still does: delta debugging (Zeller and Hildebrandt,
 * IEEE TSE 28(2), 2002) over the windows, then shorter windows, then over the single chances of those that strike at
 * random.
 */
import type { Struck } from '../world/world.ts'
import type { Fault } from './kinds.ts'

/** Runs a schedule; what struck, or null where the invariant holds. */
export type Breaks = (faults: readonly Fault[]) => Promise<readonly Struck[] | null>

export interface Shrunk {
  readonly faults: readonly Fault[]
  readonly runs: number
}

/** Windows shorter than this are not halved again. */
const WINDOW_MS_MIN = 500
/** A fault with more single strikes than this keeps its rate. */
const STRIKES_MAX = 400

export async function shrink(faults: readonly Fault[], breaks: Breaks, runsMax: number): Promise<Shrunk> {
  const state = { runs: 0 }
  const still: Breaks = candidate => {
    state.runs++
    return state.runs > runsMax ? Promise.resolve(null) : breaks(candidate)
  }
  let least: readonly Fault[] = await ddmin(faults, async some => (await still(some)) !== null)
  least = await shorter(least, still)
  least = await fewerStrikes(least, still)
  return { faults: least, runs: Math.min(state.runs, runsMax) }
}

/** The least sublist, to within single items, for which it still holds. */
export async function ddmin<T>(
  all: readonly T[],
  holds: (some: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  if (all.length === 0 || (await holds([]))) return []
  let left = all
  for (let parts = 2; left.length >= 2; ) {
    const size = Math.ceil(left.length / parts)
    const chunks = Array.from({ length: Math.ceil(left.length / size) }, (_, i) => left.slice(i * size, (i + 1) * size))
    const found = await firstThat(chunks, left, holds)
    if (found) {
      left = found.rest
      parts = found.chunk ? 2 : Math.max(parts - 1, 2)
    } else if (size === 1) break
    else parts = Math.min(parts * 2, left.length)
  }
  return left
}
/** One part alone, or all but one part. */
async function firstThat<T>(
  chunks: readonly (readonly T[])[],
  all: readonly T[],
  holds: (some: readonly T[]) => Promise<boolean>,
): Promise<{ rest: readonly T[]; chunk: boolean } | null> {
  for (const chunk of chunks) if (chunk.length < all.length && (await holds(chunk))) return { rest: chunk, chunk: true }
  if (chunks.length === 2) return null // what is not the one is the other
  for (const chunk of chunks) {
    const rest = all.filter(item => !chunk.includes(item))
    if (await holds(rest)) return { rest, chunk: false }
  }
  return null
}

async function shorter(faults: readonly Fault[], still: Breaks): Promise<readonly Fault[]> {
  let left = faults
  for (let i = 0; i < left.length; i++)
    for (;;) {
      const fault = left[i]!
      if (fault.forMs / 2 < WINDOW_MS_MIN) break
      const half = Math.floor(fault.forMs / 2)
      const first = left.with(i, { ...fault, forMs: half })
      const second = left.with(i, { ...fault, fromMs: fault.fromMs + half, forMs: half })
      if (await still(first)) left = first
      else if (await still(second)) left = second
      else break
    }
  return left
}

async function fewerStrikes(faults: readonly Fault[], still: Breaks): Promise<readonly Fault[]> {
  let left = faults
  for (let i = 0; i < left.length; i++) {
    const fault = left[i]!
    if (fault.rate === undefined) continue
    const struck = (await still(left)) ?? []
    const own = struck.filter(s => s.fault === fault.id).map(s => s.nth)
    if (own.length === 0 || own.length > STRIKES_MAX) continue
    const only = (some: readonly number[]) => left.with(i, { ...fault, only: some })
    if (!(await still(only(own)))) continue
    const least = await ddmin(own, async some => (await still(only(some))) !== null)
    left = only(least)
  }
  return left
}
