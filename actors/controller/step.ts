/**
 * One step of a site's controller: `step(site, state, fact)` -> the next state and, for a live frame, the actions that
 * should hold. Pure: the same on every replica, in every replay, in the simulator.
 *
 * A repeat of a producer changes nothing: each of its streams has one high-water mark. The gateway's durable stream has
 * no holes: what comes before its turn changes nothing either and is sent again, and a gap stands where something was
 * dropped, so that nothing is swallowed by who acknowledges it without appending it.
 */
import type { Actions } from '../../protocol/words/candidate.ts'
import type { Fact, FactOf } from '../../protocol/words/facts.ts'
import type { Output } from '../kit/host.ts'
import { withinStep } from '../kit/purity.ts'
import { acknowledgeAlarm, raiseAlarm, returnAlarm } from './alarms.ts'
import { lapseCommands, receiveOutcome, receivePulse, requestCommand, SKEW_MS_MAX } from './commands.ts'
import { stepFrame } from './cycle.ts'
import type { Site } from './site.ts'
import type { SiteState } from './state.ts'
import { beginTime, claimTime } from './time.ts'
import { type Moved, Work } from './work.ts'

export interface Stepped {
  readonly state: SiteState
  /** Of a frame: what should hold from its cycle on. */
  readonly actions: Actions | null
  readonly outputs: readonly Output[]
  readonly moved: readonly Moved[]
}

export function step(site: Site, state: SiteState, fact: Fact, position: number): Stepped {
  return withinStep(() => {
    const work = new Work(site, { ...state, position })
    const actions = take(work, fact)
    return { state: work.state, actions, outputs: work.outputs, moved: work.moved }
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
      lapseCommands(work)
      work.fireDueTimers()
      return null
    case 'CommandRequested':
      requestCommand(work, fact)
      return null
    case 'AlarmAcknowledged':
      if (Math.abs(fact.issuedAtMs - state.now) <= SKEW_MS_MAX) acknowledgeAlarm(work, fact.alarm, fact.shelveUntilMs)
      return null
    case 'ReceiptRecorded':
      if (inTurn(work, fact.seq)) receive(work, fact)
      return null
    case 'AlarmObserved':
      if (inTurn(work, fact.seq)) {
        const key = [fact.asset ?? 'gateway', fact.alarm, fact.about ?? ''] as const
        if (fact.state === 'raised') raiseAlarm(work, ...key, fact.text)
        else returnAlarm(work, ...key)
      }
      return null
    case 'GapRecorded':
      takeGap(work, fact)
      return null
    case 'EquivocationProven':
      if (!ofGateway(work, fact.by) || fact.seq === undefined || inTurn(work, fact.seq)) disqualify(work, fact)
      return null
    case 'ManifestInstalled': // the fold has taken it: the site is another one now
    case 'FactSkipped':
      return null
  }
}

/** Is it the next of the gateway's durable stream? A lower one is a repeat, a higher one comes too early. */
function inTurn(work: Work, seq: number, first = seq): boolean {
  const { durable } = work.state
  if (first > durable + 1 || seq <= durable) return false
  work.state = { ...work.state, durable: seq }
  return true
}

/** A gap of the durable stream stands in the place of what is missing; of it, some may have come before (S21). */
function takeGap(work: Work, { seq, stream, first, last, reason }: FactOf<'GapRecorded'>): void {
  const from = stream === 'durable' ? Math.max(first, work.state.durable + 1) : first
  if (inTurn(work, seq, stream === 'durable' ? first : seq))
    raiseAlarm(work, 'gateway', 'outboxGap', stream, `${from} to ${last}: ${reason}`)
}

const ofGateway = (work: Work, by: string) => work.site.manifest.keys[by]?.roles.includes('gateway') === true

/** The key that is proven to have lied; its name may be another key's by now (S15). */
function disqualify(work: Work, { key, publicKey }: FactOf<'EquivocationProven'>): void {
  const { disqualified } = work.state
  if (work.site.manifest.keys[key]?.publicKey !== publicKey || disqualified.includes(key)) return
  work.state = { ...work.state, disqualified: [...disqualified, key] }
}

function receive(work: Work, fact: FactOf<'ReceiptRecorded'>): void {
  for (const write of fact.writes)
    if (write.kind === 'pulse' && write.id !== undefined)
      receivePulse(work, write.id, write.outcome === 'confirmed' || write.outcome === 'suppressed')
  for (const { id, outcome, reason } of fact.commands) receiveOutcome(work, id, outcome, reason ?? '')
}
