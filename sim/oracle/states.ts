/** The states of replicas, held against a replay of the log from its beginning. */
import { SiteFold, type Taken } from '../../actors/controller/fold.ts'
import { NODES } from '../../supervisors/site/who.ts'
import type { Kept } from '../world/log.ts'
import type { Find, Finding } from './check.ts'
import type { Evidence } from './evidence.ts'

/** One that has taken nothing yet. */
export function freshFold({ site: { o, engine }, manifest: { tenant, site } }: Evidence): SiteFold {
  const { verifier } = o.keys
  return new SiteFold({ tenant, site, definitions: engine.definitions, engine: engine.hash, verifier })
}
/** A fold of the log from its beginning; `without`: records that are left out. */
function replayed(
  e: Evidence,
  upTo: number,
  without: (body: string) => boolean,
  taken: (fold: SiteFold, record: Kept, as: Taken) => void = () => {},
): SiteFold {
  const { topics } = e.site.o
  const { partition } = e.manifest
  const fold = freshFold(e)
  for (const record of topics.facts.kept) {
    const { partition: at, position, body } = record
    if (at !== partition || position > upTo || without(body)) continue
    taken(fold, record, fold.take(position, body))
  }
  return fold
}

/** A replay of all of it. */
const whole = (e: Evidence) =>
  e.once('whole', () => {
    const records: { readonly position: number; readonly as: Taken }[] = []
    const { next } = e.site.o.topics.facts
    const keep = (_: SiteFold, { position }: Kept, as: Taken) => void records.push({ position, as })
    const kept = e.site.views ? keep : undefined // of a day without views it would be much
    return { fold: replayed(e, next, () => false, kept), records }
  })
/** Where it ends. */
export const finalState = (e: Evidence) => whole(e).fold.state
/** What it made of each record, where views are kept. */
export const allTaken = (e: Evidence) => whole(e).records

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
export const forgeriesChangeNothing: Find = (e, { endMs }) =>
  changes(e, body => e.site.forged.has(body)) ? [{ atMs: endMs, text: 'forged records have changed the state' }] : []

/** S23: nor does what names another tenant or another site, whoever has signed it. */
export const strangersChangeNothing: Find = (e, { endMs }) => {
  const named = e.once('named', () => new Set(e.facts.map(f => f.body)))
  return changes(e, body => !named.has(body))
    ? [{ atMs: endMs, text: 'records of other tenants or sites have changed the state' }]
    : []
}
/** Does the log end in another state with these records than without them? Without either kind is tried first, once. */
function changes(e: Evidence, these: (body: string) => boolean): boolean {
  const upTo = e.site.o.topics.facts.next
  const without = (out: (body: string) => boolean) => replayed(e, upTo, out).stateHash()
  const all = whole(e).fold.stateHash()
  const clean = e.once('clean', () => {
    const own = new Set(e.authentic.map(f => f.body))
    return without(body => !own.has(body))
  })
  return clean !== all && without(these) !== all
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
    (fold, { atUs }, as) => {
      if (as.kind !== 'stepped' || as.fact.kind !== 'TimeAdvanced' || !fold.state) return
      const { fact } = as
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
