/** The states of replicas, held against a replay of the log from its beginning. */
import { SiteFold } from '../../actors/controller/fold.ts'
import type { Fact } from '../../protocol/words/facts.ts'
import { NODES } from '../../supervisors/site/who.ts'
import type { Kept } from '../world/log.ts'
import type { Find, Finding } from './check.ts'
import type { Evidence } from './evidence.ts'

/** A fold of the log from its beginning; `without`: records that are left out. */
export function replayed(
  e: Evidence,
  upTo: number,
  without: (body: string) => boolean,
  stepped: (fold: SiteFold, record: Kept, fact: Fact) => void = () => {},
): SiteFold {
  const { keys, topics } = e.site.o
  const { engine } = e.site
  const { tenant, site, partition } = e.manifest
  const fold = new SiteFold({
    tenant,
    site,
    definitions: engine.definitions,
    engine: engine.hash,
    verifier: keys.verifier,
  })
  for (const record of topics.facts.kept) {
    const { partition: at, position, body } = record
    if (at !== partition || position > upTo || without(body)) continue
    const taken = fold.take(position, body)
    if (taken.kind === 'stepped') stepped(fold, record, taken.fact)
  }
  return fold
}

/** Where a replay of all of it ends. */
export const finalState = (e: Evidence) =>
  e.once('finalState', () => replayed(e, e.site.o.topics.facts.next, () => false).state)

/** S16, S17, L5: at the end every correct replica stands where a full replay stands, whatever it went through. */
export const replayEqualsLive: Find = (e, { profile, endMs }) => {
  const found: Finding[] = []
  const hashes = new Map<number, string>()
  for (const name of NODES) {
    const live = name === profile.traitor ? null : e.site.node(name)
    if (!live) continue
    const { fold } = live.part('replica')
    let hash = hashes.get(fold.position)
    if (hash === undefined) hashes.set(fold.position, (hash = replayed(e, fold.position, () => false).stateHash()))
    if (fold.stateHash() !== hash)
      found.push({ atMs: endMs, text: `${name} at ${fold.position} is not what a replay of the log gives` })
  }
  return found
}

/** S26: what nobody has signed for changes nothing. */
export const forgeriesChangeNothing: Find = (e, { endMs }) => {
  if (e.site.forged.size === 0) return []
  const upTo = e.site.o.topics.facts.next
  const all = replayed(e, upTo, () => false)
  const clean = replayed(e, upTo, body => e.site.forged.has(body))
  return all.stateHash() === clean.stateHash()
    ? []
    : [{ atMs: endMs, text: `${e.site.forged.size} forged records have changed the state` }]
}

/**
 * S27: log time is never ahead of the true time, and never behind what two sound clocks have claimed, while at most one
 * node claims another.
 */
export const timeIsTrue: Find = (e, { profile }) => {
  const sound = soundClocks(e, profile.traitor)
  if (sound.length < 2) return []
  const claimed = new Map<string, number>()
  const found: Finding[] = []
  replayed(
    e,
    e.site.o.topics.facts.next,
    () => false,
    (fold, { atUs }, fact) => {
      if (fact.kind !== 'TimeAdvanced' || !fold.state) return
      const nowMs = fold.state.now - e.world.epochMs
      const atMs = Math.floor(atUs / 1_000)
      if (sound.some(n => n === fact.by))
        claimed.set(fact.by, Math.max(claimed.get(fact.by) ?? 0, fact.atMs - e.world.epochMs))
      const least = [...claimed.values()].sort((a, b) => b - a)[1] ?? Number.NEGATIVE_INFINITY
      if (nowMs > atMs + TIME_MS) found.push({ atMs, text: `log time is ${nowMs - atMs} ms ahead` })
      else if (nowMs < least - TIME_MS)
        found.push({ atMs, text: `log time is ${least - nowMs} ms behind two sound clocks` })
    },
  )
  return found
}
const CLOCKS = new Set<string>(['clockOffset', 'clockJump', 'clockStands', 'timeLie', 'asleep'])
/** Nodes whose clocks nobody touched. */
export function soundClocks(e: Evidence, traitor: string | null): readonly string[] {
  const wrong = new Set(e.world.faults.filter(f => CLOCKS.has(f.kind)).map(f => f.target))
  return NODES.filter(n => !wrong.has(e.site.o.prefix + n) && n !== traitor)
}
const TIME_MS = 2_000
