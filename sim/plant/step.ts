/**
 * One step of the whole plant: 100 ms of plant time, a pure function of (options, recorded inputs, state).
 *
 * Order: due late writes and ended faults -> watchdogs -> sky, loads, grid -> batteries and PV -> busbar -> meters.
 */
import { watch } from './devices/control.ts'
import { settle } from './faults.ts'
import { stepBattery } from './physics/battery.ts'
import { mwh } from './physics/energy.ts'
import { frequencyMhz, gridW, voltageMv } from './physics/grid.ts'
import { loadW } from './physics/load.ts'
import { availableW, heatPv, stepPv } from './physics/pv.ts'
import {
  type AssetMemory,
  type AssetOptions,
  type BatteryMemory,
  batteryParameters,
  type Control,
  type GridMemory,
  type GridOptions,
  type PlantOptions,
  type PlantState,
  type PvMemory,
  pvParameters,
} from './state.ts'

export const STEP_MS = 100

/** Recorded inputs by `asset.quantity` (`load1.power`), over the time since the plant's start; in W, mHz, mV. */
export type Inputs = Readonly<Record<string, (elapsedMs: number, utcMs: number) => number>>

export interface Step {
  readonly state: PlantState
  /** Late writes that took effect in this step, by their number in the record. */
  readonly tookEffect: readonly { readonly write: number; readonly atMs: number; readonly valueW: number }[]
}

export function stepPlant(o: PlantOptions, inputs: Inputs, previous: PlantState): Step {
  const tMs = previous.tMs + STEP_MS
  const before = withoutEnded(previous, tMs)
  const due = before.late.filter(l => l.dueMs <= tMs && !expired(before, l.asset))
  const live = o.assets.every(a => a.type !== 'grid' || (before.assets[a.name] as GridMemory).closed)
  const assets: Record<string, AssetMemory> = {}
  const assetsW: number[] = []
  for (const a of o.assets) {
    const s = takeEffect(before.assets[a.name]!, due.filter(l => l.asset === a.name).at(-1)?.valueW)
    const next = stepAsset(o, a, s, inputs, before.startMs, tMs, live)
    assets[a.name] = next
    if (next.type === 'battery') assetsW.push(next.cells.powerW)
    else if (next.type !== 'grid') assetsW.push(next.powerW)
  }
  for (const a of o.assets) {
    if (a.type === 'grid')
      assets[a.name] = stepGrid(o, a, assets[a.name] as GridMemory, inputs, before.startMs, tMs, gridW(assetsW))
  }
  const late = before.late.filter(l => l.dueMs > tMs)
  const tookEffect = due.map(l => ({ write: l.write, atMs: tMs, valueW: l.valueW }))
  return { state: { ...before, tMs, assets, late }, tookEffect }
}

function withoutEnded(s: PlantState, tMs: number): PlantState {
  if (!s.faults.some(f => f.untilMs !== null && f.untilMs <= tMs)) return s
  return settle({ ...s, faults: s.faults.filter(f => f.untilMs === null || f.untilMs > tMs) })
}

/** What the watchdog reverted, a late write does not bring back. */
function expired(s: PlantState, asset: string): boolean {
  const a = s.assets[asset]
  return a !== undefined && 'control' in a && a.control.expired
}

function takeEffect(s: AssetMemory, valueW: number | undefined): AssetMemory {
  if (valueW === undefined || (s.type !== 'battery' && s.type !== 'pv')) return s
  return { ...s, control: { ...s.control, targetW: valueW } }
}

function stepAsset(
  o: PlantOptions,
  a: AssetOptions,
  s: AssetMemory,
  inputs: Inputs,
  startMs: number,
  tMs: number,
  live: boolean,
): AssetMemory {
  const recorded = inputs[`${a.name}.power`]
  if (a.type === 'battery' && s.type === 'battery') {
    const control = watch(s.control, tMs)
    // Grid-following: without voltage the inverter trips at once.
    const cells = live ? s.cells : { ...s.cells, powerW: 0 }
    const step = stepBattery(batteryParameters(a), cells, live ? followed(control) : 0, STEP_MS)
    return metered({ ...s, control, cells: step.state }, step)
  }
  if (a.type === 'pv' && s.type === 'pv') {
    const rated = pvParameters(a)
    const control = watch(s.control, tMs)
    const offerW = recorded ? Math.max(0, recorded(tMs - startMs, tMs)) : availableW(rated, `${o.seed}/${a.name}`, tMs)
    // A recording knows better than the nameplate.
    const p = { ...rated, ratedW: Math.max(rated.ratedW, offerW) }
    // Contactor open or no voltage: nothing flows, at once.
    const flows = live && s.connected
    const powerW = flows
      ? stepPv(p, s.powerW, offerW, ceilingOf(control, a.defaultMaxW ?? p.ratedW, p.ratedW), STEP_MS)
      : 0
    const temperatureDeciC = heatPv(rated, s.temperatureDeciC, powerW, STEP_MS)
    const producedMwh = s.producedMwh + mwh(powerW, STEP_MS)
    return { ...s, control, offerW, powerW, temperatureDeciC, producedMwh } satisfies PvMemory
  }
  if (a.type === 'load' && s.type === 'load') {
    const asked = recorded ? recorded(tMs - startMs, tMs) : loadW(a.profile ?? 'household', `${o.seed}/${a.name}`, tMs)
    const powerW = live ? asked : 0
    const consumedMwh = s.consumedMwh + mwh(Math.max(0, -powerW), STEP_MS)
    return { ...s, powerW, consumedMwh, returnedMwh: s.returnedMwh + mwh(Math.max(0, powerW), STEP_MS) }
  }
  return s
}

/** Local switch before setpoint; without either, 0 W. */
const followed = (c: Control): number => (c.local ? c.localW : (c.targetW ?? 0))

function ceilingOf(c: Control, defaultMaxW: number, ratedW: number): number {
  if (c.local) return c.localW
  return c.targetW ?? (c.expired ? defaultMaxW : ratedW)
}

const metered = (
  s: BatteryMemory,
  e: { readonly chargedMwh: number; readonly dischargedMwh: number; readonly lossMwh: number },
): BatteryMemory => ({
  ...s,
  chargedMwh: s.chargedMwh + e.chargedMwh,
  dischargedMwh: s.dischargedMwh + e.dischargedMwh,
  lossesMwh: s.lossesMwh + e.lossMwh,
})

function stepGrid(
  o: PlantOptions,
  a: GridOptions,
  s: GridMemory,
  inputs: Inputs,
  startMs: number,
  tMs: number,
  busbarW: number,
): GridMemory {
  const elapsedMs = tMs - startMs
  const powerW = s.closed ? busbarW : 0
  const frequency = inputs[`${a.name}.frequency`]
  const voltage = inputs[`${a.name}.voltage`]
  const seed = `${o.seed}/${a.name}`
  return {
    ...s,
    powerW,
    frequencyMhz: frequency ? frequency(elapsedMs, tMs) : frequencyMhz(seed, tMs),
    voltageMv: voltage
      ? voltage(elapsedMs, tMs)
      : voltageMv(seed, tMs, a.nominalMv ?? 230_000, a.feederOhm ?? 0.2, powerW),
    importedMwh: s.importedMwh + mwh(Math.max(0, powerW), STEP_MS),
    exportedMwh: s.exportedMwh + mwh(Math.max(0, -powerW), STEP_MS),
  }
}
