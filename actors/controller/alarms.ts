/**
 * Alarms of a site after ISA-18.2: raised once, there until somebody has acknowledged them and their cause is gone.
 * One condition has one record, even in a flood (S35). Life cycle: `actors/alarms/life.ts` draws the same states.
 */
import type { AlarmRecord, SiteState } from './state.ts'

/** Shelving hides for a shift at most: what is hidden for longer is forgotten. */
export const SHELVED_MS_MAX = 8 * 3_600_000

export const alarmKey = (asset: string, alarm: string, about: string): string =>
  about === '' ? `${asset}.${alarm}` : `${asset}.${alarm}.${about}`

const put = (state: SiteState, key: string, record: AlarmRecord): SiteState => ({
  ...state,
  alarms: { ...state.alarms, [key]: record },
})
function drop(state: SiteState, key: string): SiteState {
  const { [key]: _, ...alarms } = state.alarms
  return { ...state, alarms }
}

export function raiseAlarm(state: SiteState, asset: string, alarm: string, about: string, text: string): SiteState {
  const key = alarmKey(asset, alarm, about)
  const there = state.alarms[key]
  if (there && there.condition !== 'returnedUnacknowledged') return state
  const shelvedUntilMs = there?.shelvedUntilMs ?? 0
  const record = {
    asset,
    alarm,
    about,
    condition: 'activeUnacknowledged',
    text,
    sinceMs: state.now,
    shelvedUntilMs,
  } as const
  return put(state, key, record)
}

export function returnAlarm(state: SiteState, asset: string, alarm: string, about: string): SiteState {
  const key = alarmKey(asset, alarm, about)
  const there = state.alarms[key]
  if (there?.condition === 'activeAcknowledged') return drop(state, key)
  if (there?.condition === 'activeUnacknowledged')
    return put(state, key, { ...there, condition: 'returnedUnacknowledged' })
  return state
}

export function acknowledgeAlarm(state: SiteState, key: string, shelveUntilMs: number | undefined): SiteState {
  const there = state.alarms[key]
  if (!there) return state
  if (shelveUntilMs !== undefined) {
    const shelvedUntilMs = Math.min(shelveUntilMs, state.now + SHELVED_MS_MAX)
    return put(state, key, { ...there, shelvedUntilMs })
  }
  if (there.condition === 'returnedUnacknowledged') return drop(state, key)
  return put(state, key, { ...there, condition: 'activeAcknowledged' })
}
