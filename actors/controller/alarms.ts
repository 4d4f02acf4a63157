/**
 * Alarms of a site. Each is an actor whose life is the chart in `actors/alarms/life.ts`; here are its data, and what
 * happens to it. One condition has one record, even in a flood (S35).
 */
import type { AlarmEvent } from '../alarms/life.ts'
import { recordAt, withRecord } from '../kit/keyed.ts'
import type { AlarmRecord, AlarmTimer } from './state.ts'
import type { Work } from './work.ts'

export const alarmKey = (asset: string, alarm: string, about: string): string =>
  about === '' ? `${asset}.${alarm}` : `${asset}.${alarm}.${about}`

export function raiseAlarm(work: Work, asset: string, alarm: string, about: string, text: string): void {
  const key = alarmKey(asset, alarm, about)
  const { state = work.site.lives.alarm.first, shelvedUntilMs = 0 } = recordAt(work.state.alarms, key) ?? {}
  const record = { asset, alarm, about, text, state, sinceMs: work.state.now, shelvedUntilMs }
  live(work, key, record, { type: 'raise' })
}

export function returnAlarm(work: Work, asset: string, alarm: string, about: string): void {
  const key = alarmKey(asset, alarm, about)
  const there = recordAt(work.state.alarms, key)
  if (there) live(work, key, there, { type: 'returned' })
}

/** Shelving instead, where it says until when; until a time that has passed ends it. */
export function acknowledgeAlarm(work: Work, key: string, shelveUntilMs: number | undefined): void {
  const there = recordAt(work.state.alarms, key)
  if (!there) return
  const forMs = (shelveUntilMs ?? 0) - work.state.now
  if (shelveUntilMs === undefined) live(work, key, there, { type: 'acknowledge' })
  else live(work, key, there, forMs > 0 ? { type: 'shelve', forMs } : { type: 'unshelve' })
}

/** Timers of alarms that `now` has passed. */
export function fireAlarmTimers(work: Work): void {
  for (;;) {
    const [first] = work.state.alarmTimers
    if (!first || first.due > work.state.now) return
    work.state = { ...work.state, alarmTimers: work.state.alarmTimers.slice(1) }
    live(work, first.alarm, recordAt(work.state.alarms, first.alarm)!, first.event as AlarmEvent)
  }
}

/** The one way in which an alarm's life goes on. Where it is back at its beginning, there is nothing to remember. */
function live(work: Work, key: string, there: AlarmRecord, event: AlarmEvent): void {
  const { first, step } = work.site.lives.alarm
  const { state, taken, effects } = step(there.state, event)
  if (!taken) return
  let { shelvedUntilMs } = there
  for (const effect of effects) {
    const others = work.state.alarmTimers.filter(t => t.alarm !== key)
    if (effect.kind === 'timer') shelvedUntilMs = work.state.now + effect.delayMs
    else shelvedUntilMs = 0
    const own = effect.kind === 'timer' ? [{ alarm: key, due: shelvedUntilMs, event: effect.event }] : []
    work.state = { ...work.state, alarmTimers: inDueOrder([...others, ...own]) }
  }
  const record = state === first ? undefined : { ...there, state, shelvedUntilMs }
  work.state = { ...work.state, alarms: withRecord(work.state.alarms, key, record) }
}

/** The next one is looked at in every step, and nothing else of them. */
const inDueOrder = (timers: readonly AlarmTimer[]): readonly AlarmTimer[] =>
  [...timers].sort((a, b) => a.due - b.due || (a.alarm < b.alarm ? -1 : 1))
