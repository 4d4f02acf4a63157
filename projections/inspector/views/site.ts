/** The whole site at once: what is set, what is applied, what is measured, who decided it. */

import { format } from '../../../protocol/words/units.ts'
import { alarmViews, assetSummary, commandView } from '../../api/site-json.ts'
import type { AssetSummary, CommandView } from '../../api/view.ts'
import type { Condition } from '../abnormality.ts'
import { conditionOf, isActive } from './condition.ts'
import type { View } from './view.ts'

const COMMANDS_SHOWN = 20

export interface SitePage {
  readonly assets: readonly (AssetSummary & { readonly condition: Condition; readonly because: string })[]
  readonly strategies: readonly {
    readonly name: string
    readonly type: string
    readonly priority: number
    readonly roles: Readonly<Record<string, readonly string[]>>
  }[]
  readonly limits: { readonly importMax: string; readonly exportMax: string; readonly meter: string }
  readonly commands: readonly CommandView[]
  readonly disqualified: readonly string[]
}

export const site: View<SitePage> = moment => {
  const { state, manifest, position, candidate } = moment
  const alarms = Map.groupBy(alarmViews(moment.site, state).filter(isActive), ({ asset }) => asset)
  const { importMaxW, exportMaxW, meter } = manifest.limits
  const commands = Object.values(state.commands).sort((a, b) => b.issuedAtMs - a.issuedAtMs)
  return {
    assets: moment.site.assets.map(asset => {
      const summary = assetSummary(moment.site, state, asset, candidate)
      const [condition, because] = conditionOf(summary, alarms.get(asset.name) ?? [])
      return { ...summary, condition, because }
    }),
    strategies: manifest.strategies.map(({ name, type, priority, roles }) => ({ name, type, priority, roles })),
    limits: { importMax: format('W', importMaxW), exportMax: format('W', exportMaxW), meter },
    commands: commands.slice(0, COMMANDS_SHOWN).map(c => commandView(c, manifest.site, 'inspector', position)),
    disqualified: state.disqualified,
  }
}
