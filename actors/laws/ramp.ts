/**
 * Law 2, ramp. P_t = P_(t-1) + clamp(P* - P_(t-1), -fall*dt, rise*dt). Starts from what was last applied, never from
 * what was last proposed. Source: SunSpec model 704, WRmp.
 *
 * `from`, `to`: any one unit. `rise`, `fall`: steps of it per second, 0: no ramp that way. A step is cut down to a whole
 * number, so that the applied rate never exceeds the declared one (S29).
 */
export function ramp(p: { from: number; to: number; rise: number; fall: number; dtMs: number }): number {
  const up = p.rise === 0 ? Number.MAX_SAFE_INTEGER : Math.floor((p.rise * p.dtMs) / 1000)
  const down = p.fall === 0 ? Number.MAX_SAFE_INTEGER : Math.floor((p.fall * p.dtMs) / 1000)
  return p.from + Math.max(-down, Math.min(up, p.to - p.from))
}
