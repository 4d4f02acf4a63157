/**
 * What happens at a site, to one reader; how it is written down is its sink's business.
 *
 * E1  `id` stands on the last event of a log position only: whoever resumes by it has seen all of that position.
 * E2  A reader that does not read is cut: its unsent bytes are bounded, and it resumes by the last id that it has.
 * E3  States are told at most every STATE_MS; the last one is always told.
 */
import type { Cancel, Clock } from '../../protocol/ports.ts'
import type { EventName } from './events.ts'
import type { Block } from './feed.ts'
import type { SiteView } from './view.ts'

/** Unsent bytes of one reader: some seconds of a large site. */
export const UNSENT_BYTES_MAX = 4_000_000
/** A silent connection is taken for dead by proxies and readers; a comment now and then keeps it. */
export const HEARTBEAT_MS = 10_000
/** A run at a high pace steps hundreds of frames a second; nobody reads so many states. */
export const STATE_MS = 200
/** Readers of one node at once; each costs a serialised state every STATE_MS. */
export const STREAMS_MAX = 64

export interface Told {
  readonly event: EventName
  /** Null: not the last one of its position (E1). */
  readonly id: number | null
  /** JSON. */
  readonly data: string
}
/** A reader's connection. */
export interface Sink {
  readonly unsentBytes: number
  tell(events: readonly Told[]): void
  /** Something, so that it is not silent. */
  beat(): void
  cut(reason: string): void
}

export class EventStream {
  readonly #view: SiteView
  readonly #clock: Clock
  readonly #sink: Sink
  #listening: Cancel | null = null
  #heartbeat: Cancel | null = null
  #state: Cancel | null = null
  #toldAtMs = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(view: SiteView, clock: Clock, sink: Sink) {
    this.#view = view
    this.#clock = clock
    this.#sink = sink
  }

  /** `lastId`: where the reader was; null for a new one. */
  open(lastId: number | null): void {
    const missed = lastId === null ? null : this.#view.feed.since(lastId)
    this.#listening = this.#view.feed.listen(block => this.#block(block))
    this.#beat()
    if (missed) for (const block of missed) this.#events(block)
    this.#tell(missed ? 'state' : 'snapshot')
  }
  close(): void {
    this.#closed = true
    for (const each of [this.#listening, this.#heartbeat, this.#state]) each?.cancel()
  }

  #block(block: Block): void {
    this.#events(block)
    if (!block.frame || this.#state || this.#closed) return
    const waitMs = this.#toldAtMs + STATE_MS - this.#clock.monotonicMs()
    this.#state = this.#clock.after(Math.max(0, waitMs), () => {
      this.#state = null
      this.#tell('state')
    })
  }
  #events({ position, events }: Block): void {
    const last = events.length - 1
    const told = events.map(({ type, data }, i) => {
      return { event: type, id: i === last ? position : null, data: JSON.stringify(data) } // E1
    })
    if (told.length > 0) this.#write(sink => sink.tell(told))
  }
  /** A snapshot begins a stream: it names the position from which the events follow. */
  #tell(event: 'state' | 'snapshot'): void {
    const detail = this.#view.detail()
    this.#toldAtMs = this.#clock.monotonicMs() // E3
    if (!detail) return
    const id = event === 'snapshot' ? detail.position : null
    this.#write(sink => sink.tell([{ event, id, data: JSON.stringify(detail) }]))
  }
  #beat(): void {
    this.#heartbeat = this.#clock.after(HEARTBEAT_MS, () => {
      this.#write(sink => sink.beat())
      if (!this.#closed) this.#beat()
    })
  }
  #write(write: (sink: Sink) => void): void {
    if (this.#closed) return
    if (this.#sink.unsentBytes > UNSENT_BYTES_MAX) {
      this.close() // E2
      this.#sink.cut(`more than ${UNSENT_BYTES_MAX} bytes were not read`)
      return
    }
    write(this.#sink)
  }
}
