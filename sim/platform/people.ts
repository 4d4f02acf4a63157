/** People at a simulated site: they start it, use it now and then, and, where a fault says so, misuse it. */
import { sha256 } from '../../protocol/codec/canonical.ts'
import { manifestHash, signManifest } from '../../protocol/codec/manifest.ts'
import type { Manifest, SignedManifest } from '../../protocol/words/manifest.ts'
import { NODES } from '../../supervisors/site/who.ts'
import { draw, randomOf } from '../world/draw.ts'
import type { SimSite } from './site.ts'

const START_MS = 3_000
const IDLE_MS_MIN = 20_000
const IDLE_MS_MAX = 90_000
/** A manifest that waits comes into force so many cycles later; who it promotes asks before. */
const WAITING_CYCLES = 20
const EAGER_MS = 4_000
const AGAIN_MS = 30_000
/** From the change to manual to the setpoints that need it. */
const RIVALS_AFTER_MS = 1_500

type Ask = readonly [target: string, name: string, params?: Readonly<Record<string, string | number>>]

export class Crowd {
  readonly #site: SimSite
  readonly #random
  readonly #batteries: readonly string[]
  /** W that each battery's envelope allows: a popular setpoint. */
  readonly #most: ReadonlyMap<string, number>
  readonly #startable: readonly string[]
  #manifest: SignedManifest
  #asked = 0

  constructor(site: SimSite) {
    this.#site = site
    this.#random = randomOf(site.o.world.seed, `${site.o.prefix}people`)
    this.#manifest = site.signed
    const { assets } = site.signed.manifest
    const definitions = site.o.engine.definitions.assets
    this.#most = new Map(assets.flatMap(a => (a.envelope.power ? [[a.name, a.envelope.power.max]] : [])))
    this.#batteries = [...this.#most.keys()]
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
      [battery, 'setpoint', { name: 'power', value: `${this.#most.get(battery)} W` }],
      ['site', 'observe'],
      ['site', 'off'],
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
    const asked = draw(seed, nth, 3) % 3_000
    const watts = asked % 4 === 0 ? this.#most.get(battery)! : asked - 1_500
    const setpoint = { name: 'power', value: `${watts} W` }
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

  /** Two at once, by hand, on one setpoint, each through a node of their own: their names say nothing of their order. */
  rival(seed: number, nth: number): void {
    const site = this.#site
    const { world } = site.o
    const name = `rival-${seed}-${String(nth).padStart(4, '0')}`
    const battery = this.#batteries[nth % this.#batteries.length]!
    const sealed = (id: string, target: string, command: string, params: Record<string, string>) =>
      site.sealed('operator', `${name}-${id}`, target, command, params, world.nowMs, 20_000)
    site.submit(NODES[nth % NODES.length]!, sealed('hand', 'site', 'manual', {}))
    world.at(world.nowUs + RIVALS_AFTER_MS * 1_000, null, () => {
      const ids = draw(world.seed, seed, nth) % 2 === 0 ? ['a', 'b'] : ['b', 'a']
      ids.forEach((id, i) => {
        const watts = ((draw(world.seed, seed, 2 * nth + i) % 140) - 70) * 10
        const body = sealed(id, battery, 'setpoint', { name: 'power', value: `${watts} W` })
        site.submit(NODES[(nth + i) % NODES.length]!, body)
      })
    })
  }
  /** Started and stopped by turns. */
  turn(battery: string, nth: number): void {
    this.#ask([battery, nth % 2 === 0 ? 'stop' : 'start'])
  }

  /**
   * An upgrade in place: a manifest names the cycle from which the next engine votes, and about then the nodes start anew
   * with it, one after the other. The standing verdict covers the moment in which too few of one engine are up.
   */
  changeEngine(): void {
    const site = this.#site
    const { world, engine } = site.o
    const hash = sha256(`${site.engine.hash} next`)
    const fromCycle = this.#cycle + ACTIVATED_AFTER_CYCLES
    this.activate(hash, fromCycle)
    const { cycleMs } = this.#manifest.manifest.timing
    site.nodes.forEach((node, i) => {
      world.at(world.nowUs + (ACTIVATED_AFTER_CYCLES * cycleMs + i * ROLLING_MS) * 1_000, null, () => {
        site.engine = { ...engine, hash }
        node.kill('another engine')
      })
    })
  }
  /** By the next manifest; from the cycle on, this engine votes. */
  activate(hash: string, fromCycle: number): void {
    this.#install({ engines: [...this.#manifest.manifest.engines, { hash, fromCycle }] })
  }
  /**
   * The next version, signed and appended; some come into force at a later cycle, make a viewer an operator, and the
   * viewer does not wait. Later the first one is sent once more.
   */
  changeManifest(id: number): void {
    const site = this.#site
    const { world } = site.o
    const before = this.#manifest.manifest
    const waits = draw(world.seed, id, 5) % 2 === 0
    const viewer = { ...before.keys.viewer!, roles: ['operator' as const] }
    const plant = draw(world.seed, id, 6) % 2 === 0 // more than people: the gateway is built anew
    this.#install({
      ...(plant && { title: `version ${before.version + 1}` }),
      fromCycle: waits ? this.#cycle + WAITING_CYCLES : null,
      ...(waits && { keys: { ...before.keys, viewer } }),
    })
    if (waits)
      world.at(world.nowUs + EAGER_MS * 1_000, null, () => {
        const body = site.sealed(
          'viewer',
          `eager-${String(id).padStart(4, '0')}`,
          'site',
          'manual',
          {},
          world.nowMs,
          20_000,
        )
        site.submit(NODES[id % NODES.length]!, body)
        site.append(body)
      })
    world.at(world.nowUs + AGAIN_MS * 1_000, null, () => site.install(site.signed))
  }
  get #cycle(): number {
    const { nodes } = this.#site
    return Math.max(0, ...nodes.map(node => this.#site.state(node.name)?.cycle ?? 0))
  }
  /** The next version into the log. */
  #install(change: Partial<Manifest>): void {
    const site = this.#site
    const before = this.#manifest.manifest
    // a manifest that names a cycle does so for itself alone
    const manifest = {
      ...before,
      fromCycle: null,
      ...change,
      version: before.version + 1,
      previous: manifestHash(before),
    }
    this.#manifest = signManifest({ manifest, signatures: {} }, site.o.keys.signer('administrator'))
    site.install(this.#manifest)
  }
}
/** Between two nodes of a rolling change, and from its manifest to the cycle that it names. */
const ROLLING_MS = 300
const ACTIVATED_AFTER_CYCLES = 8
