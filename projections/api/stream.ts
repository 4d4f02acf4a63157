/**
 * Server-sent events to one reader.
 *
 * E1  `id` stands on the last event of a log position only: whoever resumes by it has seen all of that position.
 * E2  A reader that does not read is cut: its unsent bytes are bounded, and it resumes by `Last-Event-ID`.
 * E3  States are told at most every STATE_MS; the last one is always told.
 */
import type { Cancel, Clock } from '../../protocol/ports.ts'
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

/** Of a node's `ServerResponse`, what a stream needs. */
export interface Sink {
  readonly writableLength: number
  write(text: string): unknown
  destroy(): unknown
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
    const texts = events.map(({ type, data }) => `event: ${type}\ndata: ${JSON.stringify(data)}\n`)
    if (texts.length > 0) this.#write(`${texts.join('\n')}id: ${position}\n\n`) // E1
  }
  /** A snapshot begins a stream: it names the position from which the events follow. */
  #tell(event: 'state' | 'snapshot'): void {
    const detail = this.#view.detail()
    this.#toldAtMs = this.#clock.monotonicMs() // E3
    if (!detail) return
    const id = event === 'snapshot' ? `id: ${detail.position}\n` : ''
    this.#write(`event: ${event}\ndata: ${JSON.stringify(detail)}\n${id}\n`)
  }
  #beat(): void {
    this.#heartbeat = this.#clock.after(HEARTBEAT_MS, () => {
      this.#write(': beat\n\n')
      if (!this.#closed) this.#beat()
    })
  }
  #write(text: string): void {
    if (this.#closed) return
    if (this.#sink.writableLength > UNSENT_BYTES_MAX) {
      this.close() // E2
      this.#sink.destroy()
      return
    }
    this.#sink.write(text)
  }
}
