/** How often one token may ask: a bucket that fills at a steady rate, so that one reader's loop leaves room for others. */
import type { Clock } from '../../protocol/ports.ts'

export interface Rate {
  readonly perSecond: number
  /** So many at once, after a pause. */
  readonly burst: number
}
/** Ten screens and some programs; a loop without a pause, which would take the process from its own work, is beyond it. */
export const RATE: Rate = { perSecond: 50, burst: 200 }

/** One bucket for each key; keys are those of a closed set. */
export class Buckets<Key> {
  readonly #rate: Rate
  readonly #clock: Clock
  readonly #full = new Map<Key, { left: number; atMs: number }>()

  constructor(rate: Rate, clock: Clock) {
    this.#rate = rate
    this.#clock = clock
  }

  /** Takes one. 0: there was one; else how long until there is. */
  take(key: Key): number {
    const { perSecond, burst } = this.#rate
    const atMs = this.#clock.monotonicMs()
    const was = this.#full.get(key) ?? { left: burst, atMs }
    const left = Math.min(burst, was.left + ((atMs - was.atMs) * perSecond) / 1_000)
    this.#full.set(key, { left: left < 1 ? left : left - 1, atMs })
    return left < 1 ? ((1 - left) * 1_000) / perSecond : 0
  }
}
