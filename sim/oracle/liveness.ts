/** What must happen within a bound. Judged after the faults, and for single deaths in the midst of them. */
import { NODES } from '../platform/site.ts'
import type { Find, Finding, Trialled } from './check.ts'
import type { Evidence } from './evidence.ts'
import { setpointOf } from './plant-words.ts'

/** After the last fault: restarts, backoffs, five quorums in a row. */
export const HEAL_MS = 60_000

/** L2, L5: decided cycle by cycle again, in time. */
export const decidesAgain: Find = (e, { healedFromMs, endMs }) => {
  const { cycleMs, deadlineMs } = e.manifest.timing
  const found: Finding[] = []
  const verdicts = e.verdicts.filter(v => v.atMs > healedFromMs + HEAL_MS)
  const least = Math.floor((endMs - healedFromMs - HEAL_MS) / cycleMs) - 2
  if (verdicts.length < least)
    found.push({ atMs: endMs, text: `${verdicts.length} verdicts in ${least} cycles after the faults` })
  for (const { atMs, verdict } of verdicts) {
    const sent = e.framesSent.get(verdict.cycle)
    if (sent !== undefined && atMs - sent > deadlineMs)
      found.push({ atMs, text: `cycle ${verdict.cycle} took ${atMs - sent} ms` })
    if (verdict.source !== 'majority') found.push({ atMs, text: `cycle ${verdict.cycle} was decided by one replica` })
  }
  return found
}

/** L5: all replicas have read to the same end. */
export const replicasConverge: Find = (e, { profile, endMs }) => {
  const found: Finding[] = []
  const { next } = e.site.o.topics.facts
  for (const name of NODES) {
    if (name === profile.traitor) continue
    const position = e.site.node(name)?.part('replica').fold.position ?? -1
    if (next - position > 16) found.push({ atMs: endMs, text: `${name} stands at ${position} of ${next}` })
  }
  return found
}

/** L7: who is up and not faulty votes. */
export const rejoins: Find = (e, { profile, healedFromMs, endMs }) =>
  NODES.flatMap(name => {
    if (name === profile.traitor) return []
    const last = Math.max(0, ...[...e.candidates.values()].filter(s => s.by === name).map(s => s.atMs))
    return last < Math.max(healedFromMs + HEAL_MS, endMs - Math.max(5_000, 2 * e.manifest.timing.cycleMs))
      ? [{ atMs: endMs, text: `${name} last voted at ${last} ms` }]
      : []
  })

/** L1: the death of any one process leaves no slot uncovered. Slots are judged by the verdicts that were durable. */
export const oneDeathCovers: Find = (e, t) => {
  const { cycleMs, validityMs } = e.manifest.timing
  return e.lives.flatMap(life => {
    const name = life.process
    if (life.toMs >= t.endMs || name.endsWith('gateway') || !aloneIn(e, t, life.toMs, validityMs)) return []
    const found: Finding[] = []
    for (let atMs = life.toMs; atMs < life.toMs + 2 * validityMs; atMs += cycleMs) {
      const standing = e.verdicts.findLast(v => v.atMs <= atMs)
      if (standing && atMs - standing.atMs > validityMs)
        found.push({ atMs, text: `uncovered after ${name} had died at ${life.toMs} ms` })
    }
    return found.slice(0, 1)
  })
}
/** Nothing else goes wrong around that time, and the site was decided regularly before it. */
function aloneIn(e: Evidence, t: Trialled, atMs: number, marginMs: number): boolean {
  const from = atMs - 4 * marginMs
  const to = atMs + 2 * marginMs
  const calm = e.world.faults.every(
    f => f.fromMs + f.forMs + (f.ms ?? 0) < from || f.fromMs > to || Math.abs(f.fromMs - atMs) < 5,
  )
  const deaths = e.lives.filter(l => l.toMs > from && l.toMs < to).length
  const before = e.verdicts.filter(v => v.atMs > from && v.atMs <= atMs).length
  return calm && deaths === 1 && to < t.endMs && before >= (4 * marginMs) / e.manifest.timing.cycleMs - 2
}

/** L3: with no verdict any more, each asset comes to its fallback, or its device to its own default. */
export const fallsBack: Find = (e, { endMs }) => {
  const { validityMs, cycleMs } = e.manifest.timing
  const found: Finding[] = []
  e.verdicts.forEach(({ atMs, verdict }, i) => {
    const nextMs = e.verdicts[i + 1]?.atMs ?? endMs
    for (const asset of e.manifest.assets) {
      const goal = asset.fallback.values.power
      const watchdogMs = asset.map.watchdog?.timeoutMs ?? 0
      if (goal === undefined || verdict.actions.mode === 'off') continue
      const silentMs = nextMs - atMs
      const byMs = validityMs + watchdogMs + asset.fallback.forMs + 5 * cycleMs
      if (silentMs < byMs) continue
      const look = e.site.field.looks.findLast(l => l.atMs <= nextMs)
      const held = look ? setpointOf(look.state, asset.name) : null
      if (held !== null && held !== goal)
        found.push({ atMs: nextMs, text: `${asset.name} still holds ${held} after ${silentMs} ms without a verdict` })
    }
  })
  return found
}

/** L6: a node that is gone while the site decides is alarmed. */
export const silenceIsAlarmed: Find = (e, t) => {
  const { cycleMs } = e.manifest.timing
  const byMs = SILENT_CYCLES * cycleMs
  const alarms = e.of('AlarmObserved')
  return NODES.flatMap(name => {
    const process = e.site.o.prefix + name
    const own = e.lives.filter(l => l.process === process)
    return own.flatMap((life, i) => {
      const backMs = own[i + 1]?.fromMs ?? t.endMs
      const decided = e.verdicts.filter(v => v.atMs > life.toMs && v.atMs < backMs).length
      if (decided < SILENT_CYCLES + 3) return []
      const told = alarms.some(
        a =>
          (a.fact.alarm === 'replicaSilent' || a.fact.alarm === 'uplinkDown') &&
          a.fact.about === name &&
          a.atMs > life.toMs - byMs &&
          a.atMs < backMs + byMs,
      )
      return told
        ? []
        : [{ atMs: life.toMs, text: `${name} was gone for ${backMs - life.toMs} ms and no alarm was raised` }]
    })
  })
}
const SILENT_CYCLES = 8
