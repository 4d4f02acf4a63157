/**
 * Where a replica has an actor in another state than the log says. What a replica tells is sampled, and up to a second old:
 * it differs where none of the moments of the last seconds before it has the actor so.
 */
import { type ActorState, activeIds } from '../../../actors/kit/host.ts'
import { activeIn } from '../../../actors/kit/machine.ts'
import type { Moment } from '../moments.ts'
import { newestOf, seenUpTo } from './processes.ts'
import type { Sources } from './view.ts'

/** A state that is told is held for a second, and on its way for another. */
const SAMPLED_MS = 4_000
/** Records that such a time may hold. */
const RECORDS = 200

/** By state: who alone is in it, in words (`node-c only`). */
export async function dissentOf(
  path: string,
  moment: Moment,
  own: (moment: Moment) => ActorState | undefined,
  sources: Sources,
): Promise<Readonly<Record<string, string>>> {
  const machine = own(moment)?.chart.machine
  const dissent: Record<string, string[]> = {}
  for (const [process, { observed }] of newestOf(await seenUpTo(moment, sources))) {
    const believed = observed.charts.find(each => each.path === `${process}/replica/${path}`)
    if (!machine || !believed || observed.factsPosition === null) continue
    const then = await sources.moments.upTo(Math.min(observed.factsPosition, moment.position), RECORDS)
    const since = (then.at(-1)?.stampMs ?? 0) - SAMPLED_MS
    const text = JSON.stringify(believed.value)
    if (then.some(each => each.stampMs >= since && JSON.stringify(own(each)?.chart.value) === text)) continue
    const mine = new Set(activeIds(own(moment)!))
    for (const id of activeIn({ machine: machine as never }, believed.value)) {
      const who = dissent[id] ?? []
      if (!mine.has(id)) dissent[id] = [...who, process]
    }
  }
  return Object.fromEntries(Object.entries(dissent).map(([id, who]) => [id, `${who.join(', ')} only`]))
}
