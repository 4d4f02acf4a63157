/**
 * `quorate sim`: trials over seeds, scenarios, planted bugs. A process of its own, told what to do by its parent's one
 * argument; the product never imports the simulator.
 */
import { Refusal } from '../../protocol/words/errors.ts'
import { openEngine } from '../../supervisors/site/engine.ts'
import { readSiteFile } from '../../supervisors/site/file.ts'
import { FAULT_KINDS } from '../faults/kinds.ts'
import { PROFILES } from '../faults/profile.ts'
import { MUTATIONS } from '../mutations/catalogue.ts'
import { INVARIANTS } from '../oracle/registry.ts'
import { HOUR_MS, type SimCall, seedsOf, siteOf } from './call.ts'
import { HEADING, type Hunt, hunt, huntAll, plain, row } from './hunt.ts'
import { trialPool } from './pool.ts'
import { otherCommit, readReplay } from './replay-file.ts'
import { playAll } from './scenarios.ts'
import { stepThrough } from './story.ts'
import { trials } from './trials.ts'

const say = (line: string) => void process.stdout.write(`${line}\n`)

async function main(call: SimCall): Promise<number> {
  if (call.list) return list(call.json)
  if (call.replay) return replay(call.replay)
  if (call.scenarios.length > 0) return playAll(call, say)
  if (call.mutation !== null) return plantedBugs(call, call.mutation)
  return trials(call, say)
}

/** One planted bug or all of them: 0 where the oracle finds each. */
async function plantedBugs(call: SimCall, name: string): Promise<number> {
  const h: Hunt = { site: siteOf(call), seeds: seedsOf(call), forMs: call.hours * HOUR_MS, sites: call.sites }
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

async function replay(path: string): Promise<number> {
  const history = readReplay(path)
  const other = otherCommit(history)
  if (other !== null) say(other)
  const { file, definitions } = readSiteFile(history.site)
  const engine = await openEngine(definitions)
  const { seed, sites, profile, faults, hours } = history
  return stepThrough({ seed, sites, profile, faults, forMs: hours * HOUR_MS, file, engine }, say)
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
