/**
 * The plant: physics, devices and their registers, without sockets, timers or files. `advanceTo` is the only way that
 * time passes. Positive power discharges or exports from an asset, so a load is <= 0 and grid = -(sum of the assets);
 * positive grid power is import.
 */
import { batteryRegisters } from './devices/battery.ts'
import { gridRegisters, loadRegisters } from './devices/meters.ts'
import { pvRegisters } from './devices/pv.ts'
import { EXCEPTION, type Register, type Space } from './devices/register.ts'
import {
  type ActiveFault,
  type AssetMemory,
  type AssetOptions,
  batteryParameters,
  initialState,
  type Late,
  type PlantOptions,
  type PlantState,
  pvParameters,
} from './state.ts'
import { type Inputs, STEP_MS, type Step, stepPlant } from './step.ts'

export interface PlantWrite {
  readonly asset: string
  readonly register: string
  /** What the words meant, in the register's unit; null where no register was hit. */
  readonly asked: number | null
  readonly outcome: 'accepted' | 'refused' | 'swallowed'
  readonly exception: number | null
  readonly why: string | null
  /** What the device made of it, and when it takes effect. */
  readonly applied: number | null
  readonly effectAtMs: number | null
}

type AnyRegister = Register<AssetMemory>
type Served = { readonly options: AssetOptions; readonly registers: ReadonlyMap<string, AnyRegister> }

const registersOf = (a: AssetOptions): readonly AnyRegister[] =>
  (a.type === 'battery'
    ? batteryRegisters(batteryParameters(a))
    : a.type === 'pv'
      ? pvRegisters(pvParameters(a))
      : a.type === 'load'
        ? loadRegisters
        : gridRegisters) as unknown as readonly AnyRegister[]

function serve(options: AssetOptions): Served {
  const registers = new Map<string, AnyRegister>()
  for (const r of registersOf(options)) registers.set(`${r.space}:${r.address}`, r)
  return { options, registers }
}

export class Plant {
  readonly options: PlantOptions
  readonly #inputs: Inputs
  readonly #served: ReadonlyMap<number, Served>
  #state: PlantState

  constructor(options: PlantOptions, inputs: Inputs = {}, restored?: PlantState) {
    this.options = options
    this.#inputs = inputs
    this.#served = new Map(options.assets.map(a => [a.unit, serve(a)]))
    this.#state = restored ?? initialState(options)
  }

  get state(): PlantState {
    return this.#state
  }

  /** Steps of 100 ms up to the time; never back. Returns the late writes that took effect. */
  advanceTo(tMs: number): Step['tookEffect'] {
    const tookEffect: Step['tookEffect'][number][] = []
    while (this.#state.tMs + STEP_MS <= tMs) {
      const step = stepPlant(this.options, this.#inputs, this.#state)
      this.#state = step.state
      tookEffect.push(...step.tookEffect)
    }
    return tookEffect
  }

  /** Nobody saw what happened in between: time passes without physics. */
  skipTo(tMs: number): void {
    if (tMs > this.#state.tMs) this.#state = { ...this.#state, tMs: Math.floor(tMs / STEP_MS) * STEP_MS }
  }

  fault(name: string, asset: string): ActiveFault | undefined {
    return this.#state.faults.find(f => f.name === name && f.asset === asset)
  }
  change(next: (state: PlantState) => PlantState): void {
    this.#state = next(this.#state)
  }
  assetOf(unit: number): AssetOptions | undefined {
    return this.#served.get(unit)?.options
  }
  registersOf(unit: number): readonly AnyRegister[] {
    return [...(this.#served.get(unit)?.registers.values() ?? [])]
  }

  /** The words from an address on, or the exception. A register can only be read whole; holes are not readable. */
  read(unit: number, space: Space, address: number, count: number): readonly number[] | { readonly exception: number } {
    const served = this.#served.get(unit)
    if (!served) return { exception: EXCEPTION.address }
    const words: number[] = []
    while (words.length < count) {
      const r = served.registers.get(`${space}:${address + words.length}`)
      if (!r || words.length + r.size > count) return { exception: EXCEPTION.address }
      words.push(...this.#words(served.options.name, r))
    }
    return words
  }

  #words(asset: string, r: AnyRegister): readonly number[] {
    const stuck = this.#state.faults.find(f => f.name === 'stick' && f.asset === asset && f.register === r.name)
    return stuck?.words ?? r.read(this.#state.assets[asset]!, this.#state.tMs)
  }

  /** All words of a request are taken or none. `number` is the write's place in the record. */
  write(unit: number, space: Space, address: number, words: readonly number[], number: number): readonly PlantWrite[] {
    const served = this.#served.get(unit)
    const asset = served?.options.name ?? `unit ${unit}`
    const refused = (register: string, exception: number, why: string): readonly PlantWrite[] => [
      { asset, register, asked: null, outcome: 'refused', exception, why, applied: null, effectAtMs: null },
    ]
    if (!served) return refused(`${space}:${address}`, EXCEPTION.address, 'no such unit')
    if (this.fault('refuse', asset)) return refused(`${space}:${address}`, EXCEPTION.failure, 'writes are refused')
    const before = this.#state.assets[asset]!
    if ('control' in before && before.control.local)
      return refused(`${space}:${address}`, EXCEPTION.failure, 'the device is in local mode')
    let memory: AssetMemory = before
    const done: PlantWrite[] = []
    const held: Late[] = []
    for (let i = 0; i < words.length; ) {
      const r = served.registers.get(`${space}:${address + i}`)
      if (!r?.write || i + r.size > words.length)
        return refused(r?.name ?? `${space}:${address + i}`, EXCEPTION.address, 'not writable')
      const given = words.slice(i, i + r.size)
      const asked = r.write(memory, given, this.#state.tMs)
      if (asked.kind === 'refused') return refused(r.name, asked.exception, asked.why)
      const clamped = asked.setpoint && this.fault('clamp', asset) && r.write(memory, given.map(half), this.#state.tMs)
      const verdict = clamped && clamped.kind === 'accepted' ? clamped : asked
      const stuck = this.#state.faults.some(f => f.name === 'stick' && f.asset === asset && f.register === r.name)
      const late = verdict.setpoint ? this.fault('late', asset) : undefined
      if (!stuck && late) {
        held.push({ asset, dueMs: this.#state.tMs + (late.delayMs ?? LATE_MS), valueW: verdict.applied, write: number })
        memory = registerOnly(verdict.state, memory)
      } else if (!stuck) memory = verdict.state
      const effectAtMs = stuck || late ? null : this.#state.tMs
      done.push({
        asset,
        register: r.name,
        asked: asked.asked,
        outcome: 'accepted',
        exception: null,
        why: stuck ? 'the register is stuck' : null,
        applied: stuck ? null : verdict.applied,
        effectAtMs,
      })
      i += r.size
    }
    // What is followed from now on replaces what was still to come.
    const direct = done.some(w => w.effectAtMs !== null && (SUPERSEDES as readonly string[]).includes(w.register))
    const { assets } = this.#state
    const late = this.#state.late.filter(l => !direct || l.asset !== asset)
    this.#state = { ...this.#state, assets: { ...assets, [asset]: memory }, late: [...late, ...held] }
    return done
  }
}

/** Of a register of 16 bits with its sign. */
const half = (word: number): number => Math.trunc(((word << 16) >> 16) / 2) & 0xffff

const SUPERSEDES = ['setpoint', 'ceiling', 'pulse'] as const

/** How late a write is applied where the fault does not say. */
const LATE_MS = 5_000

/** The register takes the value, the device goes on following the old one. */
function registerOnly(after: AssetMemory, before: AssetMemory): AssetMemory {
  if (!('control' in after) || !('control' in before)) return after
  return { ...after, control: { ...after.control, targetW: before.control.targetW } }
}
