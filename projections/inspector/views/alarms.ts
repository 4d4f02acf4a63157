/** Alarms as ISA-18.2 wants them seen: priority, age, cause, what to do; and how many come at once. */
import { alarmViews } from '../../api/site-json.ts'
import type { AlarmView } from '../../api/view.ts'
import type { Moment } from '../moments.ts'
import { rank } from './head.ts'
import type { View } from './view.ts'

/** One in ten minutes is steady; ten in ten minutes are a flood (ISA-18.2). */
const RATE_MS = 600_000
const FLOOD = 10
/** Records that are looked through for who shelved what. */
const LOOKED_THROUGH = 3_000

export interface AlarmsPage {
  readonly alarms: readonly (AlarmView & {
    readonly ageMs: number
    readonly shelved: boolean
    /** Who shelved it, and why; absent where that is longer ago than is looked through. */
    readonly shelvedBy?: { readonly by: string; readonly reason: string }
  })[]
  readonly raisedInTenMinutes: number
  readonly flood: boolean
  readonly byPriority: Readonly<Record<string, number>>
}

export const alarms: View<AlarmsPage> = async (moment, _params, { moments }) => {
  const { site, state } = moment
  const views = alarmViews(site, state)
  const anyShelved = views.some(alarm => alarm.shelvedUntilMs > state.now)
  const before = anyShelved ? await moments.upTo(moment.position, LOOKED_THROUGH) : []
  const all = views.map(alarm => {
    const shelved = alarm.shelvedUntilMs > state.now
    const shelvedBy = shelved ? shelverOf(alarm.key, before) : null
    return { ...alarm, ageMs: Math.max(0, state.now - alarm.sinceMs), shelved, ...(shelvedBy && { shelvedBy }) }
  })
  const recent = all.filter(alarm => alarm.ageMs <= RATE_MS).length
  const byPriority: Record<string, number> = {}
  for (const { priority, condition } of all)
    if (condition.startsWith('active')) byPriority[priority] = (byPriority[priority] ?? 0) + 1
  const order = (a: (typeof all)[number]) => [Number(a.shelved), CONDITIONS.indexOf(a.condition), rank(a.priority)]
  return {
    alarms: all.sort((a, b) => compare(order(a), order(b)) || b.sinceMs - a.sinceMs),
    raisedInTenMinutes: recent,
    flood: recent >= FLOOD,
    byPriority,
  }
}
function shelverOf(key: string, moments: readonly Moment[]): { readonly by: string; readonly reason: string } | null {
  for (const { taken } of moments.toReversed())
    if (taken.kind === 'stepped' && taken.fact.kind === 'AlarmAcknowledged' && taken.fact.alarm === key)
      return { by: taken.fact.by, reason: taken.fact.reason ?? '' }
  return null
}
const CONDITIONS = ['activeUnacknowledged', 'activeAcknowledged', 'returnedUnacknowledged', 'normal']
const compare = (a: readonly number[], b: readonly number[]): number => {
  const at = a.findIndex((value, i) => value !== b[i])
  return at < 0 ? 0 : a[at]! - b[at]!
}
