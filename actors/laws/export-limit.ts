import { damped } from './peak-shaving.ts'

/**
 * Law 14, export limit. Ppv_max = G + Ppv + limit: what PV may give so that the export at the connection stays at or
 * below the limit, everything else unchanged. Source: SunSpec model 704 (WMaxLim); grid codes' feed-in limits.
 *
 * Without a meter, or without the PV's own power, the answer is `blindW`: fail-safe (S24). W; G > 0 is import.
 * `gainPermille` damps the way up only: going down late breaks the limit, going up late costs some yield.
 */
export function exportLimit(p: {
  readonly gridW: number | null
  readonly pvW: number | null
  readonly limitW: number
  readonly blindW: number
  readonly gainPermille?: number
}): { readonly pvMaxW: number; readonly why: 'exportLimit' | 'meterLost' } {
  const { gridW, pvW, limitW, blindW, gainPermille = 1000 } = p
  if (!Number.isSafeInteger(gridW) || !Number.isSafeInteger(pvW)) return { pvMaxW: blindW, why: 'meterLost' }
  const roomW = gridW! + limitW
  const pvMaxW = pvW! + (roomW > 0 ? damped(0, roomW, gainPermille) : roomW)
  return { pvMaxW: Math.max(0, pvMaxW), why: 'exportLimit' }
}
