/** Planted bugs: trials with one of them until the oracle finds it, and the table of all. */
import { MUTATIONS, type Mutation } from '../mutations/catalogue.ts'
import type { Done, Job } from '../worker.ts'
import { type TrialPool, trialPool } from './pool.ts'
import { foundIn } from './words.ts'

export interface Hunt {
  readonly seeds: readonly number[]
  readonly forMs: number
  readonly sites: number
  readonly site: string
}
interface Found {
  readonly invariant: string
  readonly seed: number
}
/** What it took; `found` null: the oracle is blind to it. */
export interface Hunted {
  readonly mutation: Mutation
  readonly found: Found | null
  readonly seeds: number
  readonly simulatedHours: number
  readonly seconds: number
}

/** A seed that breaks the same invariant without the bug proves nothing: it is passed by. */
export async function hunt(mutation: Mutation, h: Hunt, jobs: number, sound: TrialPool): Promise<Hunted> {
  const beganMs = performance.now()
  const pool = trialPool({ jobs, mutation: mutation.name })
  const waiting = [...h.seeds]
  const state = { seeds: 0, simulatedHours: 0, found: null as Found | null }
  const jobOf = (seed: number): Job => {
    const { site, forMs, sites } = h
    return { site, seed, forMs, sites, profile: mutation.profile, shrinkRuns: 0 }
  }
  const broken = (done: Done) => (done.kind === 'done' ? foundIn(done.result.violations, mutation.breaks) : null)
  const one = async (seed: number): Promise<void> => {
    const done = await pool.run(jobOf(seed))
    if (state.found) return
    state.seeds++
    if (done.kind === 'done') state.simulatedHours += done.result.simulatedHours
    const invariant = broken(done)
    if (invariant === null) return
    const without = await sound.run(jobOf(seed))
    const anyway = without.kind === 'done' && without.result.violations.some(v => v.invariant === invariant)
    if (!anyway) state.found ??= { invariant, seed }
  }
  const turn = async (): Promise<void> => {
    for (let seed = waiting.shift(); seed !== undefined && !state.found; seed = waiting.shift()) await one(seed)
  }
  try {
    await Promise.all(Array.from({ length: jobs }, turn))
  } finally {
    pool.close()
  }
  return { mutation, ...state, seconds: (performance.now() - beganMs) / 1_000 }
}

/** Each bug of the catalogue in a process of its own, so many at a time. */
export async function huntAll(h: Hunt, jobs: number, told: (one: Hunted) => void): Promise<readonly Hunted[]> {
  const sound = trialPool({ jobs })
  const waiting = [...MUTATIONS]
  const hunted: Hunted[] = []
  const turn = async (): Promise<void> => {
    for (let mutation = waiting.shift(); mutation; mutation = waiting.shift()) {
      const one = await hunt(mutation, h, 1, sound)
      hunted.push(one)
      told(one)
    }
  }
  try {
    await Promise.all(Array.from({ length: jobs }, turn))
  } finally {
    sound.close()
  }
  return hunted
}

const WIDTH = Math.max(...MUTATIONS.map(m => m.name.length))
export const HEADING = `${'mutation'.padEnd(WIDTH)}  invariant  seeds  hours  seconds`

export const row = ({ mutation, found, seeds, simulatedHours, seconds }: Hunted): string =>
  [
    mutation.name.padEnd(WIDTH),
    (found?.invariant ?? 'NOT FOUND').padEnd(9),
    String(seeds).padStart(5),
    simulatedHours.toFixed(2).padStart(5),
    seconds.toFixed(1).padStart(7),
  ].join('  ')

export const plain = ({ mutation, found, ...cost }: Hunted) => ({
  kind: found ? 'found' : 'notFound',
  mutation: mutation.name,
  text: mutation.text,
  ...found,
  ...cost,
})
