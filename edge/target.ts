/**
 * What each setpoint should be now: pure. In this order, each bound named where it binds:
 *
 *   verdict or fallback -> local laws -> voted bounds -> state of charge -> ramp from what was last applied -> asset's
 *   envelope and state of charge -> the register's step -> the site's connection (`connection.ts`)
 *
 * T1  Whatever a setpoint becomes stays inside the hard bounds (envelope, known state of charge), quantised too (S5).
 * T2  It stays within what the ramp can reach from what was applied, as far as T1 allows (S29); a register that was
 *     never read is not written.
 * T3  A lost measurement limits, it never frees (S24).
 */
import { exportLimit } from '../actors/laws/export-limit.ts'
import { type FrequencyHistory, fcr, plausible } from '../actors/laws/fcr.ts'
import { reach } from '../actors/laws/ramp.ts'
import { type Guarded, socGuard } from '../actors/laws/soc-guard.ts'
import type { Actions, LocalLaw, SetpointAction } from '../protocol/words/candidate.ts'
import type { ManifestAsset, SetpointEnvelope } from '../protocol/words/manifest.ts'
import { keepConnection, numberOf } from './connection.ts'

export type Values = Readonly<Record<string, number | string | undefined>>
export interface Applied {
  readonly value: number
  /** Of it, what the local laws added. */
  readonly local: number
  readonly atMs: number
}
export interface Situation {
  readonly nowMs: number
  readonly cycleMs: number
  /** When setpoints were last worked out; what a ramp may do at once counts from there. */
  readonly evaluatedMs: number
  readonly assets: readonly ManifestAsset[]
  /** Of the manifest: the protective ones hold without a verdict too. */
  readonly laws: readonly LocalLaw[]
  readonly actions: Actions | null
  /** Who governs each asset. */
  readonly govern: Readonly<Record<string, 'verdict' | 'local' | 'none'>>
  /** Share of the envelope that is left in a single-replica fallback, permille. */
  readonly envelopePermille: number
  /** Points that can be relied on, by asset. */
  readonly values: Readonly<Record<string, Values>>
  /** Of them, those that were read just now: what a service such as FCR answers to. */
  readonly fresh: Readonly<Record<string, Values>>
  /** Last read back, by `asset.setpoint`; none: the device has not been read yet. */
  readonly applied: Readonly<Record<string, Applied>>
  /** By `asset.setpoint` of the law that watches it. */
  readonly frequency: Readonly<Record<string, FrequencyHistory>>
  readonly limits: { readonly importMaxW: number; readonly exportMaxW: number; readonly meter: string }
}
export interface Target {
  readonly asset: string
  readonly name: string
  /** What was decided, before any bound. */
  readonly decided: number
  readonly value: number
  readonly local: number
  readonly boundBy?: string
}
/** A target with the room that the connection may still use. */
export interface Draft extends Target {
  readonly lo: number
  readonly hi: number
  readonly step: number
}
interface Place {
  readonly s: Situation
  readonly asset: ManifestAsset
  readonly name: string
  readonly envelope: SetpointEnvelope
  readonly action: SetpointAction | undefined
  readonly last: Applied
}

export function targets(s: Situation): {
  readonly targets: readonly Target[]
  readonly frequency: Situation['frequency']
} {
  const judged = judgeFrequencies(s)
  const drafts: Draft[] = []
  for (const asset of s.assets) {
    const govern = s.govern[asset.name] ?? 'none'
    if (govern === 'none') continue
    for (const [name, envelope] of Object.entries(asset.envelope)) {
      const action = govern === 'verdict' ? s.actions?.assets[asset.name]?.setpoints[name] : undefined
      const decided = govern === 'verdict' ? action?.value : asset.fallback.values[name]
      const last = s.applied[`${asset.name}.${name}`]
      if (decided === undefined || last === undefined) continue // T2
      const service = govern === 'verdict' && s.actions?.mode === 'automatic'
      const wantedW = service ? (judged.deltas[`${asset.name}.${name}`] ?? 0) : 0
      drafts.push(draft({ s, asset, name, envelope, action, last }, decided, wantedW))
    }
  }
  return { targets: keepConnection(s, drafts), frequency: judged.histories }
}

/** With the service and without it, so that `local` is what the bounds leave of it. */
function draft(p: Place, decided: number, wantedW: number): Draft {
  const whole = bring(p, decided + wantedW, p.last.value, wantedW === 0 ? undefined : 'fcr')
  const own = wantedW === 0 && p.last.local === 0 ? whole : bring(p, decided, p.last.value - p.last.local, undefined)
  const { value, by, lo, hi } = whole
  const local = value - own.value
  const target = { asset: p.asset.name, name: p.name, decided, value, local, lo, hi, step: stepOf(p.asset, p.name) }
  return by === undefined ? target : { ...target, boundBy: by }
}

/** One value on its way through the bounds, and the last of them that changed it. */
function bring(p: Place, wanted: number, from: number, addedBy: string | undefined) {
  const { s, asset, name, envelope, action } = p
  let value = wanted
  let by = addedBy
  const clamp = (min: number, max: number, minBy: string, maxBy = minBy) => {
    const bounded = Math.max(min, Math.min(max, value))
    if (bounded !== value) by = bounded > value ? minBy : maxBy
    value = bounded
  }
  for (const ceiling of exportLimits(s, asset.name, name)) clamp(-Infinity, ceiling.pvMaxW, ceiling.why)
  if (action) clamp(action.min, action.max, action.boundBy ?? 'votedBounds')
  const share = (limit: number) => Math.trunc((limit * s.envelopePermille) / 1000)
  clamp(share(envelope.min), share(envelope.max), 'envelope')
  const guard = guardOf(s, asset, name)
  if (guard) clamp(guard.min, guard.max, guard.minBy, guard.maxBy)
  const start = beginning(p, from)
  // a value that stood for long is no credit: one cycle at once, or what a stall has missed, up to two
  const atOnceMs = Math.max(s.cycleMs, Math.min(s.nowMs - s.evaluatedMs, 2 * s.cycleMs))
  const dtMs = Math.min(s.nowMs - p.last.atMs, atOnceMs)
  const ramp = reach({
    from: start,
    rise: slower(action?.rise, envelope.rise),
    fall: slower(action?.fall, envelope.fall),
    dtMs,
  })
  clamp(ramp.min, ramp.max, 'ramp')
  clamp(envelope.min, envelope.max, 'envelope')
  // without a state of charge the way to zero keeps its ramp; a known one stops at once
  const known = guard && guard.minBy !== 'socLost' ? guard : undefined
  if (known) clamp(known.min, known.max, known.minBy, known.maxBy)
  const hard = {
    min: Math.max(envelope.min, known?.min ?? envelope.min),
    max: Math.min(envelope.max, known?.max ?? envelope.max),
  }
  const lo = Math.max(hard.min, Math.min(hard.max, ramp.min))
  const hi = Math.max(hard.min, Math.min(hard.max, ramp.max))
  const quantum = quantised(value, stepOf(asset, name), lo, hi, from)
  if (quantum !== value) by ??= 'registerStep'
  return { value: quantum, by, lo, hi }
}

/**
 * Where a ramp begins. A register beyond the envelope holds no setpoint of anybody's (a ceiling that reads 65535 where
 * there is none): then the device is where it is measured.
 */
function beginning({ s, asset, envelope }: Place, from: number): number {
  const measured = from < envelope.min || from > envelope.max ? numberOf(s.fresh[asset.name]?.power) : null
  return Math.max(envelope.min, Math.min(envelope.max, measured ?? from))
}

const slower = (a: number | undefined, b: number) => (!a ? b : !b ? a : Math.min(a, b))

/** The smallest change that the register can hold, in the unit's smallest step. */
export function stepOf(asset: ManifestAsset, name: string): number {
  const { num = 1, den = 1 } = asset.map.setpoints?.[name]?.scale ?? {}
  return Math.max(1, Math.ceil(num / den))
}

/** A value of the register inside [lo, hi]: towards zero, else away from it, else what it holds, else towards zero (T1). */
export function quantised(value: number, step: number, lo: number, hi: number, held: number): number {
  const towardsZero = Math.trunc(value / step) * step || 0
  const away = towardsZero === value ? value : towardsZero + Math.sign(value) * step
  return [towardsZero, away, held].find(v => v >= lo && v <= hi) ?? towardsZero
}

/** Protective: of the manifest and of the verdict alike, in every mode and without a verdict too. */
function exportLimits(s: Situation, asset: string, name: string) {
  const laws = [...s.laws, ...(s.actions?.laws ?? [])]
  return laws.flatMap(law => {
    if (law.law !== 'exportLimit' || law.asset !== asset || law.setpoint !== name) return []
    // a protective law goes on with the last usable value until it is stale: one missed read is no lost meter
    const gridW = numberOf(s.values[law.meter]?.power)
    const pvW = numberOf(s.values[law.asset]?.power)
    return [exportLimit({ gridW, pvW, limitW: law.limitW, blindW: law.blindW })]
  })
}

/** Every frequency is judged at each evaluation, so that its history has no holes; answered by the verdict's laws alone. */
function judgeFrequencies(s: Situation) {
  const histories: Record<string, FrequencyHistory> = {}
  const deltas: Record<string, number> = {}
  const inForce = s.actions?.laws ?? []
  for (const law of [...inForce, ...s.laws]) {
    const key = `${law.asset}.${law.setpoint}`
    if (law.law !== 'fcr' || key in deltas) continue
    const meter = s.fresh[law.meter]
    const seen = { frequencyMhz: numberOf(meter?.frequency), voltageMv: numberOf(meter?.voltage), nowMs: s.nowMs }
    const { is, history } = plausible({ ...law, ...seen }, s.frequency[key] ?? null)
    if (history) histories[key] = history
    const answers = is === 'plausible' && inForce.includes(law)
    deltas[key] = answers ? fcr({ ...law, frequencyMhz: history!.frequencyMhz }) : 0
  }
  return { histories, deltas }
}

/** Law 1 for whatever has a state of charge and an energy. */
function guardOf(s: Situation, asset: ManifestAsset, name: string): Guarded | undefined {
  const { energy, socMin, socMax, chargeMax, dischargeMax } = asset.settings as Record<string, number | undefined>
  if (name !== 'power' || energy === undefined || socMin === undefined || socMax === undefined) return undefined
  return socGuard({
    socPermille: numberOf(s.values[asset.name]?.soc),
    socMinPermille: socMin,
    socMaxPermille: socMax,
    energyWh: energy,
    chargeMaxW: chargeMax ?? Number.MAX_SAFE_INTEGER,
    dischargeMaxW: dischargeMax ?? Number.MAX_SAFE_INTEGER,
    dtMs: s.cycleMs,
  })
}
