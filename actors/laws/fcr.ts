/**
 * Law 8, frequency containment reserve, Continental Europe.
 * dP = -Pcap * clamp((f - f0) / df, -1, 1); 0 within the deadband. Full within 30 s, energy reserve kept.
 * Source: Commission Regulation (EU) 2017/1485 (SO GL), Annex V; regelleistung.net prequalification.
 *
 * Measured locally and never against a dead bus: `plausible` says whether voltage and frequency can be believed.
 * Powers in W, frequencies in mHz. Positive discharges. Binding limit: the reserve. A frequency that is no number, or
 * without a full deviation to measure it by, answers with nothing.
 */
export function fcr(p: {
  frequencyMhz: number
  nominalMhz: number
  fullDeviationMhz: number
  deadbandMhz: number
  reserveW: number
}): number {
  const deviation = p.frequencyMhz - p.nominalMhz
  if (!Number.isSafeInteger(deviation) || p.fullDeviationMhz <= 0) return 0
  if (Math.abs(deviation) <= p.deadbandMhz) return 0
  const bounded = Math.max(-p.fullDeviationMhz, Math.min(p.fullDeviationMhz, deviation))
  return -Math.trunc((p.reserveW * bounded) / p.fullDeviationMhz) || 0
}

/** What the measurement has been; carried from one evaluation to the next. Times in monotonic ms. */
export interface FrequencyHistory {
  readonly frequencyMhz: number
  readonly atMs: number
  /** Since when the value has not moved at all: a live grid always moves. */
  readonly unchangedSinceMs: number
  /** A jump that no grid makes; believed again after some steady samples. */
  readonly distrustUntilMs: number
}
/** After a jump the value is not believed for this long. */
export const DISTRUST_MS = 5_000

export type Plausibility = 'plausible' | 'lost' | 'deadBus' | 'outOfRange' | 'jumped' | 'frozen'

/** May the frequency be answered? Pure: returns the history to keep. */
export function plausible(
  p: {
    frequencyMhz: number | null
    voltageMv: number | null
    voltageMinMv: number
    frequencyMinMhz: number
    frequencyMaxMhz: number
    slewMhzPerSMax: number
    frozenAfterMs: number
    nowMs: number
  },
  before: FrequencyHistory | null,
): { readonly is: Plausibility; readonly history: FrequencyHistory | null } {
  if (!Number.isSafeInteger(p.frequencyMhz) || !Number.isSafeInteger(p.voltageMv))
    return { is: 'lost', history: before }
  const nowMs = p.nowMs
  const frequencyMhz = p.frequencyMhz!
  const voltageMv = p.voltageMv!
  const elapsedMs = before ? Math.max(1, nowMs - before.atMs) : 0
  const jumped = before !== null && Math.abs(frequencyMhz - before.frequencyMhz) * 1000 > p.slewMhzPerSMax * elapsedMs
  const same = before?.frequencyMhz === frequencyMhz
  const history: FrequencyHistory = {
    frequencyMhz,
    atMs: nowMs,
    unchangedSinceMs: same ? before.unchangedSinceMs : nowMs,
    distrustUntilMs: jumped ? nowMs + DISTRUST_MS : (before?.distrustUntilMs ?? Number.MIN_SAFE_INTEGER),
  }
  if (voltageMv < p.voltageMinMv) return { is: 'deadBus', history }
  if (frequencyMhz < p.frequencyMinMhz || frequencyMhz > p.frequencyMaxMhz) return { is: 'outOfRange', history }
  if (nowMs < history.distrustUntilMs) return { is: 'jumped', history }
  if (nowMs - history.unchangedSinceMs >= p.frozenAfterMs) return { is: 'frozen', history }
  return { is: 'plausible', history }
}
