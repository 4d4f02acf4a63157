/** What people asked for, held against what was decided, done and told. */

import { alarmCondition } from '../../actors/alarms/life.ts'
import { commandState } from '../../actors/commands/life.ts'
import { recordsOf } from '../../actors/kit/keyed.ts'
import type { FactOf } from '../../protocol/words/facts.ts'
import { NODES } from '../../supervisors/site/who.ts'
import { KINDS } from '../faults/kinds.ts'
import type { Find, Finding } from './check.ts'
import type { Evidence } from './evidence.ts'
import { receipts } from './facts.ts'
import { finalState, soundClocks } from './states.ts'
import { durableStream, epochBefore, permitted } from './timeline.ts'
import { honest } from './votes.ts'

/** S23, S26: whatever rides in a decision or is told as ended, somebody who may has asked for. */
export const askedFor: Find = (e, { profile }) => {
  const may = permitted(e)
  const told = receipts(e).flatMap(({ atMs, fact }) =>
    fact.commands.flatMap(({ id, outcome }) =>
      may.has(id) ? [] : [{ atMs, text: `command ${id} ${outcome}, which nobody asked for who may` }],
    ),
  )
  const listed = riding(e, profile.traitor).flatMap(({ atMs, cycle, position, id }) => {
    const asked = may.get(id)
    return asked && asked.position < position
      ? []
      : [{ atMs, text: `command ${id} rides in cycle ${cycle}; nobody asked for it who may` }]
  })
  return [...told, ...listed]
}
/** Commands as honest replicas list them. */
function riding(e: Evidence, traitor: string | null) {
  return honest(e, traitor).flatMap(({ atMs, candidate: { cycle, epoch, position, actions } }) =>
    actions.commands.map(({ id }) => ({ atMs, cycle, epoch, position, id })),
  )
}

/** S10: a command that was over when it came, whose end was told, or whose gateway is gone, is in force no more. */
export const endedRidesNoMore: Find = (e, { profile }) => {
  const may = permitted(e)
  const epochAt = epochBefore(e)
  const ended = new Map<string, number>()
  for (const { position, fact } of durableStream(e))
    if (fact.kind === 'ReceiptRecorded') for (const { id } of fact.commands) if (!ended.has(id)) ended.set(id, position)
  return riding(e, profile.traitor).flatMap(({ atMs, cycle, epoch, position, id }) => {
    const asked = may.get(id)
    if (!asked) return []
    const { fact } = asked as { fact: { issuedAtMs: number; expiresMs: number } }
    const overMs = e.world.epochMs + asked.atMs - fact.issuedAtMs - fact.expiresMs
    const says = (text: string): Finding[] => [{ atMs, text: `command ${id} rides in cycle ${cycle}: ${text}` }]
    if (overMs > LATE_MS) return says(`it was over for ${overMs} ms when it came`)
    if ((ended.get(id) ?? position) < position) return says(`its end stands at ${ended.get(id)}`)
    const epochOf = epochAt(asked.position)
    return epochOf > 0 && epoch > epochOf ? says(`it is of epoch ${epochOf}, the gateway is in ${epoch}`) : []
  })
}
/** Log time may lie so far behind while nodes are down. */
const LATE_MS = 20_000
/** So far where every node lives and claims the time. */
const FLOWS_MS = 3_000
const timeFlows = (e: Evidence): boolean =>
  e.world.faults.every(f => !['clock', 'log', 'process', 'disk', 'node'].includes(KINDS[f.kind].group)) &&
  soundClocks(e, null).length === NODES.length

/** S10: what was long over when it came was refused, and nothing of it was taken up. */
export const lateIsRejected: Find = (e, { profile }) => {
  if (soundClocks(e, profile.traitor).length < 2) return []
  const state = finalState(e)
  return [...permitted(e).values()].flatMap(({ atMs, fact }) => {
    const { id, issuedAtMs, expiresMs } = fact as unknown as FactOf<'CommandRequested'>
    const overMs = e.world.epochMs + atMs - issuedAtMs - expiresMs
    const record = state?.commands[id]
    if (overMs <= LATE_MS || !record || commandState(record) === 'rejected') return []
    return [{ atMs, text: `command ${id} was over for ${overMs} ms when it came, and is ${commandState(record)}` }]
  })
}

/** S10: none rides on past its time, and each that was accepted has ended when its time is over, or still rides. */
export const eachEnds: Find = (e, { profile, endMs }) => {
  if (soundClocks(e, profile.traitor).length < 2) return []
  const may = permitted(e)
  const boundMs = WORD_CYCLES * e.manifest.timing.cycleMs + (timeFlows(e) ? FLOWS_MS : LATE_MS)
  const lateMs = (id: string, atMs: number) => {
    const { issuedAtMs, expiresMs } = may.get(id)!.fact as unknown as { issuedAtMs: number; expiresMs: number }
    return e.world.epochMs + atMs - issuedAtMs - expiresMs - boundMs
  }
  const riders = riding(e, profile.traitor).flatMap(({ cycle, id }) => {
    const atMs = e.framesSent.get(cycle)
    if (atMs === undefined || !may.has(id) || lateMs(id, atMs) <= 0) return []
    return [{ atMs, text: `command ${id} rides in cycle ${cycle}, ${lateMs(id, atMs)} ms past its last word` }]
  })
  const state = finalState(e)
  const open = Object.values(state?.commands ?? {}).flatMap(({ id, endedAtMs }) => {
    if (endedAtMs !== null || !may.has(id)) return []
    const lost = !state!.riding.includes(id)
    return lost || lateMs(id, endMs) > 0
      ? [{ atMs: endMs, text: `command ${id} has no end, and ${lost ? 'rides no more' : 'its time is over'}` }]
      : []
  })
  return [...riders, ...open]
}
/** As the centre waits for the gateway's word (DESIGN: commands), and one for the frame itself. */
const WORD_CYCLES = 13

/** S32: of several commands on one setpoint the last one in the log is in force, and no other rides beside it. */
export const oneOnASetpoint: Find = (e, { profile }) => {
  const may = permitted(e)
  return honest(e, profile.traitor).flatMap(({ atMs, candidate: { cycle, actions } }) => {
    const byHand = actions.commands.flatMap(({ id }) => {
      const fact = may.get(id)?.fact as { name: string; target: string; params: Record<string, unknown> } | undefined
      return fact?.name === 'setpoint' ? [{ id, setpoint: `${fact.target}.${fact.params.name}` }] : []
    })
    const [rivals] = [...Map.groupBy(byHand, c => c.setpoint)].filter(([, all]) => all.length > 1)
    return rivals
      ? [{ atMs, text: `${rivals[1].map(c => c.id).join(' and ')} ride in cycle ${cycle}, both on ${rivals[0]}` }]
      : []
  })
}

/** S9, S32: a setpoint by hand that is confirmed was decided as it was asked for, or named what bound it. */
export const confirmedAsAsked: Find = e => {
  const may = permitted(e)
  return receipts(e).flatMap(({ atMs, fact }) =>
    fact.commands.flatMap(({ id, outcome }) => {
      const asked = may.get(id)?.fact as { name: string; target: string; params: Record<string, unknown> } | undefined
      if (outcome !== 'confirmed' || asked?.name !== 'setpoint') return []
      const watts = Number.parseInt(String(asked.params.value), 10)
      const decided = e.verdicts.flatMap(({ verdict: { epoch, cycle, actions } }) => {
        const near = epoch === fact.epoch && cycle <= fact.cycle && cycle > fact.cycle - NEAR_CYCLES
        const action = actions.assets[asked.target]?.setpoints[String(asked.params.name)]
        return near && action && actions.commands.some(c => c.id === id) ? [action] : []
      })
      return decided.length === 0 || decided.some(a => a.value === watts || a.boundBy !== undefined || a.min === a.max)
        ? []
        : [{ atMs, text: `${id} (${watts} W) is confirmed; ${decided.at(-1)!.value} was decided` }]
    }),
  )
}
const NEAR_CYCLES = 8

/** S11: what was under way, as the journal has it, when a gateway died, is told as unknown by the next life. */
export const cutShortIsUnknown: Find = e => {
  const began = new Map<number, number>()
  for (const { atMs, fact } of e.of('FrameMeasured')) if (!began.has(fact.epoch)) began.set(fact.epoch, atMs)
  const deaths = e.lives.filter(l => l.process.endsWith('gateway')).map(l => l.toMs)
  const openAt = (id: string, atMs: number) => {
    const up = [...e.commands, ...e.pulses].some(c => c.id === id && c.atMs <= atMs)
    return up && !e.ends.some(c => c.id === id && c.atMs <= atMs)
  }
  return receipts(e).flatMap(({ atMs, fact }) => {
    const bornMs = began.get(fact.epoch)
    if (bornMs === undefined) return []
    const told = [...fact.commands, ...fact.writes.flatMap(w => (w.id === undefined ? [] : [{ ...w, id: w.id }]))]
    return told.flatMap(({ id, outcome }) =>
      outcome !== 'unknown' && deaths.some(diedMs => diedMs < bornMs && openAt(id, diedMs))
        ? [{ atMs, text: `${id} was under way when its gateway died, and is told as ${outcome}` }]
        : [],
    )
  })
}

/** S11: a write whose answer never came did not fail. */
export const noAnswerIsNoFailure: Find = e =>
  receipts(e).flatMap(({ atMs, fact }) =>
    fact.writes.flatMap(w =>
      w.outcome === 'failed' && /^timeout|LOST_IN_FLIGHT/.test(w.reason ?? '')
        ? [{ atMs, text: `${w.asset}.${w.name} is told as failed: ${w.reason}` }]
        : [],
    ),
  )

/** S11: what the centre says of a command is what the gateway said in time. */
export const toldAsItWas: Find = (e, { endMs }) => {
  const state = finalState(e)
  const may = permitted(e)
  const epochAt = epochBefore(e)
  const first = new Map<string, string>()
  return durableStream(e).flatMap(({ position, atMs, fact }) => {
    if (fact.kind !== 'ReceiptRecorded') return []
    return fact.commands.flatMap(({ id, outcome }) => {
      const asked = may.get(id)
      const record = state?.commands[id]
      if (first.has(id) || !asked || !record) return []
      first.set(id, outcome)
      const { issuedAtMs, expiresMs } = asked.fact as unknown as { issuedAtMs: number; expiresMs: number }
      const inTime = e.world.epochMs + atMs < issuedAtMs + expiresMs && epochAt(position) === epochAt(asked.position)
      const said = commandState(record)
      const own = !inTime && said === 'unknown'
      return said === outcome || own || BY_PEOPLE.includes(said)
        ? []
        : [{ atMs: endMs, text: `command ${id}: the gateway says ${outcome}, the centre ${said}` }]
    })
  })
}
/** What the centre decides by itself, before the gateway's word. */
const BY_PEOPLE: readonly string[] = ['superseded', 'cancelled']

/** S35: an alarm that the gateway has taken back is active no more at the centre. */
export const returnedIsOver: Find = (e, { endMs }) => {
  const state = finalState(e)
  const last = new Map<string, string>()
  for (const { fact } of durableStream(e))
    if (fact.kind === 'AlarmObserved')
      last.set(`${fact.asset ?? 'gateway'} ${fact.alarm} ${fact.about ?? ''}`, fact.state)
  return recordsOf(state?.alarms ?? []).flatMap(([, record]) => {
    const key = `${record.asset} ${record.alarm} ${record.about}`
    return last.get(key) === 'returned' && alarmCondition(record).startsWith('active')
      ? [{ atMs: endMs, text: `${key} has returned and stands as active` }]
      : []
  })
}
