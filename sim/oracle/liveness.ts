/** What must happen within a bound. Judged after the faults, and for single deaths in the midst of them. */

import { NODES } from '../../supervisors/site/who.ts'
import { KINDS } from '../faults/kinds.ts'
import type { Find, Finding, Trialled } from './check.ts'
import type { Evidence, Life } from './evidence.ts'
import { droppedBy } from './facts.ts'
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

/** L2: one faulty node costs no more than single slots, while all else is sound. */
export const oneFaultyNodeCosts: Find = (e, { endMs }) => {
  const { validityMs } = e.manifest.timing
  return e.verdicts.flatMap(({ atMs }, i) => {
    const nextMs = e.verdicts[i + 1]?.atMs ?? endMs
    return nextMs - atMs > validityMs && onlyTraitor(e, atMs, nextMs)
      ? [{ atMs: nextMs, text: `${nextMs - atMs} ms without a verdict, and only one node was faulty` }]
      : []
  })
}
/** Nothing but one node's lies around that time. */
const onlyTraitor = (e: Evidence, fromMs: number, toMs: number): boolean =>
  e.world.faults.every(
    f =>
      (KINDS[f.kind].group === 'node' && f.kind !== 'otherEngine') ||
      KINDS[f.kind].group === 'people' ||
      KINDS[f.kind].group === 'views' || // nobody who controls knows of them
      f.fromMs > toMs ||
      f.fromMs + f.forMs + SETTLES_MS < fromMs,
  ) &&
  e.world.faults.every(
    f => (f.kind !== 'manifestChange' && f.kind !== 'engineChange') || Math.abs(f.fromMs - fromMs) > SETTLES_MS,
  )
const SETTLES_MS = 20_000

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

/**
 * L1: the death of any one process leaves no slot uncovered, and, as the log does not stall with it, holds none. Slots
 * are judged by the verdicts that were durable; a gateway's own death by when it decides again once it is back.
 */
export const oneDeathCovers: Find = (e, t) =>
  e.lives.flatMap(life => {
    if (life.toMs >= t.endMs) return []
    return life.process.endsWith('gateway') ? gatewayIsBack(e, t, life) : slotsAreDecided(e, t, life)
  })
function slotsAreDecided(e: Evidence, t: Trialled, { process, toMs }: Life): readonly Finding[] {
  const { cycleMs, validityMs, deadlineMs } = e.manifest.timing
  const untilMs = toMs + 2 * validityMs
  if (!aloneIn(e, t, process, toMs, untilMs)) return []
  const around = e.verdicts.filter(v => v.atMs > toMs - 2 * cycleMs && v.atMs <= untilMs).map(v => v.atMs)
  const found = [...around, untilMs].flatMap((atMs, i) => {
    const silentMs = atMs - (around[i - 1] ?? atMs)
    if (silentMs <= cycleMs + deadlineMs) return []
    const what = silentMs > validityMs ? 'a slot is uncovered' : 'a slot is held'
    return [{ atMs, text: `${what} after ${process} had died at ${toMs} ms: ${silentMs} ms without a verdict` }]
  })
  return found.slice(0, 1)
}
function gatewayIsBack(e: Evidence, t: Trialled, { process, toMs }: Life): readonly Finding[] {
  const { cycleMs, deadlineMs } = e.manifest.timing
  const next = e.lives.find(l => l.process === process && l.fromMs > toMs)
  if (!next) return []
  const byMs = next.fromMs + cycleMs + deadlineMs
  if (!aloneIn(e, t, process, toMs, byMs)) return []
  const again = e.verdicts.find(v => v.atMs > next.fromMs)
  return again && again.atMs <= byMs
    ? []
    : [{ atMs: byMs, text: `${process} is back since ${next.fromMs} ms and has not decided by ${byMs} ms` }]
}
/** Nothing else goes wrong around that time, and the site was decided regularly before it. */
function aloneIn(e: Evidence, t: Trialled, process: string, atMs: number, toMs: number): boolean {
  const marginMs = 4 * e.manifest.timing.validityMs
  const from = atMs - marginMs
  const calm = e.world.faults.every(f => {
    const kills = f.target === process && KILLS.has(f.kind) && f.fromMs < atMs + 5
    return (
      kills || KINDS[f.kind].group === 'views' || f.fromMs + f.forMs + Math.abs(f.ms ?? 0) < from || f.fromMs > toMs
    )
  })
  const deaths = e.lives.filter(l => l.toMs > from && l.toMs < toMs).length
  const before = e.verdicts.filter(v => v.atMs > from && v.atMs <= atMs).length
  const out = e.of('EquivocationProven').some(f => f.atMs < toMs) // with a key that votes no more it is the second one gone
  return calm && !out && deaths === 1 && toMs < t.endMs && before >= marginMs / e.manifest.timing.cycleMs - 2
}
const KILLS = new Set<string>(['crash', 'crashAtCall', 'gatewayCrash', 'cutShort'])

/** L3: with no verdict any more, each asset comes to its fallback, or its device to its own default. */
export const fallsBack: Find = (e, { endMs }) => {
  const { validityMs, cycleMs } = e.manifest.timing
  const found: Finding[] = []
  e.verdicts.forEach(({ atMs, verdict }, i) => {
    const nextMs = e.verdicts[i + 1]?.atMs ?? endMs
    for (const asset of e.manifest.assets) {
      const goal = asset.fallback.values.power
      const watchdogMs = asset.map.watchdog?.timeoutMs ?? 0
      if (goal === undefined || verdict.actions.mode === 'off' || verdict.actions.mode === 'observe') continue
      const silentMs = nextMs - atMs
      const { max, fall } = asset.envelope.power!
      const rampMs = fall === 0 ? 0 : (max / fall) * 1_000
      const sound = e.world.faults.every(
        f => !SLOWS.has(KINDS[f.kind].group) || f.fromMs > nextMs || f.fromMs + f.forMs + SETTLES_MS < atMs,
      )
      const byMs = validityMs + rampMs + (sound ? 0 : watchdogMs + asset.fallback.forMs) + 5 * cycleMs
      if (silentMs < byMs) continue
      const look = e.site.field.looks.findLast(l => l.atMs <= nextMs)
      const held = look ? setpointOf(look.state, asset.name) : null
      if (held !== null && held !== goal)
        found.push({ atMs: nextMs, text: `${asset.name} still holds ${held} after ${silentMs} ms without a verdict` })
    }
  })
  return found
}

/** Of what keeps the gateway itself from its devices. */
const SLOWS = new Set<string>(['plant', 'data', 'process', 'gateway', 'disk'])

/** L6: a node that is gone while the site decides is alarmed. */
export const silenceIsAlarmed: Find = (e, t) => {
  const { cycleMs } = e.manifest.timing
  const byMs = SILENT_CYCLES * cycleMs
  // in the log, or dropped on the way to it
  const said = [...e.authentic, ...droppedBy(e.outboxes.durable)]
  return NODES.flatMap(name => {
    const process = e.site.o.prefix + name
    const own = e.lives.filter(l => l.process === process)
    return own.flatMap((life, i) => {
      const backMs = own[i + 1]?.fromMs ?? t.endMs
      const decided = e.verdicts.filter(v => v.atMs > life.toMs && v.atMs < backMs).length
      // early frames are decided too, and make no slot
      if (decided < SILENT_CYCLES + 3 || backMs - life.toMs < (SILENT_CYCLES + 3) * cycleMs) return []
      const told = said.some(
        ({ atMs, fact }) =>
          fact.kind === 'AlarmObserved' &&
          (fact.alarm === 'replicaSilent' || fact.alarm === 'uplinkDown') &&
          fact.about === name &&
          atMs > life.toMs - byMs &&
          atMs < backMs + byMs,
      )
      return told
        ? []
        : [{ atMs: life.toMs, text: `${name} was gone for ${backMs - life.toMs} ms and no alarm was raised` }]
    })
  })
}
const SILENT_CYCLES = 8

/** L6: a node that says nothing, or otherwise than all, while nothing else is wrong, is alarmed. */
export const faultyIsAlarmed: Find = (e, { profile }) => {
  const { traitor } = profile
  if (!traitor) return []
  const { cycleMs } = e.manifest.timing
  const about = e.of('AlarmObserved').filter(a => a.fact.about === traitor)
  /** It stood at the beginning, or was raised until a moment after the end. */
  const raised = (names: readonly string[], fromMs: number, atMs: number) =>
    names.some(name => {
      const own = about.filter(a => a.fact.alarm === name && a.atMs <= atMs + TOLD_MS)
      const before = own.findLast(a => a.atMs <= fromMs)?.fact.state
      return before === 'raised' || own.some(a => a.atMs > fromMs && a.fact.state === 'raised')
    })
  const said = [...e.candidates.values()].filter(s => s.by === traitor)
  const certified = new Map(
    e.verdicts.map(v => [`${v.verdict.epoch}/${v.verdict.cycle}`, v.verdict.certificate.digest]),
  )
  const silent = e.verdicts.flatMap(({ atMs }, i) => {
    const long = e.verdicts[i - SILENT_CYCLES - 2]?.atMs
    const from = long === undefined ? undefined : Math.min(long, atMs - (SILENT_CYCLES + 2) * cycleMs)
    if (from === undefined || !onlyTraitor(e, from - SETTLES_MS, atMs) || atMs - from > 2 * SILENT_CYCLES * cycleMs)
      return []
    const quiet = said.every(s => s.atMs < from || s.atMs > atMs)
    return !quiet || raised(['replicaSilent', 'uplinkDown', 'equivocation'], from, atMs)
      ? []
      : [{ atMs, text: `${traitor} is silent since ${from} ms and no alarm is raised` }]
  })
  const diverging = said.flatMap(({ atMs, digest, candidate: { epoch, cycle } }) => {
    const decided = certified.get(`${epoch}/${cycle}`)
    const sentMs = e.framesSent.get(cycle) ?? 0
    if (decided === undefined || decided === digest || atMs - sentMs > 2 * cycleMs) return []
    if (!onlyTraitor(e, atMs - SETTLES_MS, atMs + TOLD_MS)) return []
    return raised(['dissent', 'equivocation'], atMs, atMs)
      ? []
      : [{ atMs, text: `${traitor} disagrees in cycle ${cycle} and no alarm is raised` }]
  })
  return [...silent, ...diverging]
}
const TOLD_MS = 4_000
