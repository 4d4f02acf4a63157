/** A process that runs trials for the command line: one at a time, as it is told over its channel. */
import { openEngine } from '../supervisors/site/engine.ts'
import { readSiteFile } from '../supervisors/site/file.ts'
import { STILL } from './cli/still.ts'
import type { Fault } from './faults/kinds.ts'
import { type Tried, tried } from './job.ts'
import { trial } from './trial.ts'
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
  | ({ readonly kind: 'done' } & Tried)
  | { readonly kind: 'failed'; readonly seed: number; readonly reason: string }

const guard = installGuard()

async function work(job: Job): Promise<Done> {
  const site = readSiteFile(job.site)
  const engine = await openEngine(site.definitions)
  const run = async (faults: readonly Fault[] | undefined) => {
    process.send?.(STILL) // each run has the time of one
    return trial({ ...job, file: site.file, engine, ...(faults === undefined ? {} : { faults }) })
  }
  return { kind: 'done', ...(await tried({ faults: job.faults, shrinkRuns: job.shrinkRuns, trial: run }, guard)) }
}

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
