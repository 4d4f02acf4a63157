/** One tile per asset, the most abnormal first. */

import type { SiteAsset } from '../../../actors/controller/site.ts'
import { alarmViews, assetSummary } from '../../api/site-json.ts'
import type { AlarmView, AssetSummary } from '../../api/view.ts'
import type { Moment } from '../moments.ts'
import { rank } from './head.ts'
import type { View } from './view.ts'

/** Why a tile stands where it stands, worst first; saturated colour means one of these. */
export const CONDITIONS = ['quarantined', 'alarm', 'unresolved', 'lost', 'fallback', 'stale', 'normal'] as const
export type Condition = (typeof CONDITIONS)[number]

export interface Tile {
  readonly name: string
  readonly type: string
  readonly title: string
  readonly states: readonly string[]
  readonly channel: string | null
  readonly condition: Condition
  /** The condition in words; empty where all is normal. */
  readonly because: string
  readonly alarms: number
  /** The points that an operator looks at first, as text. */
  readonly figures: readonly { readonly name: string; readonly text: string; readonly good: boolean }[]
}
export interface Fleet {
  readonly tiles: readonly Tile[]
}
const FIGURES_SHOWN = 3

export const fleet: View<Fleet> = ({ site, state, candidate }) => {
  const alarms = alarmViews(site, state)
  const tiles = site.assets.map(asset => {
    const own = alarms.filter(a => a.asset === asset.name && a.condition.startsWith('active'))
    return tileOf(asset, assetSummary(site, state, asset, candidate), own)
  })
  const order = (tile: Tile) => CONDITIONS.indexOf(tile.condition)
  return { tiles: tiles.sort((a, b) => order(a) - order(b) || b.alarms - a.alarms || (a.name < b.name ? -1 : 1)) }
}

function tileOf(asset: SiteAsset, summary: AssetSummary, alarms: readonly AlarmView[]): Tile {
  const { name, type, title, states, channel } = summary
  const [condition, because] = conditionOf(summary, alarms)
  const figures = Object.keys(asset.asset.spec.points)
    .slice(0, FIGURES_SHOWN)
    .map(point => {
      const shown = summary.points[point]
      return { name: point, text: shown?.text || '--', good: shown?.quality === 'good' }
    })
  return { name, type, title, states, channel, condition, because, alarms: alarms.length, figures }
}
export function conditionOf(
  { quarantined, channel, lost, points }: AssetSummary,
  alarms: readonly AlarmView[],
): readonly [Condition, string] {
  if (quarantined !== null) return ['quarantined', quarantined]
  const [worst] = alarms.toSorted((a, b) => rank(a.priority) - rank(b.priority))
  if (worst) return ['alarm', worst.text]
  if (channel === 'unresolved') return ['unresolved', 'what the device holds is not known']
  if (lost) return ['lost', 'a required point is bad, stale or missing']
  if (channel !== null && channel !== 'following') return ['fallback', CHANNELS[channel] ?? channel]
  const stale = Object.entries(points).filter(([, point]) => point.quality !== 'good')
  if (stale.length > 0) return ['stale', `not good: ${stale.map(([name]) => name).join(', ')}`]
  return ['normal', '']
}
const CHANNELS: Readonly<Record<string, string>> = {
  holding: 'holds the last verdict',
  localLaw: 'runs on its local law',
  deviceDefault: 'left to the device',
  deviceLocal: 'local or manual at the device',
}

/** For the pages that show the whole site. */
export const summaries = ({ site, state, candidate }: Moment): AssetSummary[] =>
  site.assets.map(asset => assetSummary(site, state, asset, candidate))
