/** People at a simulated site: they start it, use it now and then, and, where a fault says so, misuse it. */
import { sha256 } from '../../protocol/codec/canonical.ts'
import { sealFact } from '../../protocol/codec/fact.ts'
import { manifestHash, signManifest } from '../../protocol/codec/manifest.ts'
import type { Manifest, SignedManifest } from '../../protocol/words/manifest.ts'
import { draw, randomOf } from '../world/draw.ts'
import { NODES, type SimSite } from './site.ts'

const START_MS = 3_000
const IDLE_MS_MIN = 20_000
const IDLE_MS_MAX = 90_000

type Ask = readonly [target: string, name: string, params?: Readonly<Record<string, string | number>>]

export class Crowd {
  readonly #site: SimSite
  readonly #random
  readonly #batteries: readonly string[]
  readonly #startable: readonly string[]
  #manifest: SignedManifest
  #asked = 0

  constructor(site: SimSite) {
    this.#site = site
    this.#random = randomOf(site.o.world.seed, `${site.o.prefix}people`)
    this.#manifest = site.signed
    const { assets } = site.signed.manifest
    const definitions = site.o.engine.definitions.assets
    this.#batteries = assets.filter(a => 'power' in a.envelope).map(a => a.name)
    this.#startable = assets.filter(a => 'start' in definitions[a.type]!.spec.commands).map(a => a.name)
  }

  /** Commissioning, then what an operator does on a quiet day. `untilMs`: nobody asks for anything after it. */
  begin(untilMs: number): void {
    const { world } = this.#site.o
    world.at(START_MS * 1_000, null, () => this.rouse())
    const next = () => {
      const waitMs = IDLE_MS_MIN + (this.#random.u32() % (IDLE_MS_MAX - IDLE_MS_MIN))
      if (world.nowMs + waitMs > untilMs) return
      world.at(world.nowUs + waitMs * 1_000, null, () => {
        this.#ask(this.#idea())
        next()
      })
    }
    world.at((START_MS + IDLE_MS_MIN) * 1_000, null, next)
  }
  /** Automatic, and every asset started: also what ends a run, so that what follows can be judged. */
  rouse(): void {
    this.#ask(['site', 'automatic'])
    for (const asset of this.#startable) this.#ask([asset, 'start'])
  }
  /** After the faults: whatever stands in its fault is reset, then all is started. */
  mend(): void {
    for (const asset of this.#startable) this.#ask([asset, 'reset'])
    this.#site.o.world.at(this.#site.o.world.nowUs + 5_000_000, null, () => this.rouse())
  }

  #idea(): Ask {
    const { u32 } = this.#random
    const battery = this.#batteries[u32() % this.#batteries.length]!
    const watts = (u32() % 2_000) - 1_000
    const ideas: Ask[] = [
      ['site', 'automatic'],
      ['site', 'manual'],
      ['site', 'safe'],
      [battery, 'setpoint', { name: 'power', value: `${watts} W` }],
      [battery, 'setpoint', { name: 'power', value: `${-watts} W` }],
      [battery, 'stop'],
      [battery, 'start'],
      [battery, 'cap', { power: `${Math.abs(watts)} W` }],
      [battery, 'reset'],
      ['site', 'automatic'],
    ]
    return ideas[u32() % ideas.length]!
  }
  #ask([target, name, params]: Ask): void {
    const node = NODES[this.#asked++ % NODES.length]!
    const id = this.#site.command(node, target, name, { ...params })
    // who hears nothing asks the next node; the step drops the repeat
    this.#site.again(id, NODES[this.#asked % NODES.length]!)
  }

  /** At once, again, too late, out of limits, without the right, by nobody. */
  misbehave(seed: number, nth: number): void {
    const site = this.#site
    const { nowMs } = site.o.world
    const node = NODES[nth % NODES.length]!
    const battery = this.#batteries[nth % this.#batteries.length]!
    const id = `busy-${seed}-${String(nth).padStart(4, '0')}`
    const setpoint = { name: 'power', value: `${(draw(seed, nth, 3) % 3_000) - 1_500} W` }
    const body = (by: string, issuedMs: number, expiresMs: number) =>
      site.sealed(by, id, battery, 'setpoint', setpoint, issuedMs, expiresMs)
    const ways = [
      () => {
        for (const other of NODES) site.submit(other, body('operator', nowMs, 20_000))
      },
      () => site.submit(node, body('operator', Math.max(0, nowMs - 60_000), 10_000)),
      () => site.submit(node, body('viewer', nowMs, 20_000)),
      () =>
        site.submit(
          node,
          site.sealed('operator', id, battery, 'setpoint', { name: 'power', value: '99 MW' }, nowMs, 9_000),
        ),
      () => site.submit(node, site.sealed('operator', id, battery, 'stop', {}, nowMs, 2_000)),
      () => site.submit(node, site.sealed('operator', id, battery, 'start', {}, nowMs, 2_000)),
      () =>
        site.submit(
          node,
          site.sealed('operator', id, 'site', nth % 2 === 0 ? 'manual' : 'automatic', {}, nowMs, 5_000),
        ),
    ]
    ways[draw(seed, nth, 4) % ways.length]!()
  }

  /** The next version, another title, signed and appended. */
  changeManifest(): void {
    const version = this.#manifest.manifest.version + 1
    this.#install({ title: `version ${version}` })
  }
  /** An upgrade: each node starts anew with the next engine and shadows; then all switch at one cycle. */
  changeEngine(): void {
    const site = this.#site
    const { world, engine } = site.o
    site.engine = { ...engine, hash: sha256(`${site.engine.hash} next`) }
    const { hash } = site.engine
    site.nodes.forEach((node, i) => {
      world.at(world.nowUs + i * ROLLING_MS * 1_000, null, () => node.kill('another engine'))
    })
    world.at(world.nowUs + (site.nodes.length + 1) * ROLLING_MS * 1_000, null, () => {
      const { cycle } = site.nodes.map(n => site.state(n.name)).find(s => s !== null) ?? { cycle: 0 }
      const fromCycle = cycle + ACTIVATED_AFTER_CYCLES
      this.activate(hash, fromCycle)
    })
  }
  /** By the next manifest; from the cycle on, this engine votes. */
  activate(hash: string, fromCycle: number): void {
    this.#install({ engines: [...this.#manifest.manifest.engines, { hash, fromCycle }] })
  }
  #install(change: Partial<Manifest>): void {
    const site = this.#site
    const before = this.#manifest.manifest
    const administrator = site.o.keys.signer('administrator')
    const manifest = { ...before, ...change, version: before.version + 1, previous: manifestHash(before) }
    this.#manifest = signManifest({ manifest, signatures: {} }, administrator)
    const { tenant, site: name } = manifest
    const by = administrator.key
    site.append(
      sealFact({ v: 1, kind: 'ManifestInstalled', tenant, site: name, by, manifest: this.#manifest }, administrator),
    )
  }
}
/** Between two nodes of a rolling change, and from its manifest to the cycle that it names. */
const ROLLING_MS = 5_000
const ACTIVATED_AFTER_CYCLES = 5
