/** A process that runs trials for the command line: one at a time, as it is told over its channel. */
import { openEngine } from '../supervisors/site/engine.ts'
import { readSiteFile } from '../supervisors/site/file.ts'
import type { Fault } from './faults/kinds.ts'
import { type Shrunk, shrink } from './faults/shrink.ts'
import { type TrialResult, trial } from './trial.ts'
import { installGuard } from './world/guard.ts'

export interface Job {
  readonly site: string
  readonly seed: number
  readonly forMs: number
  readonly sites: number
  readonly profile: string
  readonly faults?: readonly Fault[]
  /** Runs that may be spent on the shortest history of a violation; 0: none. */
  readonly shrinkRuns: number
}
export type Done =
  | { readonly kind: 'done'; readonly result: TrialResult; readonly ms: number; readonly shrunk: Shrunk | null }
  | { readonly kind: 'failed'; readonly seed: number; readonly reason: string }

const guard = installGuard()

async function work(job: Job): Promise<Done> {
  const site = readSiteFile(job.site)
  const engine = await openEngine(site.definitions)
  const run = (faults?: readonly Fault[]) =>
    trial({ ...job, file: site.file, engine, ...(faults === undefined ? {} : { faults }) })
  const beganMs = performance.now()
  const result = escaped(await run(job.faults))
  const ms = Math.round(performance.now() - beganMs)
  const broken = result.violations[0]?.invariant
  if (broken === undefined || job.shrinkRuns === 0) return { kind: 'done', result, ms, shrunk: null }
  const breaks = async (faults: readonly Fault[]) => {
    const again = await run(faults)
    return again.violations.some(v => v.invariant === broken) ? again.struck : null
  }
  return { kind: 'done', result, ms, shrunk: await shrink(result.schedule, breaks, job.shrinkRuns) }
}

/** Whatever reached outside of its ports makes the run worthless: another one would differ. */
const escaped = (result: TrialResult): TrialResult => ({
  ...result,
  violations: [...guard.take().map(text => ({ invariant: 'ESCAPE', atMs: 0, text })), ...result.violations],
})

process.on('message', (job: Job) => {
  work(job)
    .catch(
      (error): Done => ({
        kind: 'failed',
        seed: job.seed,
        reason: error instanceof Error ? (error.stack ?? '') : String(error),
      }),
    )
    .then(done => process.send?.(done))
})
process.on('disconnect', () => process.exit(0))
