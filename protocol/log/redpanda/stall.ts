import type { Note } from '../../ports.ts'

/** Leaders move within moments and brokers load for some; what lasts longer is worth an operator's line. */
const WORTH_TELLING_MS = 1000

/** Tells once of each stall that lasts, and of its end. */
export class Stall {
  readonly #note: Note
  readonly #what: string
  readonly #who: object
  #sinceMs: number | null = null
  #told = false

  constructor(note: Note, what: string, who: object) {
    this.#note = note
    this.#what = what
    this.#who = who
  }

  failed(reason: string): void {
    this.#sinceMs ??= performance.now()
    if (this.#told || performance.now() - this.#sinceMs < WORTH_TELLING_MS) return
    this.#told = true
    this.#note('warn', `${this.#what} stalls`, { ...this.#who, reason })
  }

  passed(): void {
    if (this.#told) this.#note('info', `${this.#what} goes on`, { ...this.#who })
    this.#sinceMs = null
    this.#told = false
  }
}
