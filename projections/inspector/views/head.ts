/** What every page shows at its top: which site, how it is governed, how the last vote went, what wants attention. */
import { modeOf } from '../../../actors/controller/cycle.ts'
import { Work } from '../../../actors/controller/work.ts'
import type { Slots } from '../../../protocol/words/facts.ts'
import { alarmViews } from '../../api/site-json.ts'
import type { Moment } from '../moments.ts'
import type { Sources, View } from './view.ts'
import { type Vote, voteUpTo } from './vote.ts'

export interface Head {
  readonly tenant: string
  readonly site: string
  readonly title: string
  readonly mode: string
  /** The log's stamp of the newest record, and log time, ms. */
  readonly stampMs: number
  readonly nowMs: number
  readonly position: number
  readonly epoch: number
  readonly cycle: number
  readonly cycleMs: number
  /** Since the site was commissioned. */
  readonly slots: Slots | null
  /** Of these, uncovered in the records before this one: some minutes. */
  readonly uncoveredLately: number
  readonly vote: Vote | null
  readonly alarms: { readonly active: number; readonly unacknowledged: number; readonly highest: string | null }
  readonly manifest: { readonly version: number; readonly hash: string }
}

/** Records that are looked back. */
const LATELY = 1_000
const PRIORITIES = ['critical', 'high', 'medium', 'low']
export const rank = (priority: string): number => {
  const at = PRIORITIES.indexOf(priority)
  return at < 0 ? PRIORITIES.length : at
}

export const head: View<Head> = async (moment, _params, { moments }) => {
  const { state, site, manifest, manifestHash, position, stampMs } = moment
  const { tenant, title, version, timing } = manifest
  return {
    tenant,
    site: manifest.site,
    title,
    mode: modeOf(new Work(site, state)),
    stampMs,
    nowMs: state.now,
    position,
    epoch: state.epoch,
    cycle: state.cycle,
    cycleMs: timing.cycleMs,
    slots: state.slots,
    uncoveredLately: await uncoveredLately(moment, moments),
    vote: await voteUpTo(moment, moments),
    alarms: alarmsOf(moment),
    manifest: { version, hash: manifestHash },
  }
}

async function uncoveredLately({ position, state }: Moment, moments: Sources['moments']): Promise<number> {
  const [before] = await moments.upTo(position, LATELY)
  return Math.max(0, (state.slots?.uncovered ?? 0) - (before?.state.slots?.uncovered ?? 0))
}

function alarmsOf({ site, state }: Moment): Head['alarms'] {
  const all = alarmViews(site, state).filter(alarm => alarm.shelvedUntilMs <= state.now)
  const active = all.filter(alarm => alarm.condition.startsWith('active'))
  const highest = active.map(alarm => alarm.priority).sort((a, b) => rank(a) - rank(b))[0]
  return {
    active: active.length,
    unacknowledged: all.filter(alarm => alarm.condition.endsWith('Unacknowledged')).length,
    highest: highest ?? null,
  }
}
