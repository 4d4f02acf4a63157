/** A trial told event by event, up to the first violation and a little beyond. */
import { type TrialOptions, trial } from '../trial.ts'

const BEFORE_S = 20
const AFTER_S = 2

export async function stepThrough(options: TrialOptions, say: (line: string) => void): Promise<number> {
  const first = await trial(options)
  const [violation] = first.violations
  if (!violation) {
    say(`seed ${options.seed}: all invariants hold with these ${options.faults?.length ?? 0} faults`)
    return 0
  }
  const fromS = violation.atMs / 1_000 - BEFORE_S
  const toS = violation.atMs / 1_000 + AFTER_S
  say(`seed ${options.seed}: from ${Math.max(0, fromS).toFixed(1)} s to ${toS.toFixed(1)} s`)
  const heard = (line: string) => {
    const atS = Number(line.trimStart().split(' ', 1)[0])
    if (atS >= fromS && atS <= toS) say(line)
  }
  await trial({ ...options, heard })
  for (const v of first.violations) say(`${v.invariant} at ${(v.atMs / 1_000).toFixed(3)} s: ${v.text}`)
  return 1
}
