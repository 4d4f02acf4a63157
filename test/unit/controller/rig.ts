/** A site's controller, driven by facts alone: frames, claims of time, commands. */
import { fileURLToPath } from 'node:url'
import { type Definitions, type Site, siteOf } from '../../../actors/controller/site.ts'
import { type SiteState, startSite } from '../../../actors/controller/state.ts'
import { type Stepped, step } from '../../../actors/controller/step.ts'
import { builtIn } from '../../../actors/engine.ts'
import type { AnyStrategy } from '../../../actors/kit/strategy.ts'
import { type Fact, NO_SLOTS } from '../../../protocol/words/facts.ts'
import { readSiteFile, type SiteFile } from '../../../supervisors/site/file.ts'
import { resolveSite } from '../../../supervisors/site/resolve.ts'
import { claim } from './household.ts'

const path = fileURLToPath(new URL('../../../sim/sites/home.yaml', import.meta.url))
const of = { v: 1, tenant: 'demo', site: 'home', by: 'gateway' } as const

/** Reliable points of each asset; undefined is a bad one. */
export type Measured = Readonly<Record<string, Readonly<Record<string, number | string | undefined>>>>
const battery = {
  soc: 500,
  voltage: 370_000,
  linkVoltage: 370_000,
  current: 0,
  temperature: 250,
  mode: 'remote',
  power: 0,
}
const all: Measured = {
  grid: { power: 0, frequency: 50_000, voltage: 230_000, breaker: 'closed' },
  load1: { power: -500 },
  bat1: battery,
  bat2: battery,
  pv1: { power: 0, available: 0, mode: 'remote', temperature: 300 },
}
interface Told {
  readonly ages?: Readonly<Record<string, number>>
  /** What the gateway's laws added to an asset's power. */
  readonly local?: Readonly<Record<string, number>>
}

export class Rig {
  readonly site: Site
  state: SiteState
  #cycle = 0
  #position = 0
  #seq = 0
  #nowMs = 1_000_000

  constructor(change: (file: any) => void = () => {}, strategies: Readonly<Record<string, unknown>> = {}) {
    const file = structuredClone(readSiteFile(path).file) as SiteFile
    change(file)
    const own = strategies as Record<string, AnyStrategy>
    const definitions: Definitions = { ...builtIn, strategies: { ...builtIn.strategies, ...own } }
    const key = { publicKey: 'A'.repeat(43), roles: ['node' as const] }
    const who = { keys: { a: key, b: key, c: key }, replicas: ['a', 'b', 'c'], threshold: 1, engine: '0'.repeat(64) }
    this.site = siteOf(resolveSite(file, definitions, who), definitions)
    this.state = startSite(this.site)
  }
  /** Everything started and in automatic. */
  static running(change?: (file: any) => void, strategies?: Readonly<Record<string, unknown>>): Rig {
    const rig = new Rig(change, strategies)
    rig.passed(0).frame()
    rig.command('site', 'automatic')
    for (const asset of ['bat1', 'bat2', 'pv1']) rig.command(asset, 'start')
    for (let i = 0; i < 8; i++) rig.passed(1_000).frame()
    return rig
  }
  passed(ms: number): this {
    this.#nowMs += ms
    for (const by of ['a', 'b']) this.#step(claim(by, ++this.#seq, this.#nowMs))
    return this
  }
  command(target: string, name: string): void {
    const id = `${'0'.repeat(26)}${++this.#seq}`.slice(-26)
    const { by: _, ...site } = of
    const fact = { ...site, by: 'operator', kind: 'CommandRequested', id, target, name, params: {} } as const
    this.#step({ ...fact, issuedAtMs: this.#nowMs, expiresMs: 60_000 })
    const { state, reason } = this.state.commands[id]!
    if (state !== 'accepted') throw new Error(`${target} ${name}: ${state} ${reason}`)
  }
  /** A cycle: setpoints that it decides, by asset. */
  frame(
    change: Measured = {},
    { ages = {}, local = {} }: Told = {},
  ): Readonly<Record<string, { value: number; why: string }>> {
    const assets = Object.entries(all).map(([name, points]) => {
      const seen = Object.entries({ ...points, ...change[name] }).map(([point, value]) => [
        point,
        value === undefined
          ? { value: null, quality: 'bad', ageMs: 0 }
          : { value, quality: 'good', ageMs: ages[name] ?? 0 },
      ])
      const added = local[name] === undefined ? {} : { power: local[name] }
      return [name, { points: Object.fromEntries(seen), channel: 'following', applied: {}, local: added }]
    })
    const stepped = this.#step({
      ...of,
      kind: 'FrameMeasured',
      epoch: 1,
      cycle: ++this.#cycle,
      assets: Object.fromEntries(assets),
      slots: NO_SLOTS,
    })
    const decided = Object.entries(stepped.actions!.assets).flatMap(([name, { setpoints }]) =>
      Object.values(setpoints).map(({ value, why }) => [name, { value, why }] as const),
    )
    return Object.fromEntries(decided)
  }
  #step(fact: Fact): Stepped {
    const stepped = step(this.site, this.state, fact, ++this.#position)
    this.state = stepped.state
    return stepped
  }
}
