/** The states of replicas, held against a replay of the log from its beginning. */
import { SiteFold } from '../../actors/controller/fold.ts'
import { NODES } from '../platform/site.ts'
import type { Find, Finding } from './check.ts'
import type { Evidence } from './evidence.ts'

/** A fold of the log from its beginning; `without`: records that are left out. */
function replayed(e: Evidence, upTo: number, without: (body: string) => boolean): SiteFold {
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
  for (const { partition: at, position, body } of topics.facts.kept)
    if (at === partition && position <= upTo && !without(body)) fold.take(position, body)
  return fold
}

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

/** S27: log time stays near the true time while at most one node claims another. */
export const timeIsTrue: Find = (e, { endMs, profile }) => {
  const off = new Set(e.world.faults.filter(f => f.kind === 'clockOffset' || f.kind === 'clockJump').map(f => f.target))
  const { prefix } = e.site.o
  const wrong = NODES.filter(n => off.has(prefix + n) || n === profile.traitor).length
  if (wrong > 1) return []
  const fold = replayed(e, e.site.o.topics.facts.next, () => false)
  const nowMs = (fold.state?.now ?? 0) - e.world.epochMs
  return Math.abs(nowMs - endMs) <= TIME_MS ? [] : [{ atMs: endMs, text: `log time is ${nowMs - endMs} ms off` }]
}
const TIME_MS = 5_000
