/**
 * Three clocks behind one port. `hostClock` is the machine's. `pacedClock` runs the site's time `pace` times as fast.
 * `ownedClock` stands still until its owner, the parent of a lockstep run, moves it.
 */
import type { Cancel, Clock } from '../../protocol/ports.ts'

/** setTimeout fires at once above this; longer waits are chained. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1

function timer(waitMs: () => number, run: () => void): Cancel {
  let handle: NodeJS.Timeout
  const arm = () => {
    const ms = waitMs()
    handle = setTimeout(() => (ms > TIMEOUT_MS_MAX ? arm() : run()), Math.min(Math.max(0, ms), TIMEOUT_MS_MAX))
  }
  arm()
  return { cancel: () => clearTimeout(handle) }
}

/** CLOCK_MONOTONIC of the machine: comparable between its processes, and across a restart in the same boot. */
const machineMs = () => Number(process.hrtime.bigint() / 1_000n) / 1_000

export const hostClock: Clock = {
  monotonicMs: () => Math.floor(machineMs()),
  monotonicUs: () => Math.floor(machineMs() * 1_000),
  wallMs: () => Date.now(),
  after: (ms, run) => timer(() => ms, run),
}

/** Site time at `pace` site seconds in each host second; `originMs` is the site's wall time at `hostOriginMs`. */
export function pacedClock(pace: number, originMs: number, hostOriginMs: number): Clock {
  const since = () => (machineMs() - hostOriginMs) * pace
  return {
    monotonicMs: () => Math.floor(since()),
    monotonicUs: () => Math.floor(since() * 1_000),
    wallMs: () => Math.floor(originMs + since()),
    after: (ms, run) => timer(() => ms / pace, run),
  }
}

interface Due {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/** Time that another owns. `advanceTo` fires what falls due, in order, each at its own due time. */
export class OwnedClock implements Clock {
  #nowMs: number
  readonly #startMs: number
  #order = 0
  #due: Due[] = []
  constructor(startMs: number) {
    this.#nowMs = startMs
    this.#startMs = startMs
  }
  monotonicMs(): number {
    return this.#nowMs - this.#startMs
  }
  monotonicUs(): number {
    return this.monotonicMs() * 1_000
  }
  wallMs(): number {
    return this.#nowMs
  }
  after(ms: number, run: () => void): Cancel {
    const due: Due = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, run }
    this.#due.push(due)
    return { cancel: () => void (this.#due = this.#due.filter(d => d !== due)) }
  }
  /** To wall time `toMs`; never back. */
  advanceTo(toMs: number): void {
    for (;;) {
      let first: Due | undefined
      for (const d of this.#due)
        if (d.atMs <= toMs && (!first || d.atMs < first.atMs || (d.atMs === first.atMs && d.order < first.order)))
          first = d
      if (!first) break
      this.#due = this.#due.filter(d => d !== first)
      this.#nowMs = Math.max(this.#nowMs, first.atMs)
      first.run()
    }
    this.#nowMs = Math.max(this.#nowMs, toMs)
  }
}
