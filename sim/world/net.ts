/** Links between simulated processes: ordered and prompt, unless a fault says otherwise. */
import type { Cancel, Link, LinkEvents, Net } from '../../protocol/ports.ts'
import { draw, textHash } from './draw.ts'
import type { Incarnation } from './process.ts'
import type { World } from './world.ts'

const CONNECT_US = 400
const HOP_US = 150
/** What one duplicate or one late message is late by, unless the fault says. */
const LATE_MS = 500

export interface Listener {
  readonly owner: Incarnation
  readonly accept: (link: Link) => LinkEvents
}

/** Names a way: `gateway>node-a`; a fault of one direction names one of the two. */
const way = (from: Incarnation, to: Incarnation): string => `${from.process.name}>${to.process.name}`
const parted = (world: World, from: Incarnation, to: Incarnation): boolean =>
  world.strikes('partition', way(from, to)) !== null ||
  world.strikes('isolation', from.process.name) !== null ||
  world.strikes('isolation', to.process.name) !== null

export class SimLink implements Link {
  readonly owner: Incarnation
  readonly other: Incarnation
  twin!: SimLink
  events: LinkEvents | null = null
  open = true
  readonly #way: string
  readonly #key: number
  #sent = 0
  #notBeforeUs = 0

  constructor(owner: Incarnation, other: Incarnation) {
    this.owner = owner
    this.other = other
    this.#way = way(owner, other)
    this.#key = textHash(this.#way)
    owner.links.add(this)
  }

  get peer(): string {
    return this.other.process.name
  }
  send(text: string): boolean {
    if (!this.open || this.owner.dead) return false
    const { world } = this.owner.process
    const nth = this.#sent++
    world.called(this.owner)
    if (this.owner.dead) return false
    world.trace('send', this.#way, text)
    world.sent?.(this.owner.process.name, this.other.process.name, text)
    if (parted(world, this.owner, this.other) || world.strikes('loss', this.#way)) return true // the sender cannot know
    const late = world.strikes('delay', this.#way)
    const lateUs = late ? draw(world.seed, late.id, nth) % ((late.ms ?? LATE_MS) * 1_000) : 0
    let atUs = world.nowUs + HOP_US + (draw(world.seed, this.#key, nth) % HOP_US) + lateUs
    if (!world.strikes('reorder', this.#way)) atUs = this.#notBeforeUs = Math.max(atUs, this.#notBeforeUs)
    this.#deliver(atUs, text)
    const twice = world.strikes('duplicate', this.#way)
    if (twice) this.#deliver(atUs + (draw(world.seed, twice.id, nth) % (LATE_MS * 1_000)), text)
    return true
  }
  #deliver(atUs: number, text: string): void {
    const { world } = this.owner.process
    world.at(atUs, this.other, () => {
      if (!this.twin.open) return
      this.twin.events?.message(text)
    })
  }
  close(): void {
    if (this.open && !this.owner.dead) this.cut('closed', false)
  }
  /** `silent`: the other end is never told, as when the power of a machine goes. */
  cut(reason: string, silent: boolean): void {
    if (!this.open) return
    const { world } = this.owner.process
    this.open = false
    this.owner.links.delete(this)
    this.#tell(world, reason)
    if (silent) return
    this.twin.open = false
    this.twin.owner.links.delete(this.twin)
    this.twin.#tell(world, reason)
  }
  #tell(world: World, reason: string): void {
    if (!this.owner.dead) world.at(world.nowUs + HOP_US, this.owner, () => this.events?.closed(reason))
  }
}

export function netOf(life: Incarnation): Net {
  const { world } = life.process
  return {
    listen(address, accept) {
      const there = world.listeners.get(address)
      if (there && !there.owner.dead) return Promise.reject(new Error(`EADDRINUSE ${address}`))
      const listener: Listener = { owner: life, accept }
      world.listeners.set(address, listener)
      const cancel = () => {
        if (world.listeners.get(address) === listener) world.listeners.delete(address)
      }
      return Promise.resolve({ address, cancel } satisfies Cancel & { address: string })
    },
    connect: (address, events) =>
      new Promise((resolve, reject) => {
        world.at(world.nowUs + CONNECT_US, life, () => {
          const there = world.listeners.get(address)
          if (!there || there.owner.dead || parted(world, life, there.owner) || parted(world, there.owner, life))
            return reject(new Error(`ECONNREFUSED ${address}`))
          const here = new SimLink(life, there.owner)
          const far = new SimLink(there.owner, life)
          here.twin = far
          far.twin = here
          here.events = events
          there.owner.enter(() => {
            far.events = there.accept(far)
          })
          resolve(here)
        })
      }),
  }
}
