/** `quorate sim`: hands its options to the simulator, a process of its own. */
import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { Refusal } from '../../protocol/words/errors.ts'
import { jsonOption } from './options.ts'
import type { Call, Verb } from './verb.ts'

const SCRIPT = new URL('../../sim/cli/main.ts', import.meta.url)
const HOURS = 0.5
/** Planted bugs show soon or not at all. */
const HUNT = { hours: 0.1, seeds: [1, 50] as [number, number] }

/**
 * What the options that decide what is done take beside them. Nothing else is taken, so that no option is dropped
 * unheard.
 */
const BESIDE = {
  list: ['json'],
  replay: [],
  scenario: ['jobs', 'junit', 'html', 'json'],
  mutation: ['seed', 'seeds', 'hours', 'sites', 'site', 'jobs', 'json'],
  mutations: ['seed', 'seeds', 'hours', 'sites', 'site', 'jobs', 'json'],
} as const
/** Without any of these: seeds of trials. */
const TRIALS = ['seed', 'seeds', 'hours', 'sites', 'profile', 'site', 'jobs', 'no-shrink', 'out', 'json'] as const

export const sim: Verb = {
  name: 'sim',
  text: 'Runs the whole platform on a simulated clock, network, disk, log and plant, with faults, and judges every invariant',
  options: {
    seed: { type: 'string', value: 'N', text: 'One seed (1)' },
    seeds: { type: 'string', value: 'N..M', text: 'A range of seeds' },
    hours: { type: 'string', value: 'H', text: 'Simulated hours with faults (0.5; 0.1 with planted bugs)' },
    sites: { type: 'string', value: 'K', default: '1', text: 'Sites in one world' },
    profile: { type: 'string', value: 'NAME', default: 'swarm', text: 'swarm, calm, a group of faults or one kind' },
    site: { type: 'string', value: 'FILE', text: 'Site file; with a plant' },
    jobs: { type: 'string', value: 'J', default: String(availableParallelism()), text: 'Processes' },
    mutation: { type: 'string', value: 'NAME', text: 'With this planted bug, until the oracle finds it' },
    mutations: { type: 'boolean', text: 'Every planted bug, and a table of what it took to find it' },
    replay: { type: 'string', value: 'FILE', text: 'Steps through the history of a violation' },
    'no-shrink': { type: 'boolean', text: 'Leaves a violation’s schedule as it is' },
    out: {
      type: 'string',
      value: 'DIR',
      text: 'Where the histories of violations are written (here; with --json only where it is named, else they are in its lines)',
    },
    scenario: {
      type: 'string',
      value: 'FILE',
      multiple: true,
      text: 'Plays a scenario, or a folder of them, and judges it',
    },
    junit: { type: 'string', value: 'FILE', text: 'Results of scenarios as JUnit XML' },
    html: { type: 'string', value: 'FILE', text: 'Results of scenarios as one page with plots' },
    list: { type: 'boolean', text: 'Invariants (and which are not judged yet), profiles, planted bugs' },
    json: jsonOption,
  },
  run(call) {
    refuseIdle(call)
    const mutation = call.flag('mutations') ? 'all' : (call.text('mutation') ?? null)
    const [from, to] = seedsOf(call, mutation === null ? [1, 1] : HUNT.seeds)
    const asked = {
      from,
      to,
      hours: number(call, 'hours', 0.01, 100_000, mutation === null ? HOURS : HUNT.hours),
      sites: number(call, 'sites', 1, 100),
      profile: call.text('profile'),
      site: fileOf(call, 'site'),
      jobs: number(call, 'jobs', 1, 256),
      json: call.flag('json'),
      shrink: !call.flag('no-shrink'),
      out: pathOf(call, 'out'),
      mutation,
      replay: fileOf(call, 'replay'),
      list: call.flag('list'),
      scenarios: call.all('scenario').map(path => there('scenario', path)),
      junit: pathOf(call, 'junit'),
      html: pathOf(call, 'html'),
    }
    const child = fork(SCRIPT, [JSON.stringify(asked)], { execArgv: ['--disable-warning=ExperimentalWarning'] })
    return new Promise(ended => child.once('exit', code => ended(code ?? 1)))
  },
}

/** Throws USAGE for an option that would do nothing. */
function refuseIdle(call: Call): void {
  const deciding = Object.keys(BESIDE) as (keyof typeof BESIDE)[]
  const [first, second] = deciding.filter(option => call.given(option))
  if (second) throw new Refusal('USAGE', `--${first} and --${second}: one at a time`)
  if (call.given('seed') && call.given('seeds'))
    throw new Refusal('USAGE', '--seed and --seeds: one seed or a range of them')
  const beside: readonly string[] = first ? [...BESIDE[first], first] : TRIALS
  const idle = Object.keys(sim.options).find(option => call.given(option) && !beside.includes(option))
  if (idle === undefined) return
  const goesWith = deciding.filter(option => (BESIDE[option] as readonly string[]).includes(idle)).map(o => `--${o}`)
  if ((TRIALS as readonly string[]).includes(idle)) goesWith.unshift('trials of seeds')
  const here = first ? `not with --${first}` : 'not with trials of seeds'
  throw new Refusal('USAGE', `--${idle}: ${here}; it goes with ${goesWith.join(', ')}`)
}

function seedsOf(call: Call, unasked: [number, number]): [number, number] {
  const range = call.text('seeds')
  if (range === undefined) {
    if (call.text('seed') === undefined) return unasked
    const seed = number(call, 'seed', 0, Number.MAX_SAFE_INTEGER)
    return [seed, seed]
  }
  const m = /^(\d+)\.\.(\d+)$/.exec(range)
  if (!m || Number(m[1]) > Number(m[2])) throw new Refusal('USAGE', `--seeds ${range}: write a range such as 1..100`)
  return [Number(m[1]), Number(m[2])]
}

function number(call: Call, option: string, min: number, max: number, unasked?: number): number {
  const text = call.text(option)
  if (text === undefined && unasked !== undefined) return unasked
  const value = Number(text)
  if (!(value >= min && value <= max) || (min >= 1 && !Number.isInteger(value)))
    throw new Refusal('USAGE', `--${option} ${text}: a number from ${min} to ${max}`)
  return value
}

function fileOf(call: Call, option: string): string | null {
  const path = call.text(option)
  return path === undefined ? null : there(option, path)
}
function there(option: string, path: string): string {
  if (!existsSync(path)) throw new Refusal('USAGE', `--${option} ${path}: there is no such file`)
  return resolve(path)
}
function pathOf(call: Call, option: string): string | null {
  const path = call.text(option)
  return path === undefined ? null : resolve(path)
}
