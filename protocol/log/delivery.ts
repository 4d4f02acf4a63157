import { type Follow, LogError, type LogRecord } from './event-log.ts'

/** What a follower hands in. */
export interface Follower {
  batch(records: readonly LogRecord[]): void | Promise<void>
  failed(error: LogError): void
}

/**
 * The rules of delivery, the same for every driver:
 *
 * D1 batches in order, never two at once;
 * D2 after `cancel` returns, or after `failed`, nothing is delivered;
 * D3 a batch that throws ends the follow: what it should have applied is in doubt, so going on would hide a hole.
 *
 * The driver offers as many batches ahead as it is willing to hold, and marks the one after which it waits for `taken`.
 */
export class Delivery implements Follow {
  readonly #on: Follower
  readonly #taken: () => void
  readonly #ended: () => void
  #queue: { readonly records: readonly LogRecord[]; readonly waits: boolean }[] = []
  #failure: LogError | null = null
  #state: 'idle' | 'delivering' | 'ended' = 'idle'

  constructor(on: Follower, taken: () => void, ended: () => void) {
    this.#on = on
    this.#taken = taken
    this.#ended = ended
  }

  get ended(): boolean {
    return this.#state === 'ended'
  }

  /** `waits`: the driver offers no more until this one was taken. */
  offer(records: readonly LogRecord[], waits = true): void {
    if (this.#state === 'ended') return
    this.#queue.push({ records, waits })
    if (this.#state === 'idle') this.#next()
  }

  /** Terminal, after the batches that were offered before it. */
  fail(error: LogError): void {
    if (this.#state === 'ended' || this.#failure) return
    this.#failure = error
    if (this.#state === 'idle') this.#next()
  }

  cancel(): void {
    if (this.#state === 'ended') return
    this.#end()
  }

  #end(): void {
    this.#state = 'ended'
    this.#queue = []
    this.#ended()
  }

  #next(): void {
    for (;;) {
      const offered = this.#queue.shift()
      if (!offered) {
        this.#state = 'idle'
        if (this.#failure) this.#failNow(this.#failure)
        return
      }
      this.#state = 'delivering'
      let done: void | Promise<void>
      try {
        done = this.#on.batch(offered.records)
      } catch (error) {
        this.#threw(error)
        return
      }
      if (done instanceof Promise) {
        done.then(
          () => {
            if (this.#settled(offered.waits)) this.#next()
          },
          error => this.#threw(error),
        )
        return
      }
      if (!this.#settled(offered.waits)) return // D2: cancelled inside its own batch
    }
  }

  /** False where the follow ended meanwhile. */
  #settled(waits: boolean): boolean {
    if (this.#state === 'ended') return false
    if (waits) this.#taken()
    return true
  }

  #threw(error: unknown): void {
    if (this.#state === 'ended') return
    this.#failNow(
      new LogError('LOG_FAILED', `a follower's batch threw: ${error instanceof Error ? error.message : error}`),
    )
  }

  #failNow(error: LogError): void {
    this.#end()
    this.#on.failed(error)
  }
}
