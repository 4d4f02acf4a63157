/** Opens the recorded inputs that a plant's assets name, and says what was found in them. */
import { readFileSync } from 'node:fs'
import type { Note } from '../../../protocol/ports.ts'
import type { AssetOptions } from '../state.ts'
import type { Inputs } from '../step.ts'
import { type Bounds, type Report, readSeries, type Sample } from './csv.ts'
import { InputRefusal, parseReference, type Reference } from './reference.ts'

interface Quantity {
  /** Suffix in a reference to factor into the smallest step; the first is the default. */
  readonly units: Readonly<Record<string, number>>
  /** What the quantity can be, in its smallest step. */
  readonly bounds: Bounds
}

const POWER = { W: 1, kW: 1_000, MW: 1_000_000 }
const QUANTITIES = {
  'load.power': { units: POWER, bounds: { min: -1e9, max: 1e9 } },
  'pv.power': { units: POWER, bounds: { min: 0, max: 1e9 } },
  'grid.frequency': { units: { Hz: 1_000, mHz: 1 }, bounds: { min: 40_000, max: 60_000 } },
  'grid.voltage': { units: { V: 1_000, mV: 1, kV: 1_000_000 }, bounds: { min: 1, max: 1e9 } },
} satisfies Record<string, Quantity>

export function openInputs(assets: readonly AssetOptions[], note: Note): Inputs {
  const inputs: Record<string, Inputs[string]> = {}
  for (const a of assets) {
    const named: readonly (readonly [string, string | undefined])[] =
      a.type === 'grid'
        ? [
            ['frequency', a.frequency],
            ['voltage', a.voltage],
          ]
        : a.type === 'load' || a.type === 'pv'
          ? [['power', a.power]]
          : []
    for (const [name, reference] of named) {
      if (reference === undefined) continue
      const opened = openInput(`${a.type}.${name}` as keyof typeof QUANTITIES, reference)
      const { report } = opened
      const doubtful = report.gaps + report.bad + report.impossible + report.repeated + report.outOfOrder > 0
      note(doubtful ? 'warn' : 'info', `recorded input for ${a.name}.${name}`, { ...report })
      inputs[`${a.name}.${name}`] = opened.at
    }
  }
  return inputs
}

export interface OpenedInput {
  readonly at: Inputs[string]
  readonly report: Report
}

export function openInput(
  quantity: keyof typeof QUANTITIES,
  reference: string,
  read: (file: string) => string = file => readFileSync(file, 'utf8'),
): OpenedInput {
  const ref = parseReference(reference)
  const { units, bounds }: Quantity = QUANTITIES[quantity]
  const suffix = ref.unit ?? Object.keys(units)[0]!
  const factor = units[suffix]
  if (factor === undefined)
    throw new InputRefusal('INPUT_UNIT', `unit '${suffix}' is none of ${Object.keys(units).join(', ')} for ${quantity}`)
  const text = read(ref.file)
  const { turn, said } = signOf(quantity, ref, text, bounds, factor)
  const { samples, report } = readSeries(text, ref, x => x * factor * turn, bounds)
  const reversed = quantity === 'load.power' ? samples.filter(s => s.value > 0).length : 0
  const inferred = [...report.inferred, ...(ref.unit === undefined ? [`unit ${suffix}`] : []), ...said]
  return { at: holding(samples, report.stepMs, ref.align), report: { ...report, reversed, inferred } }
}

/** Files write a load with either sign. Where it is not said, the sign of most of its values is consumption. */
function signOf(
  quantity: keyof typeof QUANTITIES,
  ref: Reference,
  text: string,
  bounds: Bounds,
  factor: number,
): { readonly turn: 1 | -1; readonly said: readonly string[] } {
  if (quantity !== 'load.power') return { turn: 1, said: [] }
  if (ref.sign) return { turn: ref.sign === 'consumption-negative' ? 1 : -1, said: [] }
  const { samples } = readSeries(text, ref, x => x * factor, bounds)
  const negative = samples.filter(s => s.value < 0).length > samples.filter(s => s.value > 0).length
  return { turn: negative ? 1 : -1, said: [`consumption is ${negative ? 'negative' : 'positive'} in the file`] }
}

/**
 * Step and hold: a sample stands until the next one, through gaps too; the series starts again after its last step.
 */
function holding(samples: readonly Sample[], stepMs: number, align: 'start' | 'day'): Inputs[string] {
  const first = samples[0]!.atMs
  const spanMs = samples.at(-1)!.atMs - first + stepMs
  return (elapsedMs, utcMs) => {
    const t = align === 'day' ? utcMs % 86_400_000 : elapsedMs
    const atMs = first + (((t % spanMs) + spanMs) % spanMs)
    let low = 0
    let high = samples.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (samples[middle]!.atMs <= atMs) low = middle
      else high = middle - 1
    }
    return samples[low]!.value
  }
}
