/**
 * Law 14, export limit. Ppv_max = G + Ppv + limit: what PV may give so that the export at the connection stays at or
 * below the limit, everything else unchanged. Source: SunSpec model 704 (WMaxLim); grid codes' feed-in limits.
 *
 * Without a meter, or without the PV's own power, the answer is `blindW`: fail-safe (S24). W; G > 0 is import.
 */
export function exportLimit(p: { gridW: number | null; pvW: number | null; limitW: number; blindW: number }): {
  readonly pvMaxW: number
  readonly why: 'exportLimit' | 'meterLost'
} {
  if (p.gridW === null || p.pvW === null) return { pvMaxW: p.blindW, why: 'meterLost' }
  return { pvMaxW: Math.max(0, p.gridW + p.pvW + p.limitW), why: 'exportLimit' }
}
