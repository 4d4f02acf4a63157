/**
 * Law 2, ramp. P_t = P_(t-1) + clamp(P* - P_(t-1), -fall*dt, rise*dt). Starts from what was last applied, never from
 * what was last proposed. Source: SunSpec model 704, WRmp.
 *
 * `from`, `to`: any one unit. `rise`, `fall`: steps of it per second, 0: no ramp that way. A step is cut down to a whole
 * number, so that the applied rate never exceeds the declared one (S29). A clock that went back gives no step. Without
 * a target nothing moves.
 */
interface RampInput {
  readonly from: number
  readonly rise: number
  readonly fall: number
  readonly dtMs: number
}

export function ramp(p: RampInput & { readonly to: number }): number {
  if (!Number.isSafeInteger(p.to)) return p.from
  const { min, max } = reach(p)
  return Math.max(min, Math.min(max, p.to))
}

/** What the ramp can reach within dt. */
export function reach(p: RampInput): { readonly min: number; readonly max: number } {
  const dtMs = Math.max(0, p.dtMs)
  const within = (rate: number) => Math.floor((rate * dtMs) / 1000)
  return {
    min: p.fall === 0 ? Number.MIN_SAFE_INTEGER : p.from - within(p.fall),
    max: p.rise === 0 ? Number.MAX_SAFE_INTEGER : p.from + within(p.rise),
  }
}
