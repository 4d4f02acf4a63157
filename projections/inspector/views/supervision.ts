/** Who lives under whom: of every process its tree, what restarts were spent, why anybody ended last; and its charts. */
import { stateText } from '../../../actors/kit/machine.ts'
import type { TreeRow } from '../../../protocol/words/observed.ts'
import { newestOf, seenUpTo } from './processes.ts'
import type { View } from './view.ts'

export interface ProcessRow {
  readonly process: string
  readonly life: number
  /** By the log's stamp: when it was last heard of. */
  readonly heardMs: number
  /** It tells at least once a minute: this one is silent. */
  readonly silent: boolean
  readonly tree: readonly TreeRow[]
  readonly charts: readonly {
    readonly path: string
    readonly chart: string
    readonly state: string
    readonly sinceMs: number
  }[]
}
export interface SupervisionPage {
  readonly processes: readonly ProcessRow[]
}
/** A minute, and what the log may be late by. */
const SILENT_MS = 75_000

export const supervision: View<SupervisionPage> = async (moment, _params, sources) => {
  const newest = newestOf(await seenUpTo(moment, sources))
  const processes = [...newest.values()].map(({ observed, stampMs }): ProcessRow => {
    const { process, life, tree, charts } = observed
    return {
      process,
      life,
      heardMs: stampMs,
      silent: moment.stampMs - stampMs > SILENT_MS,
      tree,
      charts: charts.map(({ path, chart, value, sinceMs }) => ({ path, chart, state: stateText(value), sinceMs })),
    }
  })
  return { processes: processes.sort((a, b) => (a.process < b.process ? -1 : 1)) }
}
