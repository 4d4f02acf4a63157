/** What reached the field, held against what was durable before it left. */
import type { ManifestAsset } from '../../protocol/words/manifest.ts'
import { majorityOf } from '../../protocol/words/manifest.ts'
import { KINDS } from '../faults/kinds.ts'
import type { SeenWrite } from '../platform/field.ts'
import type { Find, Finding } from './check.ts'
import type { Evidence, NotedVerdict } from './evidence.ts'
import { gridOf, isLocal, PULSES, REGISTERS, setpointOf, socOf } from './plant-words.ts'
import { honest } from './votes.ts'

/** The register's step, W: what quantising may add or take. */
const STEP_W = 10
const DAY_MS = 86_400_000

export interface OwnWrite extends SeenWrite {
  readonly entry: ManifestAsset
  readonly setpoint: 'power' | 'powerMax' | null
  readonly pulse: string | null
  /** The last verdict that was durable when the write was asked for. */
  readonly noted: NotedVerdict | null
  /** That one, and those before it under which a round of writes that is still under way may have begun. */
  readonly under: readonly NotedVerdict[]
  /** What the register held, and what the gateway had last seen it take: a device may forget by itself in between. */
  readonly from: readonly number[]
}

/** A device that refuses names the address alone. */
const REFUSED: Readonly<Record<string, string>> = {
  'battery holding:100': 'setpoint',
  'battery holding:103': 'pulse',
  'pv holding:100': 'ceiling',
  'pv holding:103': 'pulse',
}
/** Setpoints and pulses that the gateway wrote. */
export function ownWrites(e: Evidence): readonly OwnWrite[] {
  const entries = new Map(e.manifest.assets.map(a => [a.name, a]))
  let at = 0
  let noted: NotedVerdict | null = null
  const last = new Map<string, number>()
  const writes = [...e.writes].sort((a, b) => a.askedMs - b.askedMs)
  return writes.flatMap(w => {
    const entry = entries.get(w.asset)
    while (at < e.verdicts.length && e.verdicts[at]!.atMs <= w.askedMs) noted = e.verdicts[at++]!
    if (!entry || w.source.startsWith('second-writer')) return []
    const type = w.before.assets[w.asset]?.type ?? ''
    const register = REFUSED[`${type} ${w.register}`] ?? w.register
    const setpoint = register in REGISTERS ? REGISTERS[register as keyof typeof REGISTERS] : null
    const pulse = register === 'pulse' ? (PULSES[type]?.[w.words[0] ?? 0] ?? 'unknown') : null
    // heartbeats and time-outs
    if (setpoint === null && pulse === null) return []
    const held = setpointOf(w.before, w.asset) ?? 0
    const from = [held, last.get(w.asset) ?? held]
    if (setpoint !== null && w.outcome === 'accepted') last.set(w.asset, setpointOf(w.after, w.asset) ?? 0)
    let first = at - 1
    const longMs = slowAt(e, w.askedMs) ? SLOW_ROUND_MS : ROUND_MS
    while (first > 0 && w.askedMs - e.verdicts[first]!.atMs < longMs) first--
    const under = e.verdicts.slice(Math.max(0, first), at)
    return [{ ...w, entry, setpoint, pulse, noted, under, from }]
  })
}
/** From the first write of a round to its last, in a field that answers. */
const ROUND_MS = 20
/** Where a device does not answer, or what a write costs is counted on a slow disk. */
const SLOW_ROUND_MS = 2_000
const slowAt = (e: Evidence, atMs: number): boolean =>
  e.world.faults.some(
    ({ kind, fromMs, forMs }) => SLOWS.has(kind) && atMs > fromMs && atMs < fromMs + forMs + SLOW_ROUND_MS,
  )
const SLOWS = new Set<string>(['diskSlow', 'freeze', 'drop', 'slowField', 'replyLost', 'unanswered'])

/** What the verdicts that a write may be of decide for its asset's power, the newest last; null: that one says nothing of it. */
function powersOf({ under, asset }: OwnWrite): readonly number[] | null {
  const actions = under.map(({ verdict }) => verdict.actions.assets[asset]?.setpoints.power)
  return actions.at(-1) ? actions.flatMap(a => a?.value ?? []) : null
}

const valid = (w: OwnWrite): boolean => w.noted !== null && w.senderMs < w.noted.verdict.validUntilMs
const at = (w: SeenWrite, text: string): Finding => ({
  atMs: w.seenMs,
  text: `${w.asset}.${w.register} ${w.asked} ${text}`,
})
/** A setpoint that was taken. */
const taken = (w: OwnWrite): w is OwnWrite & { asked: number } =>
  w.setpoint !== null && w.asked !== null && w.outcome === 'accepted'

/** Towards the declared fallback, or there already. */
function isFallback(w: OwnWrite): boolean {
  const goal = w.entry.fallback.values[w.setpoint!]
  if (goal === undefined || w.asked === null) return false
  const from = setpointOf(w.before, w.asset) ?? 0
  return Math.abs(w.asked - goal) <= Math.max(STEP_W, Math.abs(from - goal))
}

/** S1 */
export const traced: Find = e =>
  ownWrites(e).flatMap(w => {
    if (w.pulse !== null) return w.noted || w.outcome !== 'accepted' ? [] : [at(w, 'without any verdict on record')]
    if (!taken(w) || isFallback(w)) return []
    if (!w.noted) return [at(w, 'without any verdict on record')]
    const silent = w.under.every(
      ({ verdict: { actions } }) => actions.mode === 'off' || actions.mode === 'observe' || !actions.assets[w.asset],
    )
    return silent
      ? [at(w, `under a verdict of mode ${w.noted.verdict.actions.mode} that does not have it written`)]
      : []
  })

/** S1, S12, S13, S14: what a certificate says is held against the bytes and keys themselves. */
export const certified: Find = e => e.once('certified', () => misCertified(e))
function misCertified(e: Evidence): readonly Finding[] {
  const { verifier } = e.site.o.keys
  return e.verdicts.flatMap(({ atMs, verdict }) => {
    const { certificate, source, cycle } = verdict
    const wrong = (text: string) => [{ atMs, text: `cycle ${cycle}: ${text}` }]
    const behind = e.behind(certificate.digest)
    if (!behind) return wrong('nobody ever signed what its certificate names')
    const { keys, replicas } = e.manifest
    const good = Object.entries(certificate.signatures).filter(
      ([by, signature]) =>
        replicas.includes(by) && verifier.verify('candidate', keys[by]!.publicKey, behind.bytes, signature),
    )
    const least = source === 'single' ? 1 : majorityOf(replicas.length)
    if (good.length < least) return wrong(`${good.length} good signatures of ${least}`)
    if (behind.candidate.epoch !== verdict.epoch || behind.candidate.cycle !== cycle) return wrong('of another cycle')
    if (behind.candidate.site !== e.manifest.site) return wrong('of another site')
    if (JSON.stringify(behind.candidate.actions) !== JSON.stringify(verdict.actions))
      return wrong('other actions than were signed')
    return []
  })
}

/** S12: one replica alone decides nothing while two honest ones answer: their votes reach the gateway, and are two. */
export const aloneIsAlone: Find = (e, { profile }) =>
  e.verdicts.flatMap(({ atMs, verdict: { source, epoch, cycle } }) => {
    const sentMs = e.framesSent.get(cycle)
    const sinceMs = atMs - e.manifest.timing.validityMs
    if (source !== 'single' || sentMs === undefined || !heard(e, sinceMs, atMs)) return []
    const voters = new Set(
      honest(e, profile.traitor).flatMap(s =>
        s.candidate.epoch === epoch && s.candidate.cycle < cycle && s.atMs > sinceMs && s.atMs < sentMs ? s.by : [],
      ),
    )
    return voters.size < 2
      ? []
      : [{ atMs, text: `cycle ${cycle} was decided by one replica, and ${[...voters].join(' and ')} answer` }]
  })
/** What nodes say comes to the gateway, at once, and in the words of one manifest. */
const heard = (e: Evidence, fromMs: number, toMs: number): boolean =>
  e.world.faults.every(
    f =>
      (!DEAFENS.has(KINDS[f.kind].group) && !CHANGES.has(f.kind)) ||
      f.fromMs > toMs ||
      f.fromMs + f.forMs + Math.abs(f.ms ?? 0) + SETTLES_MS < fromMs,
  )
const DEAFENS = new Set<string>(['network', 'process', 'gateway', 'clock'])
const CHANGES = new Set<string>(['manifestChange', 'engineChange'])

/** S3 */
export const rising: Find = e =>
  e.verdicts.flatMap(({ atMs, verdict }, i) => {
    const before = e.verdicts[i - 1]?.verdict
    const above =
      !before || verdict.epoch > before.epoch || (verdict.epoch === before.epoch && verdict.cycle > before.cycle)
    return above ? [] : [{ atMs, text: `${verdict.epoch}/${verdict.cycle} after ${before.epoch}/${before.cycle}` }]
  })

/** S4: by the gateway's monotonic clock, and by when its frame was seen to leave. */
export const inTime: Find = e =>
  ownWrites(e).flatMap(w => {
    if (w.outcome !== 'accepted' || !w.noted || w.unwatched) return []
    const sentMs = e.framesSent.get(w.noted.verdict.cycle) ?? Number.POSITIVE_INFINITY
    // what was asked for while the verdict was valid is its doing, wherever it leads
    const governed = w.askedMs - sentMs < e.manifest.timing.validityMs
    if (w.pulse === null && (!taken(w) || lies(e, w) || (isFallback(w) && !governed))) return []
    const overMs = Math.max(
      valid(w) ? 0 : w.senderMs - w.noted.verdict.validUntilMs,
      w.leftMs - sentMs - e.manifest.timing.validityMs - DRIFT_MS,
    )
    if (overMs <= 0) return []
    return [at(w, `left ${overMs} ms after its validity had ended (cycle ${w.noted.verdict.cycle})`)]
  })

/** Clocks run apart by so much within a verdict's validity at most. */
const DRIFT_MS = 5

/** S4: a heartbeat says that the gateway governs now; it holds for a cycle, and then it does not leave any more. */
export const beatsInTime: Find = e =>
  e.writes.flatMap(w => {
    const overMs = w.leftMs - w.askedMs - e.manifest.timing.cycleMs - DRIFT_MS
    return w.register !== 'heartbeat' || w.unwatched || overMs <= 0
      ? []
      : [at(w, `left ${overMs} ms after it had ceased to hold`)]
  })

/** S5, for each asset: the register's own envelope. */
export const inEnvelope: Find = e =>
  ownWrites(e).flatMap(w => {
    if (w.setpoint === null || w.asked === null) return []
    const { min, max } = w.entry.envelope[w.setpoint]!
    return w.asked < min || w.asked > max ? [at(w, `outside ${min} to ${max}`)] : []
  })

/** S6, S8: each pulse that was carried out has an intent of its own that was durable before it left. */
export const intendedPulses: Find = e => {
  const done = new Map<string, number>()
  return ownWrites(e).flatMap(w => {
    if (w.pulse === null || w.outcome !== 'accepted') return []
    const key = `${w.asset} ${w.pulse}`
    const nth = (done.get(key) ?? 0) + 1
    done.set(key, nth)
    const intents = e.pulses.filter(p => p.asset === w.asset && p.name === w.pulse && p.atMs <= w.leftMs)
    return intents.length >= nth ? [] : [at(w, `${w.pulse}: ${nth} times with ${intents.length} intents`)]
  })
}

/** A register that shows what it does not hold: what follows from its words is not the gateway's doing. */
const lies = (e: Evidence, w: OwnWrite): boolean =>
  e.world.faults.some(
    f =>
      (f.kind === 'buffered' || f.kind === 'stick') &&
      f.target === w.asset &&
      w.seenMs >= f.fromMs &&
      w.seenMs <= f.fromMs + f.forMs + LIED_MS,
  )
const LIED_MS = 5_000

/** S6: a value leads from what was applied to what the durable verdict says, not to what a later one says. */
export const intendedSetpoints: Find = e =>
  ownWrites(e).flatMap(w => {
    if (w.setpoint !== 'power' || !taken(w) || !w.noted || isFallback(w) || lies(e, w)) return []
    const decided = powersOf(w)
    if (!decided || e.manifest.laws.some(law => law.law === 'fcr' && law.asset === w.asset)) return []
    const low = Math.min(0, ...w.from, ...decided) - STEP_W
    const high = Math.max(0, ...w.from, ...decided) + STEP_W
    return w.asked < low || w.asked > high
      ? [
          at(
            w,
            `leads from ${w.from.join(' or ')} to neither 0 nor ${decided.join(' or ')}, which cycle ${w.noted.verdict.cycle} decided`,
          ),
        ]
      : []
  })

/** S29 */
export const ramped: Find = e => {
  const { cycleMs } = e.manifest.timing
  const changed = new Map<string, number>()
  return ownWrites(e).flatMap(w => {
    if (w.setpoint !== 'power' || !taken(w)) return []
    const { asked } = w
    const from = w.from.reduce((near, f) => (Math.abs(f - asked) < Math.abs(near - asked) ? f : near))
    const { rise, fall } = w.entry.envelope.power!
    const sinceMs = Math.min(w.seenMs - (changed.get(w.asset) ?? Number.NEGATIVE_INFINITY), 2 * cycleMs)
    if ((setpointOf(w.after, w.asset) ?? 0) !== (setpointOf(w.before, w.asset) ?? 0)) changed.set(w.asset, w.seenMs)
    const rate = w.asked > from ? rise : fall
    const reach = rate === 0 ? Number.POSITIVE_INFINITY : (rate * (sinceMs + SLACK_MS)) / 1_000 + STEP_W
    if (Math.abs(w.asked - from) <= reach || lies(e, w)) return []
    const options = e.site.field.plant.options.assets.find(a => a.name === w.asset)!
    const soc = socOf(w.before, options)
    const settings = w.entry.settings as Record<string, number>
    const guarded = soc !== null && (soc <= settings.socMin! + 20 || soc >= settings.socMax! - 20)
    if (guarded && Math.abs(w.asked) < Math.abs(from)) return []
    return [at(w, `from ${from} in ${Math.round(sinceMs)} ms at ${rate} W/s`)]
  })
}
/** Between the moment that a ramp is counted for and the arrival of its write: request, answer, a disk's sync. */
const SLACK_MS = 150

/** S25: while the verdict of its last life is valid, a gateway that starts writes nothing that leads away from it. */
export const startsQuietly: Find = e => {
  const starts = e.lives.filter(l => l.process.endsWith('gateway')).slice(1)
  return ownWrites(e).flatMap(w => {
    if (w.setpoint !== 'power' || !taken(w) || !w.noted || !valid(w)) return []
    const start = starts.find(l => l.fromMs <= w.askedMs && w.askedMs < l.fromMs + e.manifest.timing.validityMs)
    const decided = powersOf(w)
    if (!start || !decided || !undisturbed(e, w.askedMs)) return []
    // alone, a replica has a part of the envelope
    const alone = w.noted.verdict.source === 'single'
    const { min, max } = w.entry.envelope.power!
    const share = (limit: number) => (alone ? (limit * (e.manifest.single?.envelopePermille ?? 0)) / 1_000 : limit)
    const goals = decided.map(d => Math.max(share(min), Math.min(share(max), d)))
    const away = (goal: number) => w.from.every(from => Math.abs(w.asked - goal) > Math.abs(from - goal) + STEP_W)
    return goals.every(away)
      ? [at(w, `leads from ${w.from.join(' or ')} away from ${goals.join(' or ')}, which is valid, after a start`)]
      : []
  })
}
/** Field and data are sound around that time. */
const undisturbed = (e: Evidence, atMs: number): boolean =>
  e.world.faults.every(
    f =>
      (KINDS[f.kind].group !== 'plant' && KINDS[f.kind].group !== 'data') ||
      atMs < f.fromMs ||
      atMs > f.fromMs + f.forMs + SETTLES_MS,
  )
const SETTLES_MS = 20_000

/** S5: the export at the connection comes back below its limit. Devices need a moment to follow. */
export const exportLimited: Find = e => {
  const law = e.manifest.laws.find(l => l.law === 'exportLimit')
  if (law?.law !== 'exportLimit') return []
  let overSinceMs: number | null = null
  return e.site.field.looks.flatMap(({ atMs, state }) => {
    const verdict = e.verdicts.findLast(v => v.atMs <= atMs)
    const decided = verdict !== undefined && atMs - verdict.atMs < 3_000
    const writes = decided && !['off', 'observe'].includes(verdict.verdict.actions.mode)
    const over = -gridOf(state) > law.limitW + OVER_W && writes && undisturbed(e, atMs)
    overSinceMs = over ? (overSinceMs ?? atMs) : null
    return overSinceMs !== null && atMs - overSinceMs > FOLLOWS_MS
      ? [{ atMs, text: `${-gridOf(state)} W are exported since ${overSinceMs} ms; the limit is ${law.limitW}` }]
      : []
  })
}
const OVER_W = 300
const FOLLOWS_MS = 15_000

/** S24: with a meter that has long been silent, the law that limits export leaves its blind value. */
export const blindLimits: Find = e => {
  const law = e.manifest.laws.find(l => l.law === 'exportLimit')
  if (law?.law !== 'exportLimit') return []
  const { staleAfterMs } = e.manifest.assets.find(a => a.name === law.meter)!
  const served = e.site.field.served.get(law.meter) ?? []
  const frozen = e.world.faults.filter(f => f.kind === 'freeze' && f.target === law.meter)
  return e.site.field.looks.flatMap(({ atMs, state }) => {
    if (!frozen.some(f => atMs > f.fromMs && atMs < f.fromMs + f.forMs)) return []
    const seenMs = served.findLast(l => l.atMs <= atMs)?.atMs ?? atMs
    const verdict = e.verdicts.findLast(v => v.atMs <= atMs)
    if (atMs - seenMs < staleAfterMs + BLIND_MS || !verdict || atMs - verdict.atMs > 2_000) return []
    if (['off', 'observe'].includes(verdict.verdict.actions.mode)) return []
    const others = e.world.faults.some(
      f =>
        f.target !== law.meter &&
        ['plant', 'data', 'process', 'gateway', 'disk'].includes(KINDS[f.kind].group) &&
        atMs > f.fromMs &&
        atMs < f.fromMs + f.forMs + SETTLES_MS,
    )
    const ceiling = setpointOf(state, law.asset)
    return others || ceiling === null || ceiling <= law.blindW
      ? []
      : [{ atMs, text: `${law.asset} may give ${ceiling} W; its meter is silent since ${seenMs} ms` }]
  })
}
const BLIND_MS = 4_000

/** S30 */
export const budgeted: Find = e => {
  const byRegister = Map.groupBy(
    e.writes.filter(w => !w.source.startsWith('second-writer') && (w.register in REGISTERS || w.register === 'pulse')),
    w =>
      `${w.asset}.${w.register === 'pulse' ? (PULSES[w.before.assets[w.asset]?.type ?? '']?.[w.words[0] ?? 0] ?? '') : REGISTERS[w.register as keyof typeof REGISTERS]}`,
  )
  return [...byRegister].flatMap(([key, writes]) => {
    const [asset, name] = key.split('.') as [string, string]
    const { map } = e.manifest.assets.find(a => a.name === asset)!
    const perDay = map.setpoints?.[name]?.writesPerDay ?? map.pulses?.[name]?.writesPerDay
    if (perDay === undefined) return []
    const over = writes.find(
      (w, i) => writes[i - perDay] !== undefined && w.seenMs - writes[i - perDay]!.seenMs < DAY_MS,
    )
    return over ? [{ atMs: over.seenMs, text: `${key}: more than ${perDay} writes in 24 h` }] : []
  })
}

/** S36: once the gateway has read that a device is in local mode, it writes nothing until it reads otherwise. */
export const leavesLocalAlone: Find = e =>
  ownWrites(e).flatMap(w => {
    if (!isLocal(w.before, w.asset)) return []
    const seen = e.site.field.served.get(w.asset) ?? []
    const told = seen.findLast(l => l.atMs < w.leftMs - NOTICED_MS)
    const since = e.site.field.looks.findLast(l => l.atMs <= w.leftMs && !isLocal(l.state, w.asset))?.atMs ?? 0
    return told && isLocal(told.state, w.asset) && told.atMs > since + 1_000
      ? [at(w, `was written although the device had said at ${told.atMs} ms that it is in local mode`)]
      : []
  })
/** From a device's answer to the round that heeds it: a poll of all devices may wait for one that hangs. */
const NOTICED_MS = 3_000
