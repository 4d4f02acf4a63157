/**
 * The fleet's tiles as they were made last. One whose asset looks the same is the same object, so that the feed passes
 * ten thousand of them over by identity alone; the past may thrash it, which costs time and never an answer.
 */
import type { SiteAsset } from '../../../actors/controller/site.ts'
import type { ActorState } from '../../../actors/kit/host.ts'
import type { AssetFrame } from '../../../protocol/words/facts.ts'
import { type AssetGlance, assetGlance } from '../../api/site-json.ts'
import type { AlarmView } from '../../api/view.ts'
import type { Ranked } from '../abnormality.ts'
import { deltaOf } from '../delta.ts'
import { conditionOf } from './condition.ts'

export interface Tile extends Ranked {
  readonly type: string
  readonly title: string
  readonly states: readonly string[]
  readonly channel: string | null
  /** The condition in words; empty where all is normal. */
  readonly because: string
  /** The points that an operator looks at first, as text. */
  readonly figures: readonly { readonly name: string; readonly text: string; readonly good: boolean }[]
}
const FIGURES_SHOWN = 3

interface Kept {
  readonly actor: ActorState
  readonly frame: AssetFrame | undefined
  readonly tile: Tile
}
export class KeptTiles {
  readonly #kept = new WeakMap<SiteAsset, Kept>()

  /** `alarms`: its active ones. */
  of(asset: SiteAsset, actor: ActorState, frame: AssetFrame | undefined, alarms: readonly AlarmView[]): Tile {
    const kept = this.#kept.get(asset)
    const quiet = alarms.length === 0 && kept?.tile.alarms === 0
    if (kept && quiet && kept.actor === actor && kept.frame === frame) return kept.tile
    const made = tileOf(asset, assetGlance(asset, actor, frame), alarms)
    const tile = kept && deltaOf(kept.tile, made).length === 0 ? kept.tile : made
    this.#kept.set(asset, { actor, frame, tile })
    return tile
  }
}

function tileOf(asset: SiteAsset, glance: AssetGlance, alarms: readonly AlarmView[]): Tile {
  const { name, type, title, states, channel } = glance
  const [condition, because] = conditionOf(glance, alarms)
  const figures = Object.keys(asset.asset.spec.points)
    .slice(0, FIGURES_SHOWN)
    .map(point => {
      const shown = glance.points[point]
      return { name: point, text: shown?.text || '--', good: shown?.quality === 'good' }
    })
  return { name, type, title, states, channel, condition, because, alarms: alarms.length, figures }
}
