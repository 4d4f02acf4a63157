/**
 * An asset's paths, all of them walked: the shortest to each situation, from there every event once, and the paths
 * without a loop.
 */
import { Coverage } from '../../actors/kit/coverage.ts'
import type { AnyAsset } from '../../actors/kit/define.ts'
import { explore, type PathEvent } from '../../actors/kit/explore.ts'
import { type PointValues, place, resolveSettings } from '../../actors/kit/host.ts'
import { shortestPaths, simplePaths } from '../../actors/kit/paths.ts'
import type { AnySpec } from '../../actors/kit/spec.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { Tested } from '../../supervisors/records/asset-words.ts'
import { assumedSettings, onlyDeclared, typical } from './assumptions.ts'
import { type Device, GenericDevice } from './device.ts'
import { type Failure, type Setting, type Tally, Walker } from './walk.ts'

/** Paths without a loop that are walked: their number grows with the factorial of the states. */
export const SIMPLE_PATHS_MAX = 1_000
/** Failures that are told; the rest are counted. */
const FAILURES_MAX = 20

export interface Asked {
  /** As a site file writes them; what is missing is assumed. */
  readonly settings: Readonly<Record<string, string>>
  readonly frames: Readonly<Record<string, PointValues>>
}
/** Throws USAGE with the settings that are wrong. */
export function testAsset(
  asset: AnyAsset,
  simulated: Device | null,
  { settings, frames }: Asked,
  advance: (paths: number, of: number) => void,
): Tested {
  const spec = asset.spec as AnySpec
  const assumed = assumedSettings(spec, settings)
  const resolved = resolveSettings(asset, { ...assumed, ...settings })
  if (resolved.kind === 'refused')
    throw new Refusal('USAGE', resolved.problems.map(p => `settings: ${p.text}`).join('; '))
  const placed = place(asset, 'it', resolved.values)
  const base = { ...typical(spec), ...onlyDeclared(spec, simulated?.read() ?? {}) }
  const device = simulated ?? new GenericDevice(base)
  const exploration = explore(
    placed,
    base,
    Object.fromEntries(Object.entries(frames).map(([n, v]) => [n, { ...base, ...v }])),
  )
  const shortest = shortestPaths(placed, exploration)
  const { paths: simple, cut } = simplePaths(placed, exploration, SIMPLE_PATHS_MAX)
  const { tally, failures } = tallyOf(asset)
  const setting = { placed, exploration, tally }
  const total = shortest.length + simple.length
  let done = 0
  for (const { events } of shortest) {
    onwards(setting, device, events)
    advance(++done, total)
  }
  for (const { events } of simple) {
    walk(setting, device, events)
    advance(++done, total)
  }
  const { steps, coverage, frames: seen, pulses, failed } = tally
  const tried = shortest.length * exploration.events.length
  return {
    type: spec.type,
    device: device.kind,
    missing: Object.keys(spec.points).filter(point => !device.says.has(point)),
    assumed,
    paths: { shortest: shortest.length, onwards: tried, simple: simple.length, cut },
    steps,
    covered: coverage.covered,
    frames: seen,
    pulses,
    failures,
    failed,
  }
}

function tallyOf(asset: AnyAsset): { readonly tally: Tally; readonly failures: readonly Failure[] } {
  const failures: Failure[] = []
  const tally: Tally = {
    coverage: new Coverage(asset),
    frames: { device: {}, injected: {} },
    pulses: { done: 0, refused: 0, made: 0, apart: 0 },
    steps: 0,
    failed: 0,
    fail(failure) {
      tally.failed++
      const same = (f: Failure) => f.problem === failure.problem && f.at === failure.at && f.on === failure.on
      if (failures.length < FAILURES_MAX && !failures.some(same)) failures.push(failure)
    },
  }
  return { tally, failures }
}

/** Every event once, from where the path ends. */
function onwards(setting: Setting, device: Device, path: readonly PathEvent[]): void {
  const end = walk(setting, device, path)
  for (const event of setting.exploration.events) {
    if ('pulse' in event) {
      walk(setting, device, [...path, event]) // the device must know before it is asked
      continue
    }
    const next = end.step(event, [])
    if (event.type === 'wanted') next.step(LOST, []) // what was just set must not outlive the measurements
  }
}

const LOST: PathEvent = { type: 'frame', is: 'lost' }

function walk(setting: Setting, device: Device, events: readonly PathEvent[]): Walker {
  let at = Walker.start(setting, device)
  events.forEach((event, i) => {
    at = at.step(event, events.slice(i + 1))
  })
  return at
}
