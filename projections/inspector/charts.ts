/** The charts of a site's actors, described once for each definition and drawn on demand. */
import { alarmChart } from '../../actors/alarms/life.ts'
import { commandChart } from '../../actors/commands/life.ts'
import type { AnyAsset } from '../../actors/kit/define.ts'
import type { Moves } from '../../actors/kit/host.ts'
import type { NamedChart } from '../../actors/kit/machine.ts'
import { canonical, sha256 } from '../../protocol/codec/canonical.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { type Described, describe } from './chart/describe.ts'
import { describeAsset } from './chart/describe-asset.ts'
import { draw } from './chart/draw.ts'
import { fold } from './chart/fold.ts'
import { ChartLayouts, LayoutFailed } from './chart/layouts.ts'
import { type Direction, type Places, placesOf } from './chart/scene.ts'
import type { Moment } from './moments.ts'

/** Scenes whose places a new layout of the same chart stays close to. */
const NEAR_MAX = 64

export interface ChartAsk {
  readonly direction: Direction
  readonly opened: readonly string[]
  readonly closed: readonly string[]
  readonly find: string | null
  /** So many states are unfolded by themselves. */
  readonly budget: number
  /** Active states: what is folded away is never these. */
  readonly live: readonly string[]
}
export interface KnownChart extends Described {
  /** Of the chart: another hash is another drawing. */
  readonly hash: string
}

/** The lives of commands and alarms, which are derived from the facts; the gateway's own `command` is another chart. */
const LIVES: readonly NamedChart[] = [
  { name: 'commandLife', machine: commandChart, text: 'The life of a command' },
  { name: 'alarmLife', machine: alarmChart, text: 'The life of an alarm' },
]

/** By definition, for as long as somebody holds it. */
export class KnownCharts {
  readonly #ofAssets = new WeakMap<AnyAsset, KnownChart>()
  readonly #ofMachines = new WeakMap<object, KnownChart>()
  readonly #machines: readonly NamedChart[]

  constructor(machines: readonly NamedChart[] = []) {
    this.#machines = [...LIVES, ...machines]
  }

  ofAsset(asset: AnyAsset): KnownChart {
    return once(this.#ofAssets, asset, () => describeAsset(asset))
  }
  ofMachine(machine: { readonly id: string; readonly root: unknown }): KnownChart {
    return once(this.#ofMachines, machine, () => describe(machine))
  }
  /** Of the system's own actors, by name: `voter`, `command`. */
  named(name: string): NamedChart | null {
    return this.#machines.find(each => each.name === name) ?? null
  }
  /** `asset:NAME`, `asset:site`, `machine:NAME`; null: there is no such chart at this moment. */
  of({ site }: Moment, chart: string): KnownChart | null {
    const [, kind, name = ''] = /^(asset|machine):(.+)$/.exec(chart) ?? []
    if (kind === 'machine') {
      const known = this.named(name)
      return known && this.ofMachine(known.machine.machine)
    }
    const placed = name === site.modes.name ? site.modes : site.byName.get(name)
    return kind === 'asset' && placed ? this.ofAsset(placed.asset) : null
  }
}
function once<K extends object>(known: WeakMap<K, KnownChart>, key: K, make: () => Described): KnownChart {
  const there = known.get(key)
  if (there) return there
  const described = make()
  const made = { ...described, hash: sha256(canonical(described.chart)) }
  known.set(key, made)
  return made
}

/** The transitions of a step as edges of its chart. */
export const edgeIds = ({ edgeOf }: Described, moves: Moves): readonly string[] =>
  moves.flat().flatMap(transition => edgeOf.get(transition) ?? [])

export class Drawings {
  readonly #layouts = new ChartLayouts()
  readonly #near = new Map<string, Places>()

  /** Throws UNAVAILABLE where the layout comes to no end. */
  async draw({ chart, hash }: KnownChart, { direction, opened, closed, find, budget, live }: ChartAsk) {
    const key = `${hash} ${direction}`
    const near = this.#near.get(key)
    const show = [...(find === null ? [] : [find]), ...live]
    const ask = { chart, folded: fold(chart, { show, opened, closed, budget }), direction }
    const scene = await this.#layouts.scene(near ? { ...ask, near } : ask).catch(error => {
      throw error instanceof LayoutFailed ? new Refusal('UNAVAILABLE', error.message) : error
    })
    this.#near.set(key, placesOf(scene))
    if (this.#near.size > NEAR_MAX) this.#near.delete(this.#near.keys().next().value!)
    const states = chart.nodes.map(({ id, key: name, parent }) => ({ id, key: name, parent }))
    return { svg: draw(scene, chart.id), scene, states }
  }
  close(): Promise<void> {
    return this.#layouts.close()
  }
}
