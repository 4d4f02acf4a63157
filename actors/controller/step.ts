/**
 * One step of a site's controller: `step(site, state, fact)` -> the next state and, for a live frame, the actions that
 * should hold. Pure: the same on every replica, in every replay, in the simulator.
 *
 * A repeat of a producer changes nothing: each of its streams has one high-water mark.
 */
import type { Actions } from '../../protocol/words/candidate.ts'
import type { Fact, FactOf } from '../../protocol/words/facts.ts'
import type { Output } from '../kit/host.ts'
import { withinStep } from '../kit/purity.ts'
import { acknowledgeAlarm, raiseAlarm, returnAlarm } from './alarms.ts'
import { lapseSilent, receiveOutcome, receivePulse, requestCommand, SKEW_MS_MAX } from './commands.ts'
import { stepFrame } from './cycle.ts'
import type { Site } from './site.ts'
import type { SiteState } from './state.ts'
import { beginTime, claimTime } from './time.ts'
import { Work } from './work.ts'

export interface Stepped {
  readonly state: SiteState
  /** Of a frame: what should hold from its cycle on. */
  readonly actions: Actions | null
  readonly outputs: readonly Output[]
}

export function step(site: Site, state: SiteState, fact: Fact, position: number): Stepped {
  return withinStep(() => {
    const work = new Work(site, { ...state, position })
    const actions = take(work, fact)
    return { state: work.state, actions, outputs: work.outputs }
  })
}

function take(work: Work, fact: Fact): Actions | null {
  const { state } = work
  switch (fact.kind) {
    case 'FrameMeasured': {
      const { epoch, cycle } = work.state
      if (fact.epoch < epoch || (fact.epoch === epoch && fact.cycle <= cycle)) return null // a repeat, or another life
      return stepFrame(work, fact)
    }
    case 'TimeAdvanced':
      work.state = claimTime(work.state, fact)
      if (state.now === 0) work.state = beginTime(work.state)
      lapseSilent(work)
      work.fireDueTimers()
      return null
    case 'CommandRequested':
      requestCommand(work, fact)
      return null
    case 'AlarmAcknowledged':
      if (Math.abs(fact.issuedAtMs - state.now) <= SKEW_MS_MAX) acknowledgeAlarm(work, fact.alarm, fact.shelveUntilMs)
      return null
    case 'ReceiptRecorded':
      if (isNew(work, fact.seq)) receive(work, fact)
      return null
    case 'AlarmObserved':
      if (isNew(work, fact.seq)) {
        const key = [fact.asset ?? 'gateway', fact.alarm, fact.about ?? ''] as const
        if (fact.state === 'raised') raiseAlarm(work, ...key, fact.text)
        else returnAlarm(work, ...key)
      }
      return null
    case 'GapRecorded':
      if (isNew(work, fact.seq))
        raiseAlarm(work, 'gateway', 'outboxGap', fact.stream, `${fact.first} to ${fact.last}: ${fact.reason}`)
      return null
    case 'EquivocationProven':
      if (!work.state.disqualified.includes(fact.key))
        work.state = { ...work.state, disqualified: [...work.state.disqualified, fact.key] }
      return null
    case 'ManifestInstalled': // the fold has taken it: the site is another one now
    case 'FactSkipped':
      return null
  }
}

/** The gateway's durable stream, by its high-water mark. */
function isNew(work: Work, seq: number): boolean {
  if (seq <= work.state.durable) return false
  work.state = { ...work.state, durable: seq }
  return true
}

function receive(work: Work, fact: FactOf<'ReceiptRecorded'>): void {
  for (const write of fact.writes)
    if (write.kind === 'pulse' && write.id !== undefined)
      receivePulse(work, write.id, write.outcome === 'confirmed' || write.outcome === 'suppressed')
  for (const { id, outcome, reason } of fact.commands) receiveOutcome(work, id, outcome, reason ?? '')
}
