/** What a plant is made of and what it remembers: plain JSON, so that it survives a kill by being written down. */
import { BATTERY, type BatteryParameters, type BatteryState, batteryAt } from './physics/battery.ts'
import type { LoadProfile } from './physics/load.ts'
import { PV, type PvParameters } from './physics/pv.ts'

interface Asset {
  readonly name: string
  /** Modbus unit id, 1..247. */
  readonly unit: number
}
export interface BatteryOptions extends Asset {
  readonly type: 'battery'
  readonly socPermille?: number
  readonly parameters?: Partial<BatteryParameters>
  /** How long the device waits for its heartbeat before it goes to 0 W; 0: never. */
  readonly watchdogMs?: number
}
export interface PvOptions extends Asset {
  readonly type: 'pv'
  readonly parameters?: Partial<PvParameters>
  readonly watchdogMs?: number
  /** Ceiling that the inverter falls back to when its heartbeat stops; absent: free. */
  readonly defaultMaxW?: number
  /** Whether it feeds from the start on, before any pulse; default true. */
  readonly connected?: boolean
  /** `FILE?column=...`: recorded production instead of the sky. */
  readonly power?: string
}
interface LoadOptions extends Asset {
  readonly type: 'load'
  readonly profile?: LoadProfile
  readonly power?: string
}
export interface GridOptions extends Asset {
  readonly type: 'grid'
  readonly nominalMv?: number
  readonly feederOhm?: number
  readonly frequency?: string
  readonly voltage?: string
}
export type AssetOptions = BatteryOptions | PvOptions | LoadOptions | GridOptions

export interface PlantOptions {
  readonly seed: string
  /** UTC ms of the plant's first instant: sun, day profile, beginning of recorded inputs. A multiple of 100. */
  readonly startMs: number
  readonly assets: readonly AssetOptions[]
}

/** What every controllable device has, whatever it controls. */
export interface Control {
  /** As the register reads: clamped, quantised; null: none since the start or since the watchdog expired. */
  readonly setpointW: number | null
  /** What the device follows; differs from the above only while a write is applied late. */
  readonly targetW: number | null
  readonly heartbeat: number
  /** When the heartbeat last changed; null: not fed yet, the watchdog is not armed. */
  readonly fedAtMs: number | null
  readonly watchdogMs: number
  readonly expired: boolean
  readonly local: boolean
  /** What the person at the device asked for. */
  readonly localW: number
}

export interface BatteryMemory {
  readonly type: 'battery'
  readonly cells: BatteryState
  readonly control: Control
  readonly chargedMwh: number
  readonly dischargedMwh: number
  readonly lossesMwh: number
  /** Pulses carried out since the start. */
  readonly pulses: number
}
export interface PvMemory {
  readonly type: 'pv'
  readonly powerW: number
  readonly offerW: number
  /** The contactor towards the grid, by pulses; open: 0 W. */
  readonly connected: boolean
  readonly temperatureDeciC: number
  readonly control: Control
  readonly producedMwh: number
  /** Pulses carried out since the start. */
  readonly pulses: number
}
export interface LoadMemory {
  readonly type: 'load'
  readonly powerW: number
  readonly consumedMwh: number
  /** A recorded load may give for a while; a generated one never does. */
  readonly returnedMwh: number
}
export interface GridMemory {
  readonly type: 'grid'
  readonly closed: boolean
  readonly powerW: number
  readonly frequencyMhz: number
  readonly voltageMv: number
  readonly importedMwh: number
  readonly exportedMwh: number
}
export type AssetMemory = BatteryMemory | PvMemory | LoadMemory | GridMemory

export interface Late {
  readonly asset: string
  readonly dueMs: number
  readonly valueW: number
  readonly write: number
}

export const FAULTS = [
  'freeze',
  'drop',
  'refuse',
  'late',
  'stick',
  'clamp',
  'local',
  'breaker',
  'secondWriter',
] as const
export type FaultName = (typeof FAULTS)[number]

export interface ActiveFault {
  readonly name: FaultName
  readonly asset: string
  /** Plant time at which it ends; null: until it is cleared. */
  readonly untilMs: number | null
  readonly delayMs?: number
  /** `local`: what the person at the device asks for. */
  readonly powerW?: number
  /** `stick`: the register's name and the words that it shows from now on. */
  readonly register?: string
  readonly words?: readonly number[]
}

export interface PlantState {
  readonly tMs: number
  readonly startMs: number
  readonly assets: Readonly<Record<string, AssetMemory>>
  readonly late: readonly Late[]
  readonly faults: readonly ActiveFault[]
}

export const batteryParameters = (o: BatteryOptions): BatteryParameters => ({ ...BATTERY, ...o.parameters })
export const pvParameters = (o: PvOptions): PvParameters => ({ ...PV, ...o.parameters })

const control = (watchdogMs: number): Control => ({
  setpointW: null,
  targetW: null,
  heartbeat: 0,
  fedAtMs: null,
  watchdogMs,
  expired: false,
  local: false,
  localW: 0,
})

function first(o: AssetOptions): AssetMemory {
  if (o.type === 'battery')
    return {
      type: 'battery',
      cells: batteryAt(batteryParameters(o), o.socPermille ?? 500),
      control: control(o.watchdogMs ?? 10_000),
      chargedMwh: 0,
      dischargedMwh: 0,
      lossesMwh: 0,
      pulses: 0,
    }
  if (o.type === 'pv')
    return {
      type: 'pv',
      powerW: 0,
      offerW: 0,
      connected: o.connected ?? true,
      temperatureDeciC: pvParameters(o).ambientDeciC,
      control: control(o.watchdogMs ?? 10_000),
      producedMwh: 0,
      pulses: 0,
    }
  if (o.type === 'load') return { type: 'load', powerW: 0, consumedMwh: 0, returnedMwh: 0 }
  return {
    type: 'grid',
    closed: true,
    powerW: 0,
    frequencyMhz: 50_000,
    voltageMv: o.nominalMv ?? 230_000,
    importedMwh: 0,
    exportedMwh: 0,
  }
}

export function initialState(o: PlantOptions): PlantState {
  const assets = Object.fromEntries(o.assets.map(a => [a.name, first(a)]))
  return { tMs: o.startMs, startMs: o.startMs, assets, late: [], faults: [] }
}
