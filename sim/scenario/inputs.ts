/** What a scenario feeds into its plant: recorded columns, values over time, a sky with clouds. */
import { resolve } from 'node:path'
import { parse, raw, type Unit } from '../../protocol/words/units.ts'
import { type OpenedInput, openInput } from '../plant/inputs/open.ts'
import { seedOf, smoothNoise } from '../plant/physics/noise.ts'
import type { AssetOptions } from '../plant/state.ts'
import type { Inputs } from '../plant/step.ts'
import { durationMs, momentMs, type Span } from './moments.ts'
import type { Input } from './words.ts'

type Feed = Inputs[string]
type Kind = Parameters<typeof openInput>[0]

/** Names of what can be fed into each type of asset. */
export function feedsOf(assets: readonly AssetOptions[]): ReadonlyMap<string, Kind> {
  const names: Readonly<Record<AssetOptions['type'], readonly string[]>> = {
    battery: [],
    pv: ['power'],
    load: ['power'],
    grid: ['frequency', 'voltage'],
  }
  return new Map(assets.flatMap(a => names[a.type].map(n => [`${a.name}.${n}`, `${a.type}.${n}` as Kind] as const)))
}

/** Throws InputRefusal, TypeError. */
export function feed(name: string, kind: Kind, input: Input, span: Span, folder: string): Feed {
  if (typeof input === 'string') return recorded(kind, input, folder).at
  const unit: Unit = kind.endsWith('power') ? 'W' : kind.endsWith('frequency') ? 'Hz' : 'V'
  const number = (text: string) => raw(parse(unit, text, name))
  if ('clouds' in input) {
    const clear = number(input.clouds)
    const least = number(input.least)
    const everyMs = durationMs(input.every)
    return (_, utcMs) => {
      const open = smoothNoise(seedOf(`${name}/clouds`), utcMs, everyMs) * 2 + 0.5
      return Math.round(least + (clear - least) * Math.max(0, Math.min(1, open)))
    }
  }
  const steps = input.steps.map(([at, value]) => {
    const ms = momentMs(at, span)
    if (typeof ms === 'string') throw new TypeError(ms)
    return { ms, value: number(value) }
  })
  return elapsedMs => (steps.findLast(s => s.ms <= elapsedMs) ?? steps[0]!).value
}

/** The file stands beside the scenario. */
function recorded(kind: Kind, reference: string, folder: string): OpenedInput {
  const [file = '', ...query] = reference.split('?')
  return openInput(kind, [resolve(folder, file), ...query].join('?'))
}
