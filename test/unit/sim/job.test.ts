import { expect, test } from 'vitest'
import type { Fault } from '../../../sim/faults/kinds.ts'
import { tried } from '../../../sim/job.ts'
import type { TrialResult } from '../../../sim/trial.ts'

const fault = (id: number): Fault => ({ id, kind: 'pause', target: 'node-a', fromMs: 0, forMs: 1, ms: 1 })
const schedule = [fault(1), fault(2), fault(3)]

/** Breaks S1 wherever fault 2 is in, and escapes as it is told. */
function runs(breaks: boolean, escapes: (run: number) => boolean) {
  const found: string[] = []
  let run = 0
  const trial = async (faults: readonly Fault[] = schedule) => {
    run++
    if (escapes(run)) found.push(`run ${run}`)
    const broken = breaks && faults.some(f => f.id === 2)
    return { schedule, struck: [], violations: broken ? [{ invariant: 'S1', atMs: 1, text: '' }] : [] } as never
  }
  const guard = { take: () => found.splice(0) }
  const of = (shrinkRuns = 50) => tried({ faults: undefined, shrinkRuns, trial }, guard)
  return { of, guard, count: () => run }
}
const broken = ({ violations }: TrialResult) => violations.map(v => `${v.invariant} ${v.text}`.trim())

test('the history of what breaks is shortened', async () => {
  const { result, shrunk } = await runs(true, () => false).of()
  expect([broken(result), shrunk?.faults.map(f => f.id)]).toEqual([['S1'], [2]])
})
test('what escapes while it is shortened is of those runs: none is left for the next job', async () => {
  const { of, guard } = runs(true, run => run > 1)
  expect(broken((await of()).result)).toEqual(['S1'])
  expect(guard.take()).toEqual([])
})
test('a run that has escaped is worth no other', async () => {
  const { of, count } = runs(true, run => run === 1)
  const { result, shrunk } = await of()
  expect([broken(result), shrunk, count()]).toEqual([['ESCAPE run 1', 'S1'], null, 1])
})
