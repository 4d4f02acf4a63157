/** Which states and edges of an asset's chart a recorded log has taken, over all assets of its type. */
import { type FoldOptions, SiteFold } from '../../actors/controller/fold.ts'
import { Coverage, type Covered } from '../../actors/kit/coverage.ts'
import type { AnyAsset } from '../../actors/kit/define.ts'
import type { ActorState } from '../../actors/kit/host.ts'
import type { Progress } from './progress.ts'
import { type LogReader, sweep } from './sweep.ts'

export interface AssetHistory extends Pick<Covered, 'states' | 'edges'> {
  readonly assets: readonly string[]
  readonly facts: number
}

export async function assetHistory(
  asset: AnyAsset,
  { facts, partition, fold: options, progress }: AssetHistoryOptions,
): Promise<AssetHistory> {
  const fold = new SiteFold(options)
  const coverage = new Coverage(asset)
  const seen = new Map<string, ActorState>()
  let count = 0
  const isOne = (name: string) => fold.site?.byName.get(name)?.asset.spec.type === asset.spec.type
  for await (const records of sweep(facts, partition)) {
    for (const { position, body } of records) {
      const taken = fold.take(position, body)
      if (taken.kind !== 'stepped') continue
      count++
      for (const { asset: name, moves } of taken.moved) if (isOne(name)) coverage.took(moves)
      for (const [name, actor] of Object.entries(fold.state?.assets ?? {})) {
        if (seen.get(name) === actor || !isOne(name)) continue
        seen.set(name, actor)
        coverage.visit(actor)
      }
    }
    progress.advance(records.length)
  }
  const { states, edges } = coverage.covered
  return { assets: [...seen.keys()], facts: count, states, edges }
}

export interface AssetHistoryOptions {
  readonly facts: LogReader
  readonly partition: number
  readonly fold: FoldOptions
  readonly progress: Progress
}
