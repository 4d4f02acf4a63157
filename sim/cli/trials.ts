/** Trials over a range of seeds, each told as it ends; of what breaks an invariant, the shortest history. */
import { availableParallelism } from 'node:os'
import { openEngine } from '../../supervisors/site/engine.ts'
import { readSiteFile } from '../../supervisors/site/file.ts'
import { planOf, type TrialOptions } from '../trial.ts'
import type { Done, Job } from '../worker.ts'
import { HOUR_MS, type Say, type SimCall, seedsOf, siteOf } from './call.ts'
import { trialPool } from './pool.ts'
import { commitOf, type ReplayFile, writeReplay } from './replay-file.ts'
import { summaryInWords, Totals } from './totals.ts'
import { faultInWords, inWords, planInWords } from './words.ts'

/** Runs that one violation's shortest history may cost. */
const SHRINK_RUNS = 120

export async function trials(call: SimCall, say: Say): Promise<number> {
  const site = siteOf(call)
  const file = readSiteFile(site)
  const engine = await openEngine(file.definitions)
  const { profile, sites } = call
  const forMs = call.hours * HOUR_MS
  const seeds = seedsOf(call)
  const several = seeds.length > 1
  const jobs = Math.min(call.jobs, seeds.length)
  const pool = trialPool({ jobs })
  const totals = new Totals(Math.min(jobs, availableParallelism()))
  const beganMs = performance.now()
  let broken = 0
  const one = async (seed: number): Promise<void> => {
    const options: TrialOptions = { seed, forMs, sites, profile, file: file.file, engine }
    if (!call.json) for (const line of planInWords(seed, planOf(options))) say(line)
    const job: Job = { site, seed, forMs, sites, profile, shrinkRuns: call.shrink ? SHRINK_RUNS : 0 }
    const done = await pool.run(job)
    if (done.kind === 'failed' || done.result.violations.length > 0) broken++
    totals.take(done)
    tell(call, job, done, say)
  }
  const turns = Array.from({ length: jobs }, async () => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) await one(seed)
  })
  await Promise.all(turns)
  pool.close()
  const summary = totals.summary(performance.now() - beganMs)
  if (call.json) say(JSON.stringify(summary))
  else if (several) for (const line of summaryInWords(summary)) say(line)
  return broken > 0 ? 1 : 0
}

/** One seed, as it has ended. */
export function tell(call: SimCall, job: Job, done: Done, say: Say): void {
  if (done.kind === 'failed') {
    say(call.json ? JSON.stringify(done) : `seed ${done.seed}: FAILED: ${done.reason}`)
    return
  }
  const { result, ms } = done
  const history = historyOf(call, job, done)
  // in lines of JSON the history is inside of its line, and no file comes unasked
  const path = history && (call.out !== null || !call.json) ? writeReplay(call.out ?? '.', history) : null
  if (call.json) {
    const { schedule: _, struck: _2, ...rest } = result
    say(JSON.stringify({ kind: 'seed', ...rest, ms, ...(path ? { historyFile: path } : history && { history }) }))
    return
  }
  for (const line of inWords(result, ms)) say(line)
  if (!history) return
  const { commit, faults, seed, hours, sites, profile } = history
  const what = done.shrunk ? `the shortest history after ${done.shrunk.runs} runs` : 'the whole history'
  say(`  commit ${commit}; ${what}: ${faults.length} of ${result.schedule.length} faults`)
  for (const fault of faults) say(`    ${faultInWords(fault)}`)
  const site = call.site === null ? '' : ` --site ${call.site}`
  say(`  again: quorate sim --seed ${seed} --hours ${hours} --sites ${sites} --profile ${profile}${site}`)
  say(`  step through it: quorate sim --replay ${path}`)
}

/** Null: it broke nothing. */
function historyOf({ hours }: SimCall, job: Job, done: Done & { kind: 'done' }): ReplayFile | null {
  const [first] = done.result.violations
  if (!first) return null
  const { seed, sites, profile, site } = job
  const faults = [...(done.shrunk?.faults ?? done.result.schedule)] as ReplayFile['faults']
  return { seed, hours, sites, profile, site, commit: commitOf(), invariant: first.invariant, faults }
}
