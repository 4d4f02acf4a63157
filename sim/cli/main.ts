/**
 * `quorate sim`: trials over a range of seeds. A process of its own, told what to do by its parent's one argument; the
 * product never imports the simulator.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Refusal } from '../../protocol/words/errors.ts'
import { openEngine } from '../../supervisors/site/engine.ts'
import { readSiteFile } from '../../supervisors/site/file.ts'
import { FAULT_KINDS, type Fault } from '../faults/kinds.ts'
import { PROFILES } from '../faults/profile.ts'
import { MUTATIONS } from '../mutations/catalogue.ts'
import { INVARIANTS } from '../oracle/registry.ts'
import { planOf, type TrialOptions } from '../trial.ts'
import type { Done, Job } from '../worker.ts'
import { HEADING, type Hunt, hunt, huntAll, plain, row } from './hunt.ts'
import { trialPool } from './pool.ts'
import { playAll } from './scenarios.ts'
import { stepThrough } from './story.ts'
import { inWords, planInWords } from './words.ts'

/** What the verb hands over; checked there. */
export interface SimCall {
  readonly from: number
  readonly to: number
  readonly hours: number
  readonly sites: number
  readonly profile: string
  readonly site: string | null
  readonly jobs: number
  readonly json: boolean
  readonly shrink: boolean
  /** A planted bug; `all`: the whole catalogue. */
  readonly mutation: string | null
  readonly replay: string | null
  readonly list: boolean
  /** Files and folders of scenarios; none: trials. */
  readonly scenarios: readonly string[]
  readonly junit: string | null
  readonly html: string | null
}
const SITE = fileURLToPath(new URL('../sites/trial.yaml', import.meta.url))
/** Runs that one violation's shortest history may cost. */
const SHRINK_RUNS = 120
const HOUR_MS = 3_600_000

/** A violation as a file: what `--replay` steps through. */
export interface ReplayFile {
  readonly seed: number
  readonly hours: number
  readonly sites: number
  readonly profile: string
  readonly site: string
  readonly commit: string
  readonly invariant: string
  readonly faults: readonly Fault[]
}

const say = (line: string) => void process.stdout.write(`${line}\n`)

async function main(call: SimCall): Promise<number> {
  if (call.list) return list(call.json)
  if (call.replay) return replay(call.replay)
  if (call.scenarios.length > 0) return playAll(call, say)
  if (call.mutation !== null) return plantedBugs(call, call.mutation)
  const site = call.site ?? SITE
  const file = readSiteFile(site)
  const engine = await openEngine(file.definitions)
  const { profile, sites } = call
  const forMs = call.hours * HOUR_MS
  const seeds = seedsOf(call)
  const pool = trialPool({ jobs: Math.min(call.jobs, seeds.length) })
  let broken = 0
  const one = async (seed: number): Promise<void> => {
    const options: TrialOptions = { seed, forMs, sites, profile, file: file.file, engine }
    if (!call.json) for (const line of planInWords(seed, planOf(options))) say(line)
    const job: Job = { site, seed, forMs, sites, profile, shrinkRuns: call.shrink ? SHRINK_RUNS : 0 }
    const done = await pool.run(job)
    if (done.kind === 'failed' || done.result.violations.length > 0) broken++
    tell(call, job, done)
  }
  const turns = Array.from({ length: call.jobs }, async () => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) await one(seed)
  })
  await Promise.all(turns)
  pool.close()
  return broken > 0 ? 1 : 0
}
const seedsOf = ({ from, to }: SimCall): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** One planted bug or all of them: 0 where the oracle finds each. */
async function plantedBugs(call: SimCall, name: string): Promise<number> {
  const h: Hunt = { site: call.site ?? SITE, seeds: seedsOf(call), forMs: call.hours * HOUR_MS, sites: call.sites }
  if (name === 'all') {
    if (!call.json) say(HEADING)
    const hunted = await huntAll(h, call.jobs, one => say(call.json ? JSON.stringify(plain(one)) : row(one)))
    const blind = hunted.filter(one => one.found === null).length
    if (!call.json) say(`${hunted.length - blind} of ${hunted.length} planted bugs are found`)
    return blind === 0 ? 0 : 1
  }
  const mutation = MUTATIONS.find(m => m.name === name)
  if (!mutation) throw new Refusal('USAGE', `--mutation ${name}: none of all, ${MUTATIONS.map(m => m.name).join(', ')}`)
  const sound = trialPool({ jobs: 1 })
  const one = await hunt(mutation, h, Math.min(call.jobs, h.seeds.length), sound)
  sound.close()
  const { found, seeds, seconds } = one
  if (call.json) say(JSON.stringify(plain(one)))
  else if (!found) say(`'${name}' was not found in ${seeds} seeds: the oracle is blind to it`)
  else
    say(
      `found '${name}' (${mutation.text}) by ${found.invariant} with seed ${found.seed}: ${seeds} seeds, ${seconds.toFixed(1)} s`,
    )
  return found ? 0 : 1
}

function tell(call: SimCall, job: Job, done: Done): void {
  if (done.kind === 'failed') {
    say(call.json ? JSON.stringify(done) : `seed ${done.seed}: FAILED: ${done.reason}`)
    return
  }
  const { result, ms, shrunk } = done
  if (call.json) {
    const { schedule: _, struck: _2, ...rest } = result
    say(JSON.stringify({ ...rest, ms }))
  } else for (const line of inWords(result, ms)) say(line)
  const [first] = result.violations
  if (!first) return
  const { seed, profile, sites } = job
  const commit = commitOf()
  const faults = shrunk?.faults ?? result.schedule
  const name = `sim-${seed}-${first.invariant}.json`
  const file: ReplayFile = {
    seed,
    hours: call.hours,
    sites,
    profile,
    site: job.site,
    commit,
    invariant: first.invariant,
    faults,
  }
  writeFileSync(name, `${JSON.stringify(file, null, 2)}\n`)
  if (call.json) return
  say(
    `  commit ${commit}; the shortest history: ${faults.length} of ${result.schedule.length} faults (${shrunk?.runs ?? 0} runs)`,
  )
  for (const f of faults)
    say(
      `    ${(f.fromMs / 1_000).toFixed(1)} s  ${f.kind} ${f.target} for ${f.forMs} ms${f.only ? `, chances ${f.only.join(', ')}` : f.rate === undefined ? '' : `, rate ${f.rate}`}`,
    )
  const site = call.site === null ? '' : ` --site ${call.site}`
  say(`  again: quorate sim --seed ${seed} --hours ${call.hours} --sites ${sites} --profile ${profile}${site}`)
  say(`  step through it: quorate sim --replay ${name}`)
}

async function replay(path: string): Promise<number> {
  const file = JSON.parse(readFileSync(path, 'utf8')) as ReplayFile
  const site = readSiteFile(file.site)
  const engine = await openEngine(site.definitions)
  const { seed, sites, profile, faults, hours } = file
  return stepThrough({ seed, sites, profile, faults, forMs: hours * HOUR_MS, file: site.file, engine }, say)
}

function list(json: boolean): number {
  if (json) {
    const invariants = INVARIANTS.map(({ checks: _, ...told }) => told)
    const mutations = MUTATIONS.map(m => m.name)
    say(JSON.stringify({ invariants, profiles: PROFILES, faults: FAULT_KINDS, mutations }))
  } else {
    say('invariants')
    for (const { id, text, notYet } of INVARIANTS)
      say(`  ${id.padEnd(4)} ${text}${notYet ? ` (not judged yet: ${notYet})` : ''}`)
    say(`profiles: ${PROFILES.join(', ')}`)
    say(`planted bugs: ${MUTATIONS.map(m => m.name).join(', ')}`)
  }
  return 0
}

function commitOf(): string {
  try {
    const cwd = fileURLToPath(new URL('../../', import.meta.url))
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return 'unknown'
  }
}

// whoever asked is gone
process.on('disconnect', () => process.exit(1))
process.channel?.unref()
try {
  process.exitCode = await main(JSON.parse(process.argv[2]!) as SimCall)
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  process.stderr.write(`${error.message}\n${error.fix}.\n`)
  process.exit(error.code === 'USAGE' ? 2 : 1)
}
