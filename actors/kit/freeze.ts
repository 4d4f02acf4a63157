/**
 * An actor as JSON and back. Frozen, it holds no object of XState; thawed, it takes every later step as the live one
 * would (K5, S17). A passive actor is kept as text, a fifth of the memory, until something touches it.
 */
import type { ActorState, Held, Placed, Timer } from './actor.ts'
import type { Numbers } from './frame.ts'
import { type FrozenChart, freeze, thaw } from './kernel.ts'

export interface FrozenActor {
  readonly chart: FrozenChart
  readonly timers: readonly Timer[]
  readonly seq: number
  readonly out: Numbers
  readonly wanted: Numbers
  readonly lost: boolean
  readonly alarms: Readonly<Record<string, string>>
  readonly held?: Held
}

export const freezeActor = (actor: ActorState): FrozenActor => ({ ...actor, chart: freeze(actor.chart) })

/** The caller has checked type and version, and migrated where they differ. */
export const thawActor = (placed: Placed, frozen: FrozenActor): ActorState => ({
  ...frozen,
  chart: thaw(placed.asset.program.machine, frozen.chart),
})

export interface Passive {
  readonly passive: string
}
export const passivate = (actor: ActorState): Passive => ({ passive: JSON.stringify(freezeActor(actor)) })
export const activate = (placed: Placed, { passive }: Passive): ActorState =>
  thawActor(placed, JSON.parse(passive) as FrozenActor)
