/**
 * What a gateway tells of its actors, on its way into `decisions`: one append under way, one that waits, the newest
 * wins. It holds up nothing, and what is lost of it the next one tells.
 */
import type { EventLog } from '../log/event-log.ts'
import type { Note } from '../ports.ts'

export class ObservedIngress {
  readonly #decisions: EventLog
  readonly #note: Note
  #waiting: { readonly partition: number; readonly body: string } | null = null
  #appending = false
  constructor(decisions: EventLog, note: Note) {
    this.#decisions = decisions
    this.#note = note
  }

  take(partition: number, body: string): void {
    this.#waiting = { partition, body }
    if (!this.#appending) void this.#append()
  }
  stop(): void {
    this.#waiting = null
  }

  async #append(): Promise<void> {
    this.#appending = true
    for (let next = this.#waiting; next; next = this.#waiting) {
      this.#waiting = null
      await this.#decisions
        .append([next])
        .catch(error =>
          this.#note('debug', 'what the gateway told of itself is not recorded', { error: String(error) }),
        )
    }
    this.#appending = false
  }
}
