/**
 * The public grid at the connection point: a stiff source behind a breaker. Positive power is import.
 */
import { seedOf, smoothNoise } from './noise.ts'

/**
 * Frequency, mHz, around 50 Hz: three octaves of noise (10 min, 60 s, 8 s) of 20, 10 and 4 mHz, the order of the
 * deviations in Continental Europe (standard deviation about 20 mHz, ENTSO-E).
 */
export function frequencyMhz(seed: string, tMs: number): number {
  const wave = (name: string, periodMs: number) => smoothNoise(seedOf(`${seed}/f/${name}`), tMs, periodMs)
  return 50_000 + 30 * wave('slow', 600_000) + 15 * wave('minute', 60_000) + 6 * wave('fast', 8_000)
}

/** Voltage, mV: nominal with 1.5 % of slow noise, and the drop over the feeder: dU = R P / U for import. */
export function voltageMv(seed: string, tMs: number, nominalMv: number, feederOhm: number, importW: number): number {
  const open = nominalMv * (1 + 0.015 * smoothNoise(seedOf(`${seed}/u`), tMs, 300_000))
  return open - ((feederOhm * importW) / (nominalMv / 1000)) * 1000
}

/** Kirchhoff at the busbar: what the assets do not give comes from the grid. */
export const gridW = (assetsW: readonly number[]): number => -assetsW.reduce((sum, w) => sum + w, 0) || 0
