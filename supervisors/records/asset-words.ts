/** What walking an asset's paths found: the shape in which the simulator tells it, in words, and as cases of a test report. */
import type { Covered, Seen } from '../../actors/kit/coverage.ts'
import type { AssetHistory } from './asset-history.ts'
import type { JunitCase } from './junit.ts'

export interface Failure {
  readonly problem: string
  /** The states in which the step was taken. */
  readonly at: string
  readonly on: string
  readonly text: string
  /** From the start to this step. */
  readonly path: readonly string[]
}
export interface Tested {
  readonly type: string
  readonly device: string
  /** Points that the device does not have: a usual value stands in. */
  readonly missing: readonly string[]
  /** Settings without a default that nobody gave. */
  readonly assumed: Readonly<Record<string, string>>
  readonly paths: {
    readonly shortest: number
    readonly onwards: number
    readonly simple: number
    readonly cut: boolean
  }
  readonly steps: number
  readonly covered: Covered
  /** How often each frame was the device's own, and how often it was injected. */
  readonly frames: {
    readonly device: Readonly<Record<string, number>>
    readonly injected: Readonly<Record<string, number>>
  }
  /** Done; refused by the device; made to fail; told as done by the path though the device refused. */
  readonly pulses: { readonly done: number; readonly refused: number; readonly made: number; readonly apart: number }
  /** The first of each kind and place. */
  readonly failures: readonly Failure[]
  readonly failed: number
}

/** Lowest of states, edges and guards, in percent; what has none of a kind has all of it. */
export function coveragePercent({ states, edges, guards }: Covered): number {
  return Math.min(...[states, edges, guards].map(percentOf))
}
const percentOf = ({ covered, uncovered }: Seen): number => {
  const all = covered.length + uncovered.length
  return all === 0 ? 100 : Math.floor((1_000 * covered.length) / all) / 10
}

const share = (what: string, seen: Seen): string =>
  `${what} ${seen.covered.length} of ${seen.covered.length + seen.uncovered.length}`
const missing = (what: string, { uncovered }: Seen): string[] => uncovered.map(one => `  not covered: ${what} ${one}`)

export function testedInWords(t: Tested): string[] {
  const { states, edges, guards } = t.covered
  const { shortest, onwards, simple, cut } = t.paths
  const assumed = Object.entries(t.assumed).map(([name, value]) => `${name}=${value}`)
  const injected = Object.keys(t.frames.injected).filter(frame => !t.frames.device[frame])
  return [
    ...t.failures.flatMap(f => [
      `FAILED ${f.problem} ${t.type}.${f.at} on ${f.on}: ${f.text}`,
      `  path: ${f.path.join(', ')}`,
    ]),
    ...(t.failed > t.failures.length ? [`  ${t.failed} failing steps in all; the first of each place are shown`] : []),
    `${t.type} against ${t.device === 'generic' ? 'a generic device that takes everything' : `the simulated ${t.device}`}: ` +
      `${shortest} shortest paths, ${onwards} steps onwards, ${simple} simple paths${cut ? ' (cut at the bound)' : ''}; ${t.steps} steps`,
    `${share('states', states)}, ${share('edges', edges)}, ${share('outcomes of guards', guards)}`,
    ...missing('state', states),
    ...missing('edge', edges),
    ...missing('guard', guards),
    `pulses: ${t.pulses.done} done, ${t.pulses.refused} refused by the device, ${t.pulses.made} made to fail`,
    ...(injected.length > 0 ? [`frames that the device never brought about, injected: ${injected.join(', ')}`] : []),
    ...(t.missing.length > 0
      ? [`points that the device does not have, at a usual value: ${t.missing.join(', ')}`]
      : []),
    ...(assumed.length > 0 ? [`settings assumed, give them with --settings: ${assumed.join(', ')}`] : []),
  ]
}

export function historyInWords(type: string, h: AssetHistory): string[] {
  if (h.assets.length === 0) return [`the recorded log has no asset of type ${type}`]
  return [
    `recorded log, ${h.facts} facts, ${h.assets.join(', ')}: ${share('states', h.states)}, ${share('edges', h.edges)}`,
    ...h.states.uncovered.map(state => `  never in: ${state}`),
    ...h.edges.uncovered.map(edge => `  never taken: ${edge}`),
  ]
}

/** A case for each state, that its paths held, and for the coverage that was asked for. */
export function casesOfTested(t: Tested, minPercent: number | null): JunitCase[] {
  const ofState = [...t.covered.states.covered].map(state => {
    const failed = t.failures.filter(f => f.at.split(' + ').some(at => at === state || at.startsWith(`${state}.`)))
    const text = failed.map(f => `${f.problem} on ${f.on}: ${f.text}\npath: ${f.path.join(', ')}`).join('\n')
    return { name: `${t.type}.${state}`, ...(failed.length > 0 && { failure: { message: failed[0]!.text, text } }) }
  })
  if (minPercent === null) return ofState
  const percent = coveragePercent(t.covered)
  const message = `${percent} % covered, ${minPercent} % asked for`
  const low = percent < minPercent && { failure: { message, text: testedInWords(t).join('\n') } }
  return [...ofState, { name: `${t.type} coverage`, ...low }]
}
