import { type Decided, damped } from './peak-shaving.ts'

/**
 * Law 3, self-consumption (balancing): P = G + P - G*, so that the grid carries the target G* only. Within the
 * deadband nothing moves. Source: common practice of energy management systems. `gainPermille` damps: with a meter a
 * cycle old the undamped loop goes 0, 0, 100, 200, 200, 100, 0 and never rests; 300 settles. A missing input is the
 * caller's: it proposes nothing.
 */
export function balancing(input: {
  /** Import is positive. */
  readonly gridW: number
  readonly storageW: number
  readonly targetW: number
  readonly deadbandW: number
  readonly gainPermille?: number
}): Decided {
  const { gridW, storageW, targetW, deadbandW, gainPermille = 1000 } = input
  const errorW = gridW - targetW
  if (Math.abs(errorW) <= deadbandW) return { totalW: storageW, why: 'within the deadband' }
  const totalW = damped(storageW, storageW + errorW, gainPermille)
  return { totalW, why: errorW > 0 ? 'import above target' : 'import below target' }
}
