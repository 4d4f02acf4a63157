/**
 * What each setpoint should be now: pure. In this order, each bound named where it binds:
 *
 *   verdict or fallback -> local laws -> voted bounds -> ramp from what was last applied -> asset's envelope and state
 *   of charge -> the site's connection -> the register's step
 *
 * Quantising comes last and stays inside every bound (S5); the ramp starts from what was applied (S29).
 */
import { exportLimit } from '../actors/laws/export-limit.ts'
import { type FrequencyHistory, fcr, plausible } from '../actors/laws/fcr.ts'
import { ramp } from '../actors/laws/ramp.ts'
import { socGuard } from '../actors/laws/soc-guard.ts'
import type { Actions, LocalLaw } from '../protocol/words/candidate.ts'
import type { ManifestAsset } from '../protocol/words/manifest.ts'

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
  readonly assets: readonly ManifestAsset[]
  readonly actions: Actions | null
  /** Who governs each asset. */
  readonly govern: Readonly<Record<string, 'verdict' | 'local' | 'none'>>
  /** Share of the envelope that is left in a single-replica fallback, permille. */
  readonly envelopePermille: number
  /** Points that can be relied on, by asset. */
  readonly values: Readonly<Record<string, Values>>
  /** Last read back, by `asset.setpoint`; none: the device has not been read yet. */
  readonly applied: Readonly<Record<string, Applied>>
  readonly frequency: FrequencyHistory | null
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

const numberOf = (v: number | string | undefined): number | null => (typeof v === 'number' ? v : null)

/** One value on its way through the bounds, and the last of them that changed it. */
class Bounded {
  value: number
  by: string | undefined
  constructor(value: number) {
    this.value = value
  }
  clamp(min: number, max: number, by: string): this {
    return this.to(Math.max(min, Math.min(max, this.value)), by)
  }
  to(value: number, by: string): this {
    if (value !== this.value) this.by = by
    this.value = value
    return this
  }
}

export function targets(s: Situation): {
  readonly targets: readonly Target[]
  readonly frequency: FrequencyHistory | null
} {
  const out: Target[] = []
  let { frequency } = s
  for (const asset of s.assets) {
    const govern = s.govern[asset.name] ?? 'none'
    if (govern === 'none') continue
    for (const [name, envelope] of Object.entries(asset.envelope)) {
      const action = govern === 'verdict' ? s.actions?.assets[asset.name]?.setpoints[name] : undefined
      const base = govern === 'verdict' ? action?.value : asset.fallback.values[name]
      if (base === undefined) continue
      const bounded = new Bounded(base)
      let local = 0
      for (const law of s.actions?.laws ?? []) {
        if (law.asset !== asset.name || law.setpoint !== name) continue
        if (law.law === 'exportLimit') limitExport(law, s, bounded)
        else if (govern === 'verdict' && s.actions?.mode === 'automatic') {
          const answered = answerFrequency(law, s, frequency)
          frequency = answered.history
          local = answered.deltaW
          if (local !== 0) bounded.to(bounded.value + local, 'fcr')
        }
      }
      if (action) bounded.clamp(action.min, action.max, action.boundBy ?? 'votedBounds')
      const key = `${asset.name}.${name}`
      const last = s.applied[key]
      if (last) {
        const dtMs = Math.min(s.nowMs - last.atMs, 2 * s.cycleMs)
        const rise = slower(action?.rise, envelope.rise)
        const fall = slower(action?.fall, envelope.fall)
        bounded.to(ramp({ from: last.value, to: bounded.value, rise, fall, dtMs }), 'ramp')
      }
      const share = (limit: number) => Math.trunc((limit * s.envelopePermille) / 1000)
      bounded.clamp(share(envelope.min), share(envelope.max), 'envelope')
      guardCharge(asset, name, s, bounded)
      const quantum = stepOf(asset, name)
      bounded.to(quantised(bounded.value, quantum), bounded.by ?? 'registerStep')
      const target = { asset: asset.name, name, decided: base, value: bounded.value, local }
      out.push(bounded.by === undefined ? target : { ...target, boundBy: bounded.by })
    }
  }
  return { targets: keepConnection(s, out), frequency }
}

const slower = (a: number | undefined, b: number) => (!a ? b : !b ? a : Math.min(a, b))

/** The smallest change that the register can hold, in the unit's smallest step. */
export function stepOf(asset: ManifestAsset, name: string): number {
  const { num = 1, den = 1 } = asset.map.setpoints?.[name]?.scale ?? {}
  return Math.max(1, Math.ceil(num / den))
}
/** Towards zero: never outside a bound that contains zero. */
export const quantised = (value: number, quantum: number): number => Math.trunc(value / quantum) * quantum || 0

function limitExport(law: Extract<LocalLaw, { law: 'exportLimit' }>, s: Situation, bounded: Bounded): void {
  const gridW = numberOf(s.values[law.meter]?.power)
  const pvW = numberOf(s.values[law.asset]?.power)
  const { pvMaxW, why } = exportLimit({ gridW, pvW, limitW: law.limitW, blindW: law.blindW })
  if (bounded.value > pvMaxW) bounded.to(pvMaxW, why)
}

function answerFrequency(law: Extract<LocalLaw, { law: 'fcr' }>, s: Situation, before: FrequencyHistory | null) {
  const meter = s.values[law.meter]
  const judged = plausible(
    { ...law, frequencyMhz: numberOf(meter?.frequency), voltageMv: numberOf(meter?.voltage), nowMs: s.nowMs },
    before,
  )
  if (judged.is !== 'plausible') return { deltaW: 0, history: judged.history }
  return { deltaW: fcr({ ...law, frequencyMhz: judged.history!.frequencyMhz }), history: judged.history }
}

/** Law 1 for whatever has a state of charge and an energy. */
function guardCharge(asset: ManifestAsset, name: string, s: Situation, bounded: Bounded): void {
  const { energy, socMin, socMax, chargeMax, dischargeMax } = asset.settings as Record<string, number | undefined>
  if (name !== 'power' || energy === undefined || socMin === undefined || socMax === undefined) return
  const guard = socGuard({
    socPermille: numberOf(s.values[asset.name]?.soc),
    socMinPermille: socMin,
    socMaxPermille: socMax,
    energyWh: energy,
    chargeMaxW: chargeMax ?? Number.MAX_SAFE_INTEGER,
    dischargeMaxW: dischargeMax ?? Number.MAX_SAFE_INTEGER,
    dtMs: s.cycleMs,
  })
  if (bounded.value > guard.max) bounded.to(guard.max, guard.maxBy)
  if (bounded.value < guard.min) bounded.to(guard.min, guard.minBy)
}

/**
 * The site's fuse and export cap: with everything else as measured, the change of all `power` setpoints together may
 * not push the connection beyond its limits. Only the part of the change that worsens it is cut, by equal shares.
 */
function keepConnection(s: Situation, wanted: readonly Target[]): readonly Target[] {
  const gridW = numberOf(s.values[s.limits.meter]?.power)
  if (gridW === null) return wanted
  const moves = wanted.filter(t => t.name === 'power')
  const change = (t: Target) => t.value - (s.applied[`${t.asset}.power`]?.value ?? 0)
  const total = moves.reduce((sum, t) => sum + change(t), 0)
  const after = gridW - total
  const excess = after > s.limits.importMaxW && total < 0 ? after - s.limits.importMaxW : 0
  const surplus = after < -s.limits.exportMaxW && total > 0 ? -s.limits.exportMaxW - after : 0
  const over = excess > 0 ? excess : surplus
  if (over === 0) return wanted
  const worsening = moves.filter(t => (excess > 0 ? change(t) < 0 : change(t) > 0))
  const worse = worsening.reduce((sum, t) => sum + Math.abs(change(t)), 0)
  const cut = Math.min(over, worse)
  const boundBy = excess > 0 ? 'siteFuse' : 'exportCap'
  return wanted.map(t => {
    if (!worsening.includes(t)) return t
    const back = Math.ceil((cut * Math.abs(change(t))) / worse)
    const asset = s.assets.find(a => a.name === t.asset)!
    const value = t.value + (excess > 0 ? back : -back)
    return { ...t, value: quantised(value, stepOf(asset, t.name)), boundBy }
  })
}

/**
 * The order in which writes leave: so that no intermediate combination leaves the connection's limits (S5), those
 * that relieve it go first: where import is the nearer limit, rising power before falling, else the other way round.
 */
export function inSafeOrder(s: Situation, wanted: readonly Target[]): readonly Target[] {
  const gridW = numberOf(s.values[s.limits.meter]?.power) ?? 0
  const nearImport = s.limits.importMaxW - gridW < s.limits.exportMaxW + gridW
  const change = (t: Target) => t.value - (s.applied[`${t.asset}.${t.name}`]?.value ?? 0)
  return [...wanted].sort((a, b) => (nearImport ? change(b) - change(a) : change(a) - change(b)))
}
