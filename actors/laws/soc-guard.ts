/**
 * Law 1, state-of-charge guard: the power that cannot drive the state of charge past its limits before it is judged
 * again. -min(Pch, (SoCmax - SoC) * E / dt) <= P <= min(Pdis, (SoC - SoCmin) * E / dt). Sources: SunSpec 713, 802.
 *
 * A lost state of charge (null, or no whole number) leaves no power either way: it never acts as empty or full (S24).
 */
export interface Guarded {
  readonly min: number
  readonly max: number
  /** `soc` where the state of charge binds, `rating` where the rating does, `socLost` without a measurement. */
  readonly minBy: string
  readonly maxBy: string
}
const S_PER_H = 3_600

export function socGuard(p: {
  socPermille: number | null
  socMinPermille: number
  socMaxPermille: number
  energyWh: number
  chargeMaxW: number
  dischargeMaxW: number
  dtMs: number
}): Guarded {
  if (!Number.isSafeInteger(p.socPermille)) return { min: 0, max: 0, minBy: 'socLost', maxBy: 'socLost' }
  const soc = p.socPermille as number
  // permille x Wh = mWh; W = mWh x 3600 / ms: exact up to 2 GWh
  const power = (permille: number) => Math.max(0, Math.floor((permille * p.energyWh * S_PER_H) / Math.max(1, p.dtMs)))
  const out = power(soc - p.socMinPermille)
  const into = power(p.socMaxPermille - soc)
  return {
    min: -Math.min(p.chargeMaxW, into) || 0,
    max: Math.min(p.dischargeMaxW, out),
    minBy: into < p.chargeMaxW ? 'soc' : 'rating',
    maxBy: out < p.dischargeMaxW ? 'soc' : 'rating',
  }
}
