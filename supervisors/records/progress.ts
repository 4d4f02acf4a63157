/** How far long work has come: a line now and then, with its rate and what is left. */
import type { Clock } from '../../protocol/ports.ts'

/** The first line waits as long: short work says nothing. */
const EVERY_MS = 2_000

export class Progress {
  readonly #what: string
  readonly #unit: string
  readonly #total: number
  readonly #clock: Clock
  readonly #say: (line: string) => void
  readonly #beganMs: number
  #saidMs: number
  #done = 0

  constructor(what: string, total: number, clock: Clock, say: (line: string) => void, unit = 'records') {
    this.#unit = unit
    this.#what = what
    this.#total = total
    this.#clock = clock
    this.#say = say
    this.#beganMs = this.#saidMs = clock.monotonicMs()
  }

  advance(by: number): void {
    this.#done += by
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#saidMs < EVERY_MS) return
    this.#saidMs = nowMs
    const leftS = Math.ceil((this.#total - this.#done) / Math.max(1, this.perSecond))
    const percent = Math.floor((100 * this.#done) / Math.max(1, this.#total))
    this.#say(
      `${this.#what}: ${this.#done} of ${this.#total} ${this.#unit} (${percent} %), ${this.perSecond}/s, ${leftS} s left`,
    )
  }
  get tookMs(): number {
    return this.#clock.monotonicMs() - this.#beganMs
  }
  get perSecond(): number {
    return Math.round((this.#done * 1_000) / Math.max(1, this.tookMs))
  }
}
