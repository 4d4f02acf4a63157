/** Child specs are data, as in Erlang/OTP, and are checked before anything starts. */
import type { Ports } from '../../protocol/ports.ts'

/** permanent: always restarted; transient: only after a failure; temporary: never. */
export type Restart = 'permanent' | 'transient' | 'temporary'
/** Who goes down with a child: it alone; everybody; it and those that were started after it. */
export type Strategy = 'oneForOne' | 'oneForAll' | 'restForOne'
export type Exit = { readonly kind: 'ended' } | { readonly kind: 'failed'; readonly error: unknown }

export interface Child {
  /** In order. The supervisor waits until the child's deadline, then closes its scope. */
  stop?(): Promise<void>
}
export interface ChildSpec {
  readonly id: string
  readonly restart: Restart
  /** For an orderly stop, ms; after it the child's ports are closed all the same. */
  readonly stopMs: number
  /** Resolves when the child is up. It takes only these ports: they die with it. */
  start(ports: Ports, exit: (exit: Exit) => void): Promise<Child>
}
export interface SupervisorSpec {
  readonly id: string
  readonly strategy: Strategy
  /** More than so many restarts within the period: the supervisor gives up and fails upward. */
  readonly intensity: number
  readonly periodMs: number
  readonly backoffMs?: { readonly first: number; readonly most: number }
  readonly children: readonly ChildSpec[]
}

/** Throws a TypeError that echoes the bad value: `bad intensity: -1`. */
export function checkSpec(spec: SupervisorSpec): void {
  const bad = (what: string, value: unknown) => {
    throw new TypeError(`${spec.id}: bad ${what}: ${JSON.stringify(value)}`)
  }
  if (!['oneForOne', 'oneForAll', 'restForOne'].includes(spec.strategy)) bad('strategy', spec.strategy)
  if (!Number.isInteger(spec.intensity) || spec.intensity < 0) bad('intensity', spec.intensity)
  if (!Number.isInteger(spec.periodMs) || spec.periodMs <= 0) bad('periodMs', spec.periodMs)
  const ids = spec.children.map(c => c.id)
  const twice = ids.find((id, i) => ids.indexOf(id) !== i)
  if (twice !== undefined) bad('child id, there twice', twice)
  for (const child of spec.children) checkChild(child, bad)
}
export function checkChild(child: ChildSpec, bad: (what: string, value: unknown) => void): void {
  if (child.id === '') bad('child id', child.id)
  if (!['permanent', 'transient', 'temporary'].includes(child.restart)) bad(`restart of ${child.id}`, child.restart)
  if (!Number.isInteger(child.stopMs) || child.stopMs < 0) bad(`stopMs of ${child.id}`, child.stopMs)
}
