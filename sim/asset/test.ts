/**
 * An asset's paths, all of them walked: the shortest to each situation, from there every event once, and the paths
 * without a loop.
 */
import { Coverage } from '../../actors/kit/coverage.ts'
import type { AnyAsset } from '../../actors/kit/define.ts'
import { explore, type PathEvent } from '../../actors/kit/explore.ts'
import { type PointValues, place, resolveSettings } from '../../actors/kit/host.ts'
import { shortestPaths, simplePaths } from '../../actors/kit/paths.ts'
import { type AnySpec, unitOf } from '../../actors/kit/spec.ts'
import type { Unit } from '../../protocol/words/units.ts'
import type { Tested } from '../../supervisors/records/asset-words.ts'
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
/** Throws a TypeError with the settings that are wrong. */
export function testAsset(
  asset: AnyAsset,
  simulated: Device | null,
  { settings, frames }: Asked,
  advance: (paths: number, of: number) => void,
): Tested {
  const spec = asset.spec as AnySpec
  const assumed = assumedSettings(spec, settings)
  const resolved = resolveSettings(asset, { ...assumed, ...settings })
  if (resolved.kind === 'refused') throw new TypeError(resolved.problems.map(p => `settings: ${p.text}`).join('; '))
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
  const failures: Failure[] = []
  let failed = 0
  const tally: Tally = {
    coverage: new Coverage(asset),
    frames: { device: {}, injected: {} },
    pulses: { done: 0, refused: 0, made: 0, apart: 0 },
    steps: 0,
    fail(failure) {
      failed++
      const same = (f: Failure) => f.problem === failure.problem && f.at === failure.at && f.on === failure.on
      if (failures.length < FAILURES_MAX && !failures.some(same)) failures.push(failure)
    },
  }
  const setting = { placed, exploration, tally }
  const counts = {
    shortest: shortest.length,
    onwards: shortest.length * exploration.events.length,
    simple: simple.length,
    cut,
  }
  const total = counts.shortest + counts.simple
  let done = 0
  for (const path of shortest) {
    const end = walk(setting, device, path.events)
    for (const event of exploration.events)
      if ('pulse' in event)
        walk(setting, device, [...path.events, event]) // the device must know before it is asked
      else {
        const next = end.step(event, [])
        if (event.type === 'wanted') next.step(LOST, []) // what was just set must not outlive the measurements
      }
    advance(++done, total)
  }
  for (const path of simple) {
    walk(setting, device, path.events)
    advance(++done, total)
  }
  return {
    type: spec.type,
    device: device.kind,
    missing: Object.keys(spec.points).filter(point => !device.says.has(point)),
    assumed,
    paths: counts,
    steps: tally.steps,
    covered: tally.coverage.covered,
    frames: tally.frames,
    pulses: tally.pulses,
    failures,
    failed,
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

const TYPICAL: Readonly<Record<Unit, number>> = {
  W: 0,
  var: 0,
  VA: 0,
  V: 230_000,
  A: 0,
  '%': 500,
  '°C': 200,
  Hz: 50_000,
  Wh: 0,
  s: 0,
  'W/s': 0,
}
/** A quiet moment: the first of the words, a usual number. */
const typical = (spec: AnySpec): PointValues =>
  Object.fromEntries(
    Object.entries(spec.points).map(([name, declared]) => {
      const unit = unitOf(declared)
      return [name, typeof unit === 'string' ? TYPICAL[unit] : unit[0]!]
    }),
  )
const onlyDeclared = (spec: AnySpec, said: PointValues): PointValues =>
  Object.fromEntries(Object.entries(said).filter(([name, value]) => name in spec.points && value !== undefined))

const ASSUMED: Readonly<Record<Unit, string>> = {
  W: '5 kW',
  var: '5 kvar',
  VA: '5 kVA',
  V: '230 V',
  A: '10 A',
  '%': '50 %',
  '°C': '40 °C',
  Hz: '50 Hz',
  Wh: '10 kWh',
  s: '5 s',
  'W/s': '1 kW/s',
}
function assumedSettings(spec: AnySpec, given: Asked['settings']): Record<string, string> {
  const missing = Object.entries(spec.settings).filter(
    ([name, declared]) => !(name in given) && typeof declared === 'string',
  )
  return Object.fromEntries(missing.map(([name, unit]) => [name, ASSUMED[unit as Unit]]))
}
