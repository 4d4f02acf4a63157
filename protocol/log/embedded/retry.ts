import { kindOf } from './faults.ts'

const cell = new Int32Array(new SharedArrayBuffer(4))

/** Blocks this thread, so only the log's own worker uses it. */
export const nap = (ms: number): void => void Atomics.wait(cell, 0, 0, ms)

/** The longest nap between two tries: SQLite's own ladder (1, 2, 5 ... 100 ms) lets one process starve another for seconds. */
const NAP_MS_MAX = 0.25

/**
 * Tries until the lock is free or the time is over, with short naps and jitter. Returns null when it stayed busy, so that
 * the caller can look after its followers and come again.
 */
export function whileBusy<T>(msMax: number, attempt: () => T, onBusy?: () => void): T | null {
  const end = performance.now() + msMax
  for (let tries = 0; ; tries++) {
    try {
      return attempt()
    } catch (error) {
      if (kindOf(error) !== 'busy') throw error
    }
    if (performance.now() > end) return null
    if (tries % 20 === 0) onBusy?.()
    nap(NAP_MS_MAX * (0.4 + 0.6 * Math.random()))
  }
}

/** For opening and reading, where somebody is in the way for a moment only. */
export function insist<T>(attempt: () => T, msMax = 5000): T {
  let value: T | undefined
  const done = whileBusy(msMax, () => {
    value = attempt()
    return true
  })
  return done ? (value as T) : attempt()
}
