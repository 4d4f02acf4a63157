/**
 * A battery system as its controller sees it: cells, DC link with precharge, inverter, and the limits that the device
 * itself puts on its power. Positive power discharges. Powers in W at the AC terminals, energies in mWh, times in ms.
 */
import { slew } from './slew.ts'

export interface BatteryParameters {
  readonly capacityMwh: number
  readonly chargeMaxW: number
  readonly dischargeMaxW: number
  /** The inverter's own slew rate; no setpoint makes it faster. */
  readonly rampWPerS: number
  /** One way: what is lost between cells and terminals, the cells' own resistance included. */
  readonly efficiency: number
  readonly cellsInSeries: number
  /** Time constant of the precharge resistor and the link capacitor: tau = R C. */
  readonly prechargeTauMs: number
  /** The link discharges through its bleeder once the contactors are open. */
  readonly bleedTauMs: number
  readonly ambientDeciC: number
  readonly heatCapacityJPerK: number
  readonly thermalResistanceKPerW: number
}

export interface BatteryState {
  readonly storedMwh: number
  readonly linkMv: number
  readonly precharge: boolean
  readonly main: boolean
  readonly powerW: number
  readonly temperatureDeciC: number
}

export const BATTERY: BatteryParameters = {
  capacityMwh: 10_000_000,
  chargeMaxW: 5_000,
  dischargeMaxW: 5_000,
  rampWPerS: 2_500,
  efficiency: 0.96,
  cellsInSeries: 112,
  prechargeTauMs: 300,
  bleedTauMs: 1_500,
  ambientDeciC: 220,
  heatCapacityJPerK: 60_000,
  thermalResistanceKPerW: 0.06,
}

export const batteryAt = (p: BatteryParameters, socPermille: number): BatteryState => ({
  storedMwh: (p.capacityMwh * socPermille) / 1000,
  linkMv: 0,
  precharge: false,
  main: false,
  powerW: 0,
  temperatureDeciC: p.ambientDeciC,
})

/** SoC = E / capacity, per mille, not rounded. */
export const socPermille = (p: BatteryParameters, s: BatteryState): number => (s.storedMwh / p.capacityMwh) * 1000

/** Open-circuit voltage of an LFP cell over SoC, mV; shape of the discharge curve in A123's ANR26650 data sheet. */
const OCV: readonly (readonly [permille: number, mv: number])[] = [
  [0, 2600],
  [50, 3050],
  [100, 3180],
  [200, 3240],
  [400, 3290],
  [700, 3325],
  [900, 3345],
  [970, 3400],
  [1000, 3550],
]

/** Piecewise linear in the table. */
export function cellMv(permille: number): number {
  let low = OCV[0]!
  if (permille <= low[0]) return low[1]
  for (const high of OCV) {
    if (permille <= high[0])
      return high[0] === low[0] ? high[1] : low[1] + ((permille - low[0]) / (high[0] - low[0])) * (high[1] - low[1])
    low = high
  }
  return low[1]
}

/** U = cells x cell voltage, mV. */
export const packMv = (p: BatteryParameters, s: BatteryState): number => cellMv(socPermille(p, s)) * p.cellsInSeries

/** I = P_dc / U, mA; with P_dc = P / eta discharging, P eta charging. */
export const currentMa = (p: BatteryParameters, s: BatteryState): number =>
  (dcPowerW(p, s.powerW) / packMv(p, s)) * 1_000_000

export const dcPowerW = (p: BatteryParameters, acW: number): number =>
  acW >= 0 ? acW / p.efficiency : acW * p.efficiency

/**
 * What the device permits now. Linear taper to zero over the outer 5 % of SoC (constant-voltage phase), and linear
 * derating from 50 to 60 degC; nothing while the main contactor is open.
 */
export function limitsW(p: BatteryParameters, s: BatteryState): { readonly minW: number; readonly maxW: number } {
  if (!s.main) return { minW: 0, maxW: 0 }
  const soc = socPermille(p, s)
  const share = (x: number) => Math.max(0, Math.min(1, x))
  const heat = share((600 - s.temperatureDeciC) / 100)
  const down = p.dischargeMaxW * heat * share(soc / 50)
  const up = p.chargeMaxW * heat * share((1000 - soc) / 50)
  return { minW: up === 0 ? 0 : -up, maxW: down }
}

/** Does the link stand within 5 % of the pack, so that the main contactor may close? */
export const linkCharged = (p: BatteryParameters, s: BatteryState): boolean => s.linkMv >= 0.95 * packMv(p, s)

/** First-order lag towards `to`: x' = (to - x) / tau, exact for a constant input: 1 - exp(-dt/tau). */
const lag = (x: number, to: number, dtMs: number, tauMs: number): number => x + (to - x) * (1 - Math.exp(-dtMs / tauMs))

export interface BatteryStep {
  readonly state: BatteryState
  /** Energy in this step, mWh, each >= 0. charged and discharged are at the terminals. */
  readonly chargedMwh: number
  readonly dischargedMwh: number
  readonly lossMwh: number
}

/**
 * One step: slew towards the target within limits, then
 * dE = -P_dc dt; loss = |P_ac - P_dc| dt; C dT/dt = loss - (T - T_ambient) / R_th.
 * The power is cut so that E stays within 0..capacity exactly.
 */
export function stepBattery(p: BatteryParameters, s: BatteryState, targetW: number, dtMs: number): BatteryStep {
  const limits = limitsW(p, s)
  const wantedW = Math.max(limits.minW, Math.min(limits.maxW, targetW))
  let powerW = s.main ? slew(s.powerW, wantedW, (p.rampWPerS * dtMs) / 1000) : 0
  const hours = dtMs / 3_600_000
  // Cells neither below empty nor above full within the step.
  const emptyW = (s.storedMwh / 1000 / hours) * p.efficiency
  const fullW = -((p.capacityMwh - s.storedMwh) / 1000 / hours) / p.efficiency
  powerW = Math.max(fullW, Math.min(emptyW, powerW)) || 0
  const dcW = dcPowerW(p, powerW)
  const lossW = Math.abs(powerW - dcW)
  const storedMwh = Math.max(0, Math.min(p.capacityMwh, s.storedMwh - dcW * hours * 1000))
  const heatW = lossW - (s.temperatureDeciC - p.ambientDeciC) / 10 / p.thermalResistanceKPerW
  const next: BatteryState = {
    ...s,
    storedMwh,
    powerW,
    temperatureDeciC: s.temperatureDeciC + ((heatW * dtMs) / 1000 / p.heatCapacityJPerK) * 10,
  }
  return {
    state: { ...next, linkMv: linkAfter(p, next, dtMs) },
    chargedMwh: powerW < 0 ? -powerW * hours * 1000 : 0,
    dischargedMwh: powerW > 0 ? powerW * hours * 1000 : 0,
    lossMwh: lossW * hours * 1000,
  }
}

/** Main closed: the pack. Precharging: RC towards the pack. Open: RC towards zero. */
function linkAfter(p: BatteryParameters, s: BatteryState, dtMs: number): number {
  const pack = packMv(p, s)
  if (s.main) return pack
  return s.precharge ? lag(s.linkMv, pack, dtMs, p.prechargeTauMs) : lag(s.linkMv, 0, dtMs, p.bleedTauMs)
}
