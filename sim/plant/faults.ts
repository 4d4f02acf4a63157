/**
 * Faults on demand, each on one asset's device:
 *
 *   freeze        its communication hangs: requests are swallowed, physics and watchdog go on
 *   drop          connections that ask for it are cut, for as long as it lasts; without `ms` once
 *   refuse        every write is answered with exception 4
 *   late          a setpoint reads back at once and takes effect only after `delayMs`
 *   stick         one register keeps showing what it shows now; writes to it are acknowledged and ignored
 *   clamp         the device takes half of each setpoint, and its register then reads that half
 *   local         somebody turns the switch: writes are refused, the device holds `powerW`
 *   breaker       the grid breaker opens: voltage and power of the whole site are gone
 *   secondWriter  another controller writes `value` (in the register's steps) to `address` over Modbus
 */
import type { Plant } from './plant.ts'
import { type ActiveFault, FAULTS, type FaultName, type GridMemory, type PlantState } from './state.ts'

export interface FaultArguments {
  readonly asset: string
  /** How long, in plant time; absent: until cleared. */
  readonly ms?: number
  readonly delayMs?: number
  readonly register?: string
  readonly powerW?: number
  readonly address?: number
  readonly value?: number
}

export class PlantRefusal extends Error {
  override readonly name = 'PlantRefusal'
  readonly code: string
  constructor(code: string, message: string) {
    super(`${code}: ${message}`)
    this.code = code
  }
}

export function checkFault(name: string, args: FaultArguments, plant: Plant): FaultName {
  const known = FAULTS.find(f => f === name)
  if (!known) throw new PlantRefusal('UNKNOWN_FAULT', `'${name}' is none of ${FAULTS.join(', ')}`)
  const asset = plant.options.assets.find(a => a.name === args.asset)
  if (!asset) {
    const names = plant.options.assets.map(a => a.name).join(', ')
    throw new PlantRefusal('UNKNOWN_ASSET', `'${args.asset}' is none of ${names}`)
  }
  if (known === 'stick' && !plant.registersOf(asset.unit).some(r => r.name === args.register))
    throw new PlantRefusal('UNKNOWN_REGISTER', `${asset.name} has no register '${args.register}'`)
  if (known === 'breaker' && asset.type !== 'grid') throw new PlantRefusal('NOT_A_GRID', `${asset.name} has no breaker`)
  if (known === 'clamp' && asset.type !== 'battery')
    throw new PlantRefusal('NOT_CONTROLLABLE', `${asset.name} has no setpoint`)
  if (known === 'local' && asset.type !== 'battery' && asset.type !== 'pv')
    throw new PlantRefusal('NOT_CONTROLLABLE', `${asset.name} has no local switch`)
  return known
}

/** Puts a fault in force; it ends by itself after `ms` of plant time. */
export function startFault(name: FaultName, args: FaultArguments, plant: Plant): void {
  const untilMs = args.ms === undefined ? null : plant.state.tMs + args.ms
  const fault: ActiveFault = {
    name,
    asset: args.asset,
    untilMs,
    ...(args.delayMs === undefined ? {} : { delayMs: args.delayMs }),
    ...(name === 'stick' && args.register !== undefined ? stuckAt(plant, args.asset, args.register) : {}),
    ...(name === 'local' ? { powerW: args.powerW ?? 0 } : {}),
  }
  plant.change(s => ({ ...s, faults: [...s.faults.filter(f => !same(f, fault)), fault] }))
  plant.change(settle)
}

/** Ends the named fault of an asset, or all of it, or all of the plant. */
export function clearFaults(plant: Plant, asset?: string, name?: string): void {
  plant.change(s => ({
    ...s,
    faults: s.faults.filter(f => (asset !== undefined && f.asset !== asset) || (name !== undefined && f.name !== name)),
  }))
  plant.change(settle)
}

const same = (a: ActiveFault, b: ActiveFault): boolean =>
  a.name === b.name && a.asset === b.asset && a.register === b.register

function stuckAt(plant: Plant, asset: string, register: string): Pick<ActiveFault, 'register' | 'words'> {
  const unit = plant.options.assets.find(a => a.name === asset)!.unit
  const words = plant
    .registersOf(unit)
    .find(r => r.name === register)!
    .read(plant.state.assets[asset]!, plant.state.tMs)
  return { register, words }
}

const isLocal = (a: PlantState['assets'][string] | undefined): boolean =>
  a !== undefined && 'control' in a && a.control.local

/** Switch and breaker stand as the faults in force say. */
export function settle(s: PlantState): PlantState {
  const assets = Object.entries(s.assets).map(([name, a]) => {
    const local = s.faults.find(f => f.name === 'local' && f.asset === name)
    const open = s.faults.some(f => f.name === 'breaker' && f.asset === name)
    if (a.type === 'grid') return [name, a.closed === !open ? a : ({ ...a, closed: !open } satisfies GridMemory)]
    if (a.type === 'load' || a.control.local === (local !== undefined)) return [name, a]
    const localW = local?.powerW ?? 0
    // Back in remote, the device follows nothing until it is told anew.
    const control = { ...a.control, local: local !== undefined, localW, setpointW: null, targetW: null }
    return [name, { ...a, control }]
  })
  const next = Object.fromEntries(assets) as PlantState['assets']
  const turned = (name: string) => isLocal(s.assets[name]) !== isLocal(next[name])
  return { ...s, assets: next, late: s.late.filter(l => !turned(l.asset)) }
}
