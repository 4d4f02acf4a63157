/**
 * What two engines would have commanded in one cycle, held against each other.
 *
 * C1  `commanded` is all that anybody acts on: mode, setpoints with their bounds and rates, pulses, laws, and the people's
 *     commands in force. `words` is what only explains it (`why`, `boundBy`).
 * C2  A pulse counts by its name: its id is the asset's own count, which one pulse more or less shifts for good.
 */
import type { Actions } from '../../protocol/words/candidate.ts'
import { type Difference, differences } from './json-path.ts'

export interface Divergence extends Difference {
  readonly kind: 'commanded' | 'words'
  /** Of a setpoint: why each side wants it so. */
  readonly why?: { readonly recorded: string; readonly computed: string }
}

export function divergences(recorded: Actions, computed: Actions): readonly Divergence[] {
  const found = [...differences(commanded(recorded), commanded(computed))].map(difference => {
    const why = { recorded: whyOf(recorded, difference.path), computed: whyOf(computed, difference.path) }
    const known = why.recorded !== undefined && why.computed !== undefined
    return { kind: 'commanded', ...difference, ...(known && { why }) } as Divergence
  })
  if (found.length > 0) return found
  return [...differences(words(recorded), words(computed))].map(d => ({ kind: 'words', ...d }))
}

type Tree = Readonly<Record<string, unknown>>
const mapped = <T>(of: Readonly<Record<string, T>>, to: (value: T) => unknown): Tree =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, to(value)]))

// C1
function commanded({ mode, assets, laws, commands }: Actions): Tree {
  return {
    mode,
    assets: mapped(assets, ({ setpoints, pulses }) => ({
      setpoints: mapped(setpoints, ({ why: _, boundBy: __, ...seen }) => seen),
      pulses: pulses.map(p => p.name).join(' '), // C2
    })),
    laws: Object.fromEntries(laws.map(law => [`${law.law} ${law.asset}`, law])),
    commands: Object.fromEntries(commands.map(({ id, pulses: _, ...command }) => [id, command])),
  }
}
const words = ({ assets }: Actions): Tree => ({
  assets: mapped(assets, ({ setpoints }) => ({
    setpoints: mapped(setpoints, ({ why, boundBy }) => ({ why, boundBy: boundBy ?? null })),
  })),
})

function whyOf({ assets }: Actions, path: string): string | undefined {
  const [, asset, setpoint] = /^assets\.([^.]+)\.setpoints\.([^.]+)/.exec(path) ?? []
  return assets[asset ?? '']?.setpoints[setpoint ?? '']?.why
}
