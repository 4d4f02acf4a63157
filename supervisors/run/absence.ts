/** Tells once that somebody has been away for long, and once that they are back. */
import type { Cancel, Clock } from '../../protocol/ports.ts'

export class Absence {
  readonly #clock: Clock
  readonly #msMax: number
  readonly #tell: (event: 'long' | 'back', awayMs: number) => void
  #sinceMs: number | null = null
  #long = false
  #stopped = false
  #waiting: Cancel | null = null

  constructor(clock: Clock, msMax: number, tell: (event: 'long' | 'back', awayMs: number) => void) {
    this.#clock = clock
    this.#msMax = msMax
    this.#tell = tell
  }
  /** For longer than the bound by now. */
  get long(): boolean {
    return this.#long
  }
  gone(): void {
    if (this.#sinceMs !== null || this.#stopped) return
    this.#sinceMs = this.#clock.monotonicMs()
    this.#waiting = this.#clock.after(this.#msMax, () => {
      this.#long = true
      this.#tell('long', this.#msMax)
    })
  }
  back(): void {
    this.#waiting?.cancel()
    if (this.#long) this.#tell('back', this.#clock.monotonicMs() - (this.#sinceMs ?? 0))
    this.#long = false
    this.#sinceMs = null
  }
  /** Nothing is told any more: who is ended on purpose is not missed. */
  stop(): void {
    this.#stopped = true
    this.#waiting?.cancel()
  }
}
