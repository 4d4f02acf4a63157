/**
 * Recorded decisions beside the positions of the facts that they are about. Nodes append them after the fact and each
 * at its own pace, so that they are read as the replay passes their positions.
 */

import { type Decided, parseDecided } from '../../protocol/codec/decided.ts'
import { parseObserved } from '../../protocol/codec/observed.ts'
import type { LogRecord } from '../../protocol/log/event-log.ts'

export class RecordedDecisions {
  readonly #batches: AsyncIterator<readonly LogRecord[]>
  #waiting: readonly LogRecord[] = []
  #at = 0
  #head: Decided | null = null
  /** Records that are neither a decision nor an observation. */
  unreadable = 0

  constructor(batches: AsyncIterable<readonly LogRecord[]>) {
    this.#batches = batches[Symbol.asyncIterator]()
  }

  /** The next recorded decisions, in the log's order, up to the first one about a later fact. */
  async upTo(position: number): Promise<Decided[]> {
    const found: Decided[] = []
    for (;;) {
      this.#head ??= await this.#next()
      if (!this.#head || this.#head.position > position) return found
      found.push(this.#head)
      this.#head = null
    }
  }
  async close(): Promise<void> {
    await this.#batches.return?.()
  }

  async #next(): Promise<Decided | null> {
    for (;;) {
      while (this.#at < this.#waiting.length) {
        const { body } = this.#waiting[this.#at++]!
        const decided = parseDecided(body)
        if (decided) return decided
        if (!parseObserved(body)) this.unreadable++
      }
      const { value, done } = await this.#batches.next()
      if (done) return null
      this.#waiting = value
      this.#at = 0
    }
  }
}
