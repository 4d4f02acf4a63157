/** The plant's state in the words of the invariants: written apart from the gateway's register maps on purpose. */
import { socPermille } from '../plant/physics/battery.ts'
import { type AssetOptions, batteryParameters, type PlantState } from '../plant/state.ts'

/** W that the setpoint register holds; null: none since the start or since the watchdog expired. */
export function setpointOf(state: PlantState, asset: string): number | null {
  const device = state.assets[asset]
  return device && 'control' in device ? device.control.setpointW : null
}
/** W at the connection; import is positive. */
export const gridOf = (state: PlantState): number => powerOf(state, 'grid')
export function isLocal(state: PlantState, asset: string): boolean {
  const device = state.assets[asset]
  return device !== undefined && 'control' in device && device.control.local
}
export function powerOf(state: PlantState, asset: string): number {
  const device = state.assets[asset]
  if (!device) return 0
  return device.type === 'battery' ? device.cells.powerW : device.powerW
}
export function socOf(state: PlantState, options: AssetOptions): number | null {
  const device = state.assets[options.name]
  if (device?.type !== 'battery' || options.type !== 'battery') return null
  return socPermille(batteryParameters(options), device.cells)
}
/** The gateway's own writes of setpoints and pulses; not heartbeats, not a stranger's. */
export const REGISTERS = { setpoint: 'power', ceiling: 'powerMax' } as const
/** The pulse register's codes, by type of device. */
export const PULSES: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  battery: { 1: 'closePrecharge', 2: 'closeMain', 3: 'openContactors' },
  pv: { 1: 'connect', 2: 'disconnect' },
}
