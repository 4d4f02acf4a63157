/**
 * Log time. `now` is the second-largest of the nodes' newest claims: one wrong clock can neither push it nor hold it
 * back (S27). It never goes back.
 */
import type { FactOf } from '../../protocol/words/facts.ts'
import type { Claim, SiteState } from './state.ts'

export function claimTime(state: SiteState, fact: FactOf<'TimeAdvanced'>): SiteState {
  const before = state.claims[fact.by]
  const newer = !before || fact.epoch > before.epoch || (fact.epoch === before.epoch && fact.seq > before.seq)
  if (!newer) return state // a repeat
  const claim: Claim = { epoch: fact.epoch, seq: fact.seq, atMs: fact.atMs }
  const claims = { ...state.claims, [fact.by]: claim }
  return { ...state, claims, now: Math.max(state.now, agreed(claims)) }
}

const agreed = (claims: SiteState['claims']): number =>
  Object.values(claims)
    .map(c => c.atMs)
    .sort((a, b) => b - a)[1] ?? 0
