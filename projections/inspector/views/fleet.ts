/** One tile per asset. The page puts the most abnormal first: an order that is sent would move ten thousand for one. */
import { alarmViews } from '../../api/site-json.ts'
import { isActive } from './condition.ts'
import type { Tile } from './tiles.ts'
import type { View } from './view.ts'

export interface Fleet {
  readonly tiles: Readonly<Record<string, Tile>>
}

export const fleet: View<Fleet> = ({ site, state }, _params, { tiles }) => {
  const alarms = Map.groupBy(alarmViews(site, state).filter(isActive), ({ asset }) => asset)
  const all = site.assets.map(asset => {
    const { name } = asset
    return [name, tiles.of(asset, state.assets[name]!, state.frames[name], alarms.get(name) ?? [])] as const
  })
  return { tiles: Object.fromEntries(all) }
}
