/** One simulated device of the plant behind its register map: physics and registers, without a wire. */
import type { PointValue, PointValues } from '../../actors/kit/host.ts'
import { decode, encode } from '../../edge/drivers/modbus/codec.ts'
import { type RegisterMap, sizeOf } from '../../protocol/words/register-map.ts'
import { clearFaults, startFault } from '../plant/faults.ts'
import { Plant } from '../plant/plant.ts'
import type { AssetOptions, PlantOptions, PlantState } from '../plant/state.ts'
import type { Device } from './device.ts'

/** Physics is stepped so far for one wait; a longer one passes without it. */
const PHYSICS_MS_MAX = 60_000
const UNIT = 2
/** Noon in June: the sun is out. */
const START_MS = Date.UTC(2025, 5, 21, 11)

/** Asset type -> what it is in the plant, and its map in `sim/sites/maps`. */
export const SIMULATED: Readonly<Record<string, { readonly device: AssetOptions['type']; readonly map: string }>> = {
  battery: { device: 'battery', map: 'battery.yaml' },
  pvInverter: { device: 'pv', map: 'pv.yaml' },
  load: { device: 'load', map: 'load.yaml' },
  gridConnection: { device: 'grid', map: 'grid.yaml' },
}

export class PlantDevice implements Device {
  readonly kind: string
  readonly says: ReadonlySet<string>
  readonly #plant: Plant
  readonly #map: RegisterMap

  constructor(type: AssetOptions['type'], map: RegisterMap, state?: PlantState) {
    this.kind = type
    this.#map = map
    this.says = new Set(Object.keys(map.points))
    this.#plant = new Plant(optionsOf(type), {}, state)
    if (!state) this.#plant.advanceTo(START_MS + 1_000)
  }
  #changed(change: (plant: Plant) => void): PlantDevice {
    const next = new PlantDevice(this.kind as AssetOptions['type'], this.#map, this.#plant.state)
    change(next.#plant)
    return next
  }

  read(): PointValues {
    const values: Record<string, PointValue | undefined> = {}
    for (const [name, register] of Object.entries(this.#map.points)) {
      const words = this.#plant.read(UNIT, register.kind, register.register, sizeOf(register))
      if ('exception' in words) continue
      if (register.words) values[name] = register.words[String(words[0])]
      else {
        const decoded = decode(register, words as readonly number[])
        if (decoded.kind === 'value') values[name] = decoded.value
      }
    }
    return values
  }
  pass(ms: number): Device {
    const { tMs } = this.#plant.state
    return this.#changed(plant => {
      plant.advanceTo(tMs + Math.min(ms, PHYSICS_MS_MAX))
      plant.skipTo(tMs + ms)
    })
  }
  /** Its own switch, and the breaker of the grid. */
  arrange(words: PointValues): Device {
    return this.#changed(plant => {
      clearFaults(plant, 'it')
      if (words.mode === 'local' && (this.kind === 'battery' || this.kind === 'pv'))
        startFault('local', { asset: 'it', powerW: 0 }, plant)
      if (words.breaker === 'open' && this.kind === 'grid') startFault('breaker', { asset: 'it' }, plant)
    })
  }
  pulse(name: string, refuse: boolean) {
    const register = this.#map.pulses?.[name]
    if (!register) return { device: this, done: false, why: 'its register map has no such pulse' }
    let why = ''
    const device = this.#changed(plant => {
      if (refuse) startFault('refuse', { asset: 'it' }, plant)
      const [outcome] = plant.write(UNIT, register.kind ?? 'holding', register.register, [register.value], 0)
      if (outcome?.outcome !== 'accepted') why = outcome?.why ?? 'not taken'
      clearFaultOf(plant)
    })
    return { device, done: why === '', why }
  }
  /** What the register reads afterwards; null where it was not taken, or has no register. */
  set(setpoint: string, value: number) {
    const register = this.#map.setpoints?.[setpoint]
    const encoded = register && encode(register, value)
    if (!register || encoded?.kind !== 'words') return { device: this, applied: null }
    let applied: number | null = null
    const device = this.#changed(plant => {
      plant.write(UNIT, 'holding', register.register, encoded.words, 0)
      const words = plant.read(UNIT, 'holding', register.register, sizeOf(register))
      const decoded = 'exception' in words ? null : decode(register, words as readonly number[])
      if (decoded?.kind === 'value') applied = decoded.value
    })
    return { device, applied }
  }
}
const clearFaultOf = (plant: Plant) => clearFaults(plant, 'it', 'refuse')

function optionsOf(type: AssetOptions['type']): PlantOptions {
  const grid = { name: 'grid', type: 'grid', unit: 1 } as const
  const it = { name: 'it', type, unit: UNIT, ...(type === 'pv' && { connected: false }) } as AssetOptions
  const load = { name: 'load', type: 'load', unit: 3 } as const
  const assets = type === 'grid' ? [it, load] : [grid, it]
  return { seed: 'asset test', startMs: START_MS, assets }
}
