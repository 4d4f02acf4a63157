/**
 * Log time. `now` is the second-largest of the nodes' newest claims: one wrong clock can neither push it nor hold it
 * back (S27). It never goes back.
 */
import type { FactOf } from '../../protocol/words/facts.ts'
import type { ActorState } from '../kit/host.ts'
import type { Claim, SiteState } from './state.ts'

export function claimTime(state: SiteState, fact: FactOf<'TimeAdvanced'>): SiteState {
  const before = state.claims[fact.by]
  const newer = !before || fact.epoch > before.epoch || (fact.epoch === before.epoch && fact.seq > before.seq)
  if (!newer) return state // a repeat
  const claim: Claim = { epoch: fact.epoch, seq: fact.seq, atMs: fact.atMs }
  const claims = { ...state.claims, [fact.by]: claim }
  return { ...state, claims, now: Math.max(state.now, agreed(claims)) }
}

/**
 * Time begins with the first agreement: waits that began before it, at 0, count from there. Else a chart that waits in
 * a circle would go around it for every second since 1970.
 */
export function beginTime(state: SiteState): SiteState {
  const { now } = state
  const since = (actor: ActorState): ActorState =>
    actor.timers.length === 0 ? actor : { ...actor, timers: actor.timers.map(t => ({ ...t, due: t.due + now })) }
  const assets = Object.entries(state.assets).map(([name, actor]) => [name, since(actor)] as const)
  return { ...state, mode: since(state.mode), assets: Object.fromEntries(assets) }
}

const agreed = (claims: SiteState['claims']): number =>
  Object.values(claims)
    .map(c => c.atMs)
    .sort((a, b) => b - a)[1] ?? 0
