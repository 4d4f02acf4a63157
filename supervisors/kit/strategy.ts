/** The decisions of a supervisor, as pure functions. */
import type { Exit, Restart, Strategy } from './spec.ts'

/** Is a child that ended so to be started again? */
export function restarts(restart: Restart, exit: Exit['kind']): boolean {
  return restart === 'permanent' || (restart === 'transient' && exit === 'failed')
}

/** Who is stopped and started anew along with the child, in start order; itself included. */
export function affected(strategy: Strategy, ids: readonly string[], id: string): readonly string[] {
  if (strategy === 'oneForAll') return ids
  const at = ids.indexOf(id)
  return strategy === 'restForOne' ? ids.slice(at) : ids.slice(at, at + 1)
}

/** Those within the period. */
export const restartsThatCount = (restarts: readonly number[], nowMs: number, periodMs: number): readonly number[] =>
  restarts.filter(t => t > nowMs - periodMs)

/** The restarts that still count, with this one; and whether they are too many. */
export function addRestart(
  before: readonly number[],
  nowMs: number,
  intensity: number,
  periodMs: number,
): { readonly restarts: readonly number[]; readonly tooMany: boolean } {
  const restarts = [...restartsThatCount(before, nowMs, periodMs), nowMs]
  return { restarts, tooMany: restarts.length > intensity }
}

/** Doubles with each restart that still counts; jitter from an injected random number, at most half as much again. */
export function backoffMs(recent: number, first: number, most: number, random: number): number {
  const base = Math.min(most, first * 2 ** Math.min(recent - 1, 20))
  return base + Math.floor(((random >>> 0) / 2 ** 32) * (base / 2))
}
