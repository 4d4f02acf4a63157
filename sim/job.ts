/** A trial, and the shortest history of what it breaks. */
import type { Fault } from './faults/kinds.ts'
import { type Shrunk, shrink } from './faults/shrink.ts'
import type { TrialResult } from './trial.ts'
import type { Guard } from './world/guard.ts'

export interface Tried {
  readonly result: TrialResult
  /** Of the trial itself. */
  readonly ms: number
  readonly shrunk: Shrunk | null
}
export interface TryOptions {
  /** Instead of those of the profile. */
  readonly faults: readonly Fault[] | undefined
  /** Runs that may be spent on the shortest history; 0: none. */
  readonly shrinkRuns: number
  trial(faults: readonly Fault[] | undefined): Promise<TrialResult>
}

/**
 * Whatever reached outside of its ports makes a run worthless: another one would differ. It counts for the run that it
 * was found in, and there is no history of it to be shortened.
 */
export async function tried({ trial, faults, shrinkRuns }: TryOptions, guard: Guard): Promise<Tried> {
  const run = async (some: readonly Fault[] | undefined): Promise<TrialResult> => {
    guard.take() // of one that has failed
    const result = await trial(some)
    const escapes = guard.take().map(text => ({ invariant: 'ESCAPE', atMs: 0, text }))
    return { ...result, violations: [...escapes, ...result.violations] }
  }
  const beganMs = performance.now()
  const result = await run(faults)
  const ms = Math.round(performance.now() - beganMs)
  const broken = result.violations[0]?.invariant
  if (broken === undefined || broken === 'ESCAPE' || shrinkRuns === 0) return { result, ms, shrunk: null }
  const breaks = async (some: readonly Fault[]) => {
    const again = await run(some)
    return again.violations.some(v => v.invariant === broken) ? again.struck : null
  }
  return { result, ms, shrunk: await shrink(result.schedule, breaks, shrinkRuns) }
}
