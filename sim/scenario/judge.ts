/** Each expectation against what became of the site: whether it holds, and what was seen, when. */
import { parseFact } from '../../protocol/codec/fact.ts'
import type { FactOf } from '../../protocol/words/facts.ts'
import { format } from '../../protocol/words/units.ts'
import type { Evidence } from '../oracle/evidence.ts'
import { meters } from '../plant/meters.ts'
import type { History } from './history.ts'
import { clock, durationMs, inWords } from './moments.ts'
import type { Names, Quantity } from './names.ts'
import type { Want } from './plan.ts'
import { engineOf } from './stage.ts'
import { type Expectation, PRIORITIES } from './words.ts'

export interface Seen {
  readonly ok: boolean
  /** What was seen, in words. */
  readonly seen: string
  /** Where to look; null: nowhere in particular. */
  readonly atMs: number | null
}
export interface Happened {
  readonly evidence: Evidence
  readonly history: History
  readonly names: Names
  readonly startMs: number
  readonly forMs: number
}
type Of<K extends Expectation['kind']> = Extract<Expectation, { kind: K }>
type Judge<K extends Expectation['kind']> = (e: Of<K>, want: Want, h: Happened) => Seen

export const judgeWant = (want: Want, h: Happened): Seen =>
  (JUDGES[want.expectation.kind] as Judge<any>)(want.expectation, want, h)

const time = (h: Happened, atMs: number): string => clock(h.startMs + atMs)
const ok = (seen: string, atMs: number | null = null): Seen => ({ ok: true, seen, atMs })
const no = (seen: string, atMs: number | null = null): Seen => ({ ok: false, seen, atMs })

const JUDGES: { readonly [K in Expectation['kind']]: Judge<K> } = {
  value(e, { window, limits }, h) {
    const samples = samplesOf(h, h.names.quantities.get(e.of)!, window, e.over)
    const outside = (value: number) => Math.max(value - limits.max, limits.min - value)
    const say = ({ value, atMs }: Sample) => `${format(limits.unit, Math.round(value))} at ${time(h, atMs)}`
    const first = samples[0]
    if (!first) return no('nothing was measured in that time')
    if (window.any) {
      const reached = samples.find(s => outside(s.value) <= 0)
      if (reached) return ok(`${say(reached)}, after ${inWords(reached.atMs - window.fromMs)}`, reached.atMs)
      const nearest = samples.reduce((best, s) => (outside(s.value) < outside(best.value) ? s : best), first)
      return no(`at best ${say(nearest)}`, nearest.atMs)
    }
    const worst = samples.reduce((worst, s) => (outside(s.value) > outside(worst.value) ? s : worst), first)
    if (outside(worst.value) <= 0) return ok(`${extreme(limits)} ${say(worst)}`, worst.atMs)
    const wrong = samples.filter(s => outside(s.value) > 0)
    return no(
      `${say(worst)}; outside in ${wrong.length} of ${samples.length} samples, first at ${time(h, wrong[0]!.atMs)}`,
      worst.atMs,
    )
  },

  state(e, { window }, h) {
    const changes = h.history.states.get(e.of) ?? []
    const matches = (is: readonly string[]) => is.some(path => path === e.is || path.startsWith(`${e.is}.`))
    const spans = changes
      .map((c, i) => ({ fromMs: c.atMs, toMs: changes[i + 1]?.atMs ?? Number.POSITIVE_INFINITY, is: c.is }))
      .filter(s => s.toMs > window.fromMs && (window.any ? s.fromMs <= window.toMs : s.fromMs < window.toMs))
    const say = (s: (typeof spans)[number]) => `in ${s.is.join(' + ')} from ${time(h, Math.max(0, s.fromMs))} on`
    const [first] = spans
    if (!first) return no('the log tells no state in that time')
    const right = spans.find(s => matches(s.is))
    if (window.any) {
      if (!right) return no(say(spans.at(-1)!), spans.at(-1)!.fromMs)
      const afterMs = Math.max(0, right.fromMs - window.fromMs)
      return ok(`${say(right)}, after ${inWords(afterMs)}`, right.fromMs)
    }
    if (first.fromMs > window.fromMs)
      return no(`the log tells its state from ${time(h, first.fromMs)} on`, first.fromMs)
    const wrong = spans.find(s => !matches(s.is))
    return wrong ? no(say(wrong), wrong.fromMs) : ok('all along')
  },

  alarm(e, { window }, h) {
    const named = h.history.alarms.filter(a => isCalled(a.key, e.alarm))
    const found = named.find(a =>
      window.any
        ? a.fromMs >= window.fromMs && a.fromMs <= window.toMs
        : a.fromMs <= window.toMs && (a.toMs ?? Number.POSITIVE_INFINITY) >= window.fromMs,
    )
    if (found) return ok(`raised at ${time(h, found.fromMs)}: ${found.text}`, found.fromMs)
    const other = named[0]
    return other ? no(`raised at ${time(h, other.fromMs)} only`, other.fromMs) : no('never raised')
  },

  noAlarm(e, { window }, h) {
    const above = e.above === undefined ? -1 : PRIORITIES.indexOf(e.above)
    const found = h.history.alarms.filter(
      a =>
        a.fromMs <= window.toMs &&
        (a.toMs ?? Number.POSITIVE_INFINITY) > window.fromMs &&
        (e.alarm === undefined || isCalled(a.key, e.alarm)) &&
        PRIORITIES.indexOf(a.priority as (typeof PRIORITIES)[number]) > above,
    )
    const [first] = found
    if (!first) return ok('none')
    const more = found.length > 1 ? `, and ${found.length - 1} more` : ''
    return no(`${first.key} (${first.priority}) at ${time(h, first.fromMs)}: ${first.text}${more}`, first.fromMs)
  },

  slots(e, { window }, h) {
    const within = h.history.slots.filter(s => s.toMs > window.fromMs && s.fromMs < Math.min(window.toMs, h.forMs))
    const found = within.filter(s => s.class === e.class)
    const seen = `${found.length} of ${within.length} slots ${e.class}`
    if (within.length === 0) return no('nothing was ever decided')
    return found.length <= e.most ? ok(seen) : no(`${seen}, first at ${time(h, found[0]!.fromMs)}`, found[0]!.fromMs)
  },

  verdicts(e, { window }, h) {
    const all = h.evidence.verdicts.filter(v => v.atMs >= window.fromMs && v.atMs <= window.toMs)
    if (all.length === 0) return no('no verdict in that time')
    const engine = engineOf(h.evidence.site.o.engine, e.by).hash
    const right = ({ verdict }: (typeof all)[number]) =>
      e.by === 'majority'
        ? verdict.source === 'majority'
        : h.evidence.behind(verdict.certificate.digest)?.candidate.engine === engine
    const wrong = all.find(v => !right(v))
    if (!wrong) return ok(`${all.length} verdicts`)
    const { source, cycle } = wrong.verdict
    const by = e.by === 'majority' ? `source '${source}'` : 'another engine'
    return no(`cycle ${cycle} at ${time(h, wrong.atMs)} by ${by}`, wrong.atMs)
  },

  command(e, { window }, h) {
    const asked = h.history.commands.filter(
      c => c.target === e.of && c.name === e.name && c.askedMs >= window.fromMs && c.askedMs <= window.toMs,
    )
    if (asked.length === 0) return no('nobody asked for it in that time')
    const byMs = window.any ? window.toMs : Number.POSITIVE_INFINITY
    const wrong = asked.find(c => c.state !== e.ends || (c.endedMs ?? Number.POSITIVE_INFINITY) > byMs)
    const last = wrong ?? asked.at(-1)!
    const took = last.endedMs === null ? '' : `, after ${inWords(last.endedMs - last.askedMs)}`
    const seen = `asked at ${time(h, last.askedMs)}: ${last.state}${last.reason === '' ? '' : ` (${last.reason})`}${took}`
    return wrong ? no(seen, last.askedMs) : ok(seen, last.askedMs)
  },

  energy(_, { limits }, h) {
    const { meterWh, logWh, throughWh } = energyOf(h.evidence)
    const share = throughWh === 0 ? 0 : (Math.abs(meterWh - logWh) / throughWh) * 1_000
    const wh = (x: number) => `${Math.round(x * 10) / 10} Wh`
    const seen = `meter ${wh(meterWh)}, log ${wh(logWh)}: ${Math.round(share * 10) / 100} % of ${wh(throughWh)}`
    return share <= limits.max ? ok(seen) : no(seen)
  },

  frames(_, __, { evidence, forMs }) {
    const there = framesOf(evidence)
    const frames = [...there.values()]
    const inTime = new Set(evidence.of('FrameMeasured').map(f => f.fact.cycle))
    const late = frames.filter(f => !inTime.has(f.cycle)).length
    const holes = [...Map.groupBy(frames, f => f.epoch).values()].flatMap(holesOf)
    // those at the end of a life leave no hole
    const sent = [...evidence.framesSent].flatMap(([cycle, atMs]) => (atMs > forMs || there.has(cycle) ? [] : [cycle]))
    const missing = new Set([...holes, ...sent])
    if (missing.size === 0) return ok(`${frames.length} cycles, ${late} of them by backfill`)
    return no(`${missing.size} cycles are missing, the first is ${Math.min(...missing)}`)
  },
}

const extreme = ({ min, max }: Want['limits']): string =>
  Number.isFinite(min) ? (Number.isFinite(max) ? 'nearest to a limit' : 'at least') : 'at most'

/** A name, or a name with whom it is about. */
const isCalled = (key: string, name: string): boolean => key === name || key.startsWith(`${name}.`)

interface Sample {
  readonly atMs: number
  readonly value: number
}
/** Of each second, or the mean of each whole `over`. */
function samplesOf(h: Happened, quantity: Quantity, window: Want['window'], over: string | undefined): Sample[] {
  const toMs = Math.min(window.toMs, h.forMs)
  const looks = h.evidence.site.field.looks.filter(l => l.atMs >= window.fromMs && l.atMs <= toMs)
  const samples = looks.map(({ atMs, state }) => ({ atMs, value: quantity.of(state) }))
  if (over === undefined) return samples
  const overMs = durationMs(over)
  const byWindow = Map.groupBy(samples, s => Math.floor((s.atMs - window.fromMs) / overMs))
  return [...byWindow]
    .filter(([nth]) => window.fromMs + (nth + 1) * overMs <= toMs)
    .map(([nth, own]) => ({
      atMs: window.fromMs + nth * overMs,
      value: own.reduce((sum, s) => sum + s.value, 0) / own.length,
    }))
}

/** A gateway that starts anew goes on above the numbers that its former life may have used: holes count within a life. */
function holesOf(frames: readonly { readonly cycle: number }[]): number[] {
  const there = new Set(frames.map(f => f.cycle))
  const first = Math.min(...there)
  const all = Array.from({ length: Math.max(...there) - first }, (_, i) => first + i)
  return all.filter(cycle => !there.has(cycle))
}

/** By cycle, in time or from the outbox, each once. */
function framesOf(e: Evidence): Map<number, FactOf<'FrameMeasured'>> {
  const frames = new Map(e.of('FrameMeasured').map(f => [f.fact.cycle, f.fact]))
  for (const { body } of e.site.o.topics.history.kept) {
    const parsed = parseFact(body)
    if (parsed.kind === 'fact' && parsed.fact.kind === 'FrameMeasured' && !frames.has(parsed.fact.cycle))
      frames.set(parsed.fact.cycle, parsed.fact)
  }
  return frames
}

/** Net import by the plant's own meter, and what load, PV and batteries integrate to in the log's frames. */
function energyOf(e: Evidence): { meterWh: number; logWh: number; throughWh: number } {
  const { cycleMs } = e.manifest.timing
  const { meter } = e.manifest.limits
  const frames = [...framesOf(e)].sort(([a], [b]) => a - b)
  // between two lives of a gateway no frame was made: their numbers say nothing of the time
  const atMs = (cycle: number, beforeMs: number) => e.framesSent.get(cycle) ?? beforeMs + cycleMs
  let logWh = 0
  let ms = e.framesSent.get(frames[0]?.[0] ?? 0) ?? 0
  const fromMs = ms
  frames.forEach(([, { assets }], i) => {
    const next = frames[i + 1]
    const nextMs = next ? atMs(next[0], ms) : ms
    const powers = Object.entries(assets).filter(([name]) => name !== meter)
    const netW = powers.reduce((sum, [, { points }]) => sum + Number(points.power?.value ?? 0), 0)
    logWh -= (netW * (nextMs - ms)) / 3_600_000
    ms = nextMs
  })
  const { looks } = e.site.field
  const at = (t: number) => meters(looks.find(l => l.atMs >= t)?.state ?? looks.at(-1)!.state)
  const [from, to] = [at(fromMs), at(ms)]
  const wh = (key: 'importedMwh' | 'exportedMwh' | 'producedMwh' | 'dischargedMwh') => (to[key] - from[key]) / 1_000
  return {
    meterWh: wh('importedMwh') - wh('exportedMwh'),
    logWh,
    throughWh: wh('importedMwh') + wh('producedMwh') + wh('dischargedMwh'),
  }
}
