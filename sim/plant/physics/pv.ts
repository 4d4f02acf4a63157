/**
 * Photovoltaics: a clear sky from the sun's height, clouds from a seed. Production is positive, W.
 */
import { seedOf, smoothNoise } from './noise.ts'
import { slew } from './slew.ts'

export interface PvParameters {
  readonly ratedW: number
  readonly latitudeDeg: number
  readonly longitudeDeg: number
  /** The inverter's own slew rate. */
  readonly rampWPerS: number
  /** Share of the production that the inverter turns into heat. */
  readonly lossShare: number
  readonly ambientDeciC: number
  readonly heatCapacityJPerK: number
  readonly thermalResistanceKPerW: number
}

export const PV: PvParameters = {
  ratedW: 8_000,
  latitudeDeg: 48,
  longitudeDeg: 11,
  rampWPerS: 4_000,
  lossShare: 0.03,
  ambientDeciC: 250,
  heatCapacityJPerK: 8_000,
  thermalResistanceKPerW: 0.12,
}

const DAY_MS = 86_400_000
const RAD = Math.PI / 180

/**
 * Sine of the sun's elevation. Declination by Cooper (Solar Energy 12, 1969): 23.45 deg sin(360 (284 + n) / 365);
 * hour angle 15 deg per hour from solar noon; the equation of time (up to 16 min) is left out.
 */
export function sunSine(p: PvParameters, utcMs: number): number {
  const dayOfYear = Math.floor((utcMs / DAY_MS) % 365.25) + 1
  const declination = 23.45 * RAD * Math.sin(((360 * (284 + dayOfYear)) / 365) * RAD)
  const solarHours = (((utcMs % DAY_MS) + DAY_MS) % DAY_MS) / 3_600_000 + p.longitudeDeg / 15
  const hourAngle = (solarHours - 12) * 15 * RAD
  const latitude = p.latitudeDeg * RAD
  return Math.sin(latitude) * Math.sin(declination) + Math.cos(latitude) * Math.cos(declination) * Math.cos(hourAngle)
}

/** Global horizontal irradiance of a clear sky, W/m2: 1098 s exp(-0.057 / s) (Haurwitz, J. Meteorology 2, 1945). */
export function clearSkyWPerM2(sine: number): number {
  return sine <= 0 ? 0 : 1098 * sine * Math.exp(-0.057 / sine)
}

/** Share of the clear sky that passes: slow weather (20 min) and single clouds (45 s), 0.15..1. */
export function cloudShare(seed: string, tMs: number): number {
  const weather = smoothNoise(seedOf(`${seed}/weather`), tMs, 1_200_000)
  const cloud = smoothNoise(seedOf(`${seed}/cloud`), tMs, 45_000)
  const cover = Math.max(0, Math.min(1, weather * 0.9 + cloud * 0.45))
  return 1 - 0.85 * cover
}

/** What the sun offers: rated power at 1000 W/m2 (standard test conditions), temperature left out. */
export const availableW = (p: PvParameters, seed: string, utcMs: number): number =>
  Math.min(p.ratedW, (p.ratedW * clearSkyWPerM2(sunSine(p, utcMs)) * cloudShare(seed, utcMs)) / 1000)

/** Slews to min(offer, ceiling); follows a falling sun at once, since there is nothing to hold it. */
export function stepPv(p: PvParameters, powerW: number, offerW: number, ceilingW: number, dtMs: number): number {
  const wantedW = Math.max(0, Math.min(offerW, ceilingW, p.ratedW))
  return Math.max(0, Math.min(slew(powerW, wantedW, (p.rampWPerS * dtMs) / 1000), offerW))
}

/** The inverter's temperature after a step: C dT/dt = loss - (T - T_ambient) / R_th, in 0.1 degC. */
export function heatPv(p: PvParameters, deciC: number, powerW: number, dtMs: number): number {
  const heatW = powerW * p.lossShare - (deciC - p.ambientDeciC) / 10 / p.thermalResistanceKPerW
  return deciC + ((heatW * dtMs) / 1000 / p.heatCapacityJPerK) * 10
}
