/** What the log says, held against what the plant saw. */
import { parseFact } from '../../protocol/codec/fact.ts'
import { firstFrom } from '../../protocol/first-from.ts'
import type { Fact, FactOf } from '../../protocol/words/facts.ts'
import type { Look } from '../platform/field.ts'
import type { Find, Finding } from './check.ts'
import type { Evidence, Logged } from './evidence.ts'
import type { WatchedOutbox } from './outbox.ts'
import { powerOf, REGISTERS, setpointOf, socOf } from './plant-words.ts'
import { durableStream, permitted, seqOf } from './timeline.ts'
import { ownWrites } from './writes.ts'

type Receipt = FactOf<'ReceiptRecorded'>
/** Of the gateway's durable stream. */
export const receipts = (e: Evidence): readonly Logged<Receipt>[] =>
  durableStream(e).filter(({ fact }) => fact.kind === 'ReceiptRecorded') as unknown as readonly Logged<Receipt>[]
/** Between the read-back and its receipt in the log: an outbox may have waited as long as a part of the site was down. */
const REGISTER_WINDOW_MS = 4_000

/** S9: confirmed means that the register did hold it. */
export const confirmedWasHeld: Find = e => {
  const values = new Map(e.manifest.assets.map(a => [a.name, heldOf(e, a.name)]))
  const held = (asset: string, value: number) => values.get(asset)?.has(value) === true
  return receipts(e).flatMap(({ atMs, fact }) =>
    fact.writes.flatMap(w =>
      w.kind === 'setpoint' && w.outcome === 'confirmed' && !held(w.asset, w.written)
        ? [
            {
              atMs,
              text: `${w.asset}.${w.name} = ${w.written} is confirmed (cycle ${fact.cycle}); the register never held it`,
            },
          ]
        : [],
    ),
  )
}
/** Every value that an asset's register held. */
function heldOf(e: Evidence, asset: string): Set<number> {
  const values = new Set<number>()
  for (const w of e.writes)
    if (w.asset === asset)
      values.add(setpointOf(w.after, asset) ?? (w.after.assets[asset]?.type === 'pv' ? 655_350 : 0))
  return values
}

/**
 * S8, S11: what is told of pulses is what became of them. The plant sees no ids, so that they are counted by name: no
 * more are confirmed than were done, and none that was done is told as failed.
 */
export const pulsesToldTruly: Find = (e, { endMs }) => {
  const names = new Map<string, { done: number; begun: number; confirmed: number; failed: number }>()
  const count = (asset: string, name: string, what: 'done' | 'begun' | 'confirmed' | 'failed') => {
    const key = `${asset} ${name}`
    const counts = names.get(key) ?? { done: 0, begun: 0, confirmed: 0, failed: 0 }
    counts[what]++
    names.set(key, counts)
  }
  for (const w of ownWrites(e)) if (w.pulse !== null && w.outcome === 'accepted') count(w.asset, w.pulse, 'done')
  // of a pulse that was refused before it began, a compacted journal knows the id alone
  const noted = e.pulses.filter(p => p.asset !== '')
  const begun = new Set(noted.map(p => p.id))
  for (const { asset, name } of noted) count(asset, name, 'begun')
  const told = new Set<string>()
  for (const { fact } of receipts(e))
    for (const w of fact.writes) {
      const key = `${w.id} ${w.outcome}`
      if (w.kind !== 'pulse' || !begun.has(w.id ?? '') || told.has(key)) continue
      told.add(key)
      if (w.outcome === 'confirmed' || w.outcome === 'failed') count(w.asset, w.name, w.outcome)
    }
  return [...names].flatMap(([key, c]) => {
    if (c.confirmed > c.done)
      return [{ atMs: endMs, text: `${key}: ${c.confirmed} are confirmed, ${c.done} were done` }]
    if (c.done > c.begun - c.failed)
      return [{ atMs: endMs, text: `${key}: ${c.done} were done, ${c.failed} of ${c.begun} are told as failed` }]
    return []
  })
}

/** S10: one end for a command, from the gateway. */
export const oneEnd: Find = e => {
  const found: Finding[] = []
  const ends = new Map<string, string>()
  for (const { atMs, fact } of receipts(e))
    for (const { id, outcome } of fact.commands) {
      const before = ends.get(id)
      // told again by the gateway's next life, of the same end: it cannot know what has left
      if (before !== undefined && before !== outcome)
        found.push({ atMs, text: `command ${id} ended as ${before} and as ${outcome}` })
      ends.set(id, outcome)
    }
  return found
}

/** S32: setpoints of one asset that were confirmed took effect in the order in which they stand in the log. */
export const inLogOrder: Find = e => {
  const asked = permitted(e)
  const last = new Map<string, number>()
  return receipts(e).flatMap(({ atMs, fact }) =>
    fact.commands.flatMap(({ id, outcome }) => {
      const request = asked.get(id) as Logged<FactOf<'CommandRequested'>> | undefined
      if (outcome !== 'confirmed' || request?.fact.name !== 'setpoint') return []
      const before = last.get(request.fact.target) ?? -1
      last.set(request.fact.target, Math.max(before, request.position))
      return request.position < before
        ? [{ atMs, text: `${id} at ${request.position} was confirmed after a later one at ${before}` }]
        : []
    }),
  )
}

/** S19, for what an ingress has acknowledged: it stands in the log. */
export const acknowledgedIsLogged: Find = (e, { profile }) => {
  const frames = new Set(e.of('FrameMeasured').map(f => f.fact.cycle))
  return e.acknowledged.flatMap(({ node, atMs, cycle }) =>
    node === profile.traitor || frames.has(cycle)
      ? []
      : [{ atMs, text: `${node} acknowledged frame ${cycle}, which is not in the log` }],
  )
}

/** S20, S21: the durable stream has no hole but those that are recorded: nothing stands in the log behind its end. */
export const gapsAreExact: Find = (e, { healedFromMs, endMs }) => {
  const end = seqOf(durableStream(e).at(-1)?.fact) ?? 0
  const behind = e.authentic.filter(({ fact, atMs }) => (seqOf(fact) ?? 0) > end && atMs < endMs - SENT_AGAIN_MS)
  const last = behind.at(-1)
  return !last || last.atMs < healedFromMs
    ? []
    : [
        {
          atMs: last.atMs,
          text: `the gateway's entry ${end + 1} is neither in the log in its turn nor recorded as a gap`,
        },
      ]
}
/** What came before its turn is sent once more. */
const SENT_AGAIN_MS = 5_000

/** S21: an outbox drops what it has no room for, and nothing else; and no gap is on record that is none. */
export const gapsAreNeeded: Find = e => {
  const { outboxCapacity } = e.site
  const needless = Object.entries(e.outboxes).flatMap(([stream, { gaps }]) =>
    gaps.flatMap(({ atMs, first, last, waiting, rekeyed }) =>
      waiting === null || waiting >= outboxCapacity || rekeyed
        ? []
        : [{ atMs, text: `${stream} ${first} to ${last} is dropped with ${waiting} of ${outboxCapacity} waiting` }],
    ),
  )
  const invented = e
    .of('GapRecorded')
    .flatMap(({ atMs, fact: { stream, first, last } }) =>
      e.outboxes[stream].gaps.some(g => g.last === last && g.first <= first) || forgotten(e, atMs)
        ? []
        : [{ atMs, text: `${stream} ${first} to ${last} is on record as a gap, and the outbox had none there` }],
    )
  return [...needless, ...invented]
}
/** A gap is sent as soon as it is made, and is durable with the next entry: a gateway that ends in between has not made it. */
const forgotten = (e: Evidence, atMs: number): boolean =>
  e.lives.some(l => l.process.endsWith('gateway') && Math.abs(l.toMs - atMs) < FORGOTTEN_MS)
const FORGOTTEN_MS = 15_000

/** S20: a frame that was sent is in the log: among the facts, or in history where it came too late. */
export const framesArrive: Find = (e, { profile, healedFromMs }) => {
  const cycles = (logged: readonly { readonly fact: Fact }[]) =>
    logged.flatMap(({ fact }) => (fact.kind === 'FrameMeasured' ? [fact.cycle] : []))
  const logged = new Set([...cycles(e.facts), ...cycles(e.history), ...cycles(droppedBy(e.outboxes.history))])
  const swallowed = new Set(e.acknowledged.filter(a => a.node === profile.traitor).map(a => a.cycle))
  const gateway = e.lives.filter(l => l.process.endsWith('gateway'))
  return [...e.framesSent].flatMap(([cycle, sentMs]) => {
    const life = gateway.find(l => l.fromMs <= sentMs && sentMs < l.toMs)
    if (logged.has(cycle) || swallowed.has(cycle) || sentMs > healedFromMs || !life) return []
    // what only a running gateway remembered dies with it
    return life.toMs - sentMs < OUTAGE_MS ? [] : [{ atMs: sentMs, text: `frame ${cycle} is nowhere` }]
  })
}
const OUTAGE_MS = 60_000
/** What an outbox dropped: that it had to, and that it is on record, is judged by itself. */
export const droppedBy = (outbox: WatchedOutbox): readonly { readonly atMs: number; readonly fact: Fact }[] =>
  outbox.dropped().flatMap(({ atMs, body }) => {
    const parsed = parseFact(body)
    return parsed.kind === 'fact' ? [{ atMs, fact: parsed.fact }] : []
  })

/** S24: what a frame calls good is what the plant showed when it was asked. */
export const goodIsTrue: Find = e => {
  const options = e.site.field.plant.options.assets
  return e.of('FrameMeasured').flatMap(({ fact }) => {
    const sentMs = e.framesSent.get(fact.cycle)
    if (sentMs === undefined) return []
    const servedMs = SERVED_MS + stoodStillMs(e, sentMs)
    return Object.entries(fact.assets).flatMap(([asset, { points }]) => {
      const of = options.find(o => o.name === asset)
      const served = e.site.field.served.get(asset) ?? []
      return (['power', 'soc'] as const).flatMap(name => {
        const point = points[name]
        if (!of || !point) return []
        const shown = (state: Look['state']) => (name === 'power' ? powerOf(state, asset) : socOf(state, of))
        if (point.quality === 'bad')
          return point.value === null ? [] : [{ atMs: sentMs, text: `${asset}.${name} is bad and says ${point.value}` }]
        const aboutMs = sentMs - point.ageMs
        const tolerance = name === 'power' ? 2 : 1
        const is = (l: Look) => Math.abs((shown(l.state) ?? Infinity) - Number(point.value)) <= tolerance
        const [from, to] = [aboutMs - servedMs, aboutMs + ASKED_MS + 1].map(ms => firstFrom(served, l => l.atMs, ms))
        const true_ = served.slice(from, to).some(is)
        const doubted = e.world.faults.some(f => SENSOR.has(f.kind) && (f.target === '*' || f.target === asset))
        return true_ || doubted
          ? []
          : [
              {
                atMs: sentMs,
                text: `${asset}.${name} = ${point.value}, ${point.quality}, ${point.ageMs} ms old; the plant showed nothing like it`,
              },
            ]
      })
    })
  })
}
/** A frame may have waited for a link, as long as it is valid. */
const SERVED_MS = 6_000
const ASKED_MS = 700
/** As long as a gateway stood still that had made its frame and not sent it: no verdict of that frame is applied (S4). */
const stoodStillMs = (e: Evidence, sentMs: number): number =>
  Math.max(
    0,
    ...e.world.faults.map(f => {
      const may = f.kind === 'asleep' && f.target === `${e.site.o.prefix}gateway` && f.fromMs <= sentMs
      return may && sentMs <= f.fromMs + f.forMs + 2 * (f.ms ?? 0) ? (f.ms ?? 0) : 0
    }),
  )
/** Where the device itself shows what is not so, nobody behind it can know. */
const SENSOR = new Set<string>(['oldMeter', 'frozen', 'swapped', 'buffered', 'stick'])

/**
 * S35: once in a life of the gateway's control, as its next life cannot know what the former has said. Which life an
 * alarm is of, its neighbours in the stream tell: two are surely of one where the receipts around them are.
 */
export const oneRecordEach: Find = e => {
  const stream = durableStream(e)
  const epochs = stream.map(({ fact }) => (fact.kind === 'ReceiptRecorded' ? fact.epoch : null))
  const before = (at: number) => epochs.slice(0, at).findLast(epoch => epoch !== null) ?? 0
  const after = (at: number) => epochs.slice(at).find(epoch => epoch !== null) ?? null
  const raisedAt = new Map<string, number>()
  return stream.flatMap(({ atMs, fact }, at) => {
    if (fact.kind === 'GapRecorded') raisedAt.clear() // what returned may be missing, and that is on record
    if (fact.kind !== 'AlarmObserved') return []
    const key = `${fact.alarm} ${fact.about ?? ''} ${fact.asset ?? ''}`
    const first = raisedAt.get(key)
    if (fact.state === 'returned') raisedAt.delete(key)
    else raisedAt.set(key, at)
    const twice = fact.state === 'raised' && first !== undefined && before(first) === after(at)
    return twice ? [{ atMs, text: `${key} is raised twice` }] : []
  })
}
/** Receipts say what was written: each confirmed value is one that the plant took. */
export const writtenWasSeen: Find = e => {
  const firstMs = new Map<string, number>()
  for (const w of e.writes) {
    const key = `${w.asset}.${REGISTERS[w.register as keyof typeof REGISTERS]} = ${w.asked}`
    if (!firstMs.has(key)) firstMs.set(key, w.seenMs)
  }
  return receipts(e).flatMap(({ atMs, fact }) =>
    fact.writes.flatMap(w => {
      const key = `${w.asset}.${w.name} = ${w.written}`
      const seen = (firstMs.get(key) ?? Number.POSITIVE_INFINITY) <= atMs + REGISTER_WINDOW_MS
      return w.kind !== 'setpoint' || !w.accepted || seen
        ? []
        : [{ atMs, text: `${key} is told as accepted; the plant never saw it` }]
    }),
  )
}
