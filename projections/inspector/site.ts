/** One site as the inspector has it: its moments, what was recorded beside them, and the views of both. */
import type { NamedChart } from '../../actors/kit/machine.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { Submitted } from '../api/view.ts'
import { KnownCharts } from './charts.ts'
import type { Moment, Moments } from './moments.ts'
import type { Recorded } from './recorded.ts'
import { viewOf } from './views/index.ts'
import { KeptTiles } from './views/tiles.ts'
import type { Params } from './views/view.ts'

/** Results that are shared by everybody who looks at the same thing. */
const SHARED_MAX = 256

export interface InspectedSite {
  readonly tenant: string
  readonly site: string
  readonly moments: Moments
  readonly recorded: Recorded
  /** The charts of the system's own actors, by the names under which they are told of. */
  readonly machines: readonly NamedChart[]
  /** Admits and appends a signed record by a node; a rejection means unknown, not no. */
  readonly submit: (body: string) => Promise<Submitted>
  /** Has an administrator enrol a person's key; a refusal says how else. */
  readonly enrol: (publicKey: string) => Promise<{ readonly id: string }>
}

export class SiteViews {
  readonly of: InspectedSite
  readonly charts: KnownCharts
  readonly #tiles = new KeptTiles()
  /** Grows with whatever may change a view. */
  #revision = 0
  readonly #listeners = new Set<() => void>()
  readonly #shared = new Map<string, { readonly revision: number; readonly value: Promise<Shown> }>()

  constructor(of: InspectedSite) {
    this.of = of
    this.charts = new KnownCharts(of.machines)
    of.moments.listen(() => this.#changed())
    of.recorded.listen(() => this.#changed())
  }
  get revision(): number {
    return this.#revision
  }
  /** Something may look different now. */
  listen(told: () => void): { cancel(): void } {
    this.#listeners.add(told)
    return { cancel: () => void this.#listeners.delete(told) }
  }

  /** Live where `at` is null. Throws BAD_REQUEST, NOT_FOUND, CURSOR_GONE, UNAVAILABLE. */
  show(name: string, params: Params, at: number | null): Promise<Shown> {
    const key = JSON.stringify([name, params, at])
    const there = this.#shared.get(key)
    if (there && (at !== null || there.revision === this.#revision)) return there.value
    const value = this.#make(name, params, at)
    this.#shared.delete(key)
    this.#shared.set(key, { revision: this.#revision, value })
    value.catch(() => this.#shared.delete(key))
    if (this.#shared.size > SHARED_MAX) this.#shared.delete(this.#shared.keys().next().value!)
    return value
  }
  async #make(name: string, params: Params, at: number | null): Promise<Shown> {
    const view = viewOf(name)
    if (!view) throw new Refusal('BAD_REQUEST', `there is no view '${name}'`)
    const { moments, recorded } = this.of
    const moment = at === null ? moments.now : await moments.at(at)
    if (!moment) throw new Refusal('UNAVAILABLE', 'the log is still being read, or holds no manifest yet')
    const sources = { moments, recorded, charts: this.charts, tiles: this.#tiles, live: at === null }
    return { moment, value: await view(moment, params, sources) }
  }
  #changed(): void {
    this.#revision++
    for (const told of this.#listeners) told()
  }
}
export interface Shown {
  readonly moment: Moment
  readonly value: unknown
}
