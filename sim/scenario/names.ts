/** What a scenario can speak of at a site: values that its plant shows, states, alarms, commands, targets of faults. */
import { modes } from '../../actors/controller/modes.ts'
import { type Site, siteOf } from '../../actors/controller/site.ts'
import type { AnySpec } from '../../actors/kit/spec.ts'
import type { Manifest } from '../../protocol/words/manifest.ts'
import type { Unit } from '../../protocol/words/units.ts'
import type { Engine } from '../../supervisors/site/engine.ts'
import type { SiteFile } from '../../supervisors/site/file.ts'
import { NODES } from '../../supervisors/site/who.ts'
import type { Targets } from '../faults/profile.ts'
import { powerOf, setpointOf, socOf } from '../oracle/plant-words.ts'
import { type AssetOptions, type PlantOptions, type PlantState, pvParameters } from '../plant/state.ts'
import { targetsOf } from '../trial.ts'

export interface Quantity {
  readonly unit: Unit
  /** In the unit's smallest step, as the plant itself has it. */
  of(state: PlantState): number
}
export interface Names {
  readonly quantities: ReadonlyMap<string, Quantity>
  /** Paths through the chart of an asset, and of the site's modes. */
  readonly states: ReadonlyMap<string, readonly string[]>
  readonly alarms: readonly string[]
  readonly commands: ReadonlyMap<string, readonly string[]>
  readonly targets: Targets
}

/** What the gateway and the step raise by themselves, about an asset, the site and the system. */
const OF_ASSET = [
  ...['secondWriter', 'writeFailed', 'effectMissing', 'localLawActive', 'deviceDefaultActive', 'deviceInLocal'],
  ...['quarantined', 'tooManyPulses'],
]
const OF_SITE = ['strategyFailed', 'strategyBlind']
const OF_GATEWAY = [
  ...['uplinkDown', 'singleReplica', 'dissent', 'replicaSilent', 'equivocation', 'stateDiverged', 'outboxGap'],
]

export function namesOf(file: SiteFile, manifest: Manifest, engine: Engine): Names {
  const site = siteOf(manifest, engine.definitions)
  const placed = [...site.assets.map(a => [a.name, a.asset.spec] as const), ['site', modes.spec] as const]
  const alarms = (name: string, spec: AnySpec) =>
    [...Object.keys(spec.alarms), ...(name === 'site' ? OF_SITE : OF_ASSET)].map(alarm => `${name}.${alarm}`)
  return {
    quantities: new Map([...ofConnection(site), ...(file.plant as PlantOptions).assets.flatMap(ofAsset)]),
    states: new Map(placed.map(([name, spec]) => [name, pathsOf(spec.chart as ChartLike)])),
    alarms: [...placed.flatMap(([name, spec]) => alarms(name, spec)), ...OF_GATEWAY.map(name => `gateway.${name}`)],
    commands: new Map(placed.map(([name, spec]) => [name, commandsOf(name, spec)])),
    targets: { ...targetsOf({ seed: 0, sites: 1, file, profile: 'views' }), traitor: NODES },
  }
}

const commandsOf = (name: string, spec: AnySpec): string[] => [
  ...Object.keys(spec.commands),
  ...(name === 'site' ? ['cancel'] : Object.keys(spec.setpoints).length > 0 ? ['setpoint'] : []),
]

interface ChartLike {
  readonly states?: Readonly<Record<string, ChartLike>>
}
function pathsOf({ states = {} }: ChartLike, above = ''): string[] {
  return Object.entries(states).flatMap(([name, inner]) => [above + name, ...pathsOf(inner, `${above}${name}.`)])
}

function ofConnection({ manifest }: Site): [string, Quantity][] {
  const { meter } = manifest.limits
  return [
    ['import', { unit: 'W', of: s => Math.max(0, powerOf(s, meter)) }],
    ['export', { unit: 'W', of: s => Math.max(0, -powerOf(s, meter)) }],
  ]
}

function ofAsset(o: AssetOptions): [string, Quantity][] {
  const { name } = o
  const named = (what: string, unit: Unit, of: Quantity['of']): [string, Quantity] => [`${name}.${what}`, { unit, of }]
  const memory = <T extends PlantState['assets'][string]['type']>(s: PlantState, _type: T) =>
    s.assets[name] as Extract<PlantState['assets'][string], { type: T }>
  const power = named('power', 'W', s => powerOf(s, name))
  switch (o.type) {
    case 'battery':
      return [
        power,
        named('soc', '%', s => socOf(s, o)!),
        named('setpoint', 'W', s => setpointOf(s, name) ?? 0),
        named('temperature', '°C', s => memory(s, 'battery').cells.temperatureDeciC),
      ]
    case 'pv':
      return [
        power,
        named('available', 'W', s => memory(s, 'pv').offerW),
        named('powerMax', 'W', s => setpointOf(s, name) ?? pvParameters(o).ratedW),
        named('temperature', '°C', s => memory(s, 'pv').temperatureDeciC),
      ]
    case 'grid':
      return [
        power,
        named('frequency', 'Hz', s => memory(s, 'grid').frequencyMhz),
        named('voltage', 'V', s => memory(s, 'grid').voltageMv),
      ]
    default:
      return [power]
  }
}
