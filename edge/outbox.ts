/**
 * Durable facts on their way to the log, numbered and in order. `outbox-chart.ts` says what is sent when and through
 * whom; this file keeps the entries on disk until they are released.
 *
 * O1  An entry is on disk before it counts as put.
 * O2  Numbers never start anew: the last one survives its entry.
 * O3  At its capacity the oldest entries go, and one gap stands in their place: exactly which are missing is read where
 *     they would have been (S21). A gap of the durable stream is sealed and sent like any entry; one of the history
 *     stream is put on record elsewhere before anything after it is sent.
 * O4  What another key has sealed, no node admits any more: it goes the same way.
 */
import { LiveMachine } from '../actors/kit/machine.ts'
import { Journal } from '../protocol/journal.ts'
import type { Ports } from '../protocol/ports.ts'
import type { SeenChart } from '../protocol/words/observed.ts'
import { type OutboxContext, type OutboxEffect, type OutboxEvent, outboxMachine } from './outbox-chart.ts'

export type Stream = 'durable' | 'history'
export interface OutboxLimits {
  /** Entries kept while no node answers: at one receipt a second, more than a day. Two at least: a gap and the newest. */
  readonly capacity: number
  /** Entries in one batch, and characters: a link refuses a message that is too large, however often it is sent. */
  readonly batch: number
  readonly batchChars: number
  readonly resendMs: number
  /** From append to the second node's reading is a matter of milliseconds; a log that changes its leader takes seconds. */
  readonly unreadMs: number
  /** Releases between two compactions of the journal. */
  readonly compactEvery: number
}
export const OUTBOX_LIMITS: OutboxLimits = {
  capacity: 100_000,
  batch: 64,
  batchChars: 1_000_000,
  resendMs: 100,
  unreadMs: 2_000,
  compactEvery: 512,
}
/** Nodes that must have read an entry from the log: one of them is honest. History is read by no replica. */
const READERS = { durable: 2, history: 0 } as const

export interface Gap {
  readonly first: number
  readonly last: number
}
/** How what was dropped is put on record (O3). */
export type OnRecord =
  | { readonly kind: 'inPlace'; seal(gap: Gap, reason: string): string }
  | { readonly kind: 'elsewhere'; tell(gap: Gap, reason: string): Promise<void> }

export interface OutboxOptions {
  readonly stream: Stream
  readonly ports: Ports
  /** The public key that seals its entries. */
  readonly key: string
  readonly onRecord: OnRecord
  send(to: string, stream: Stream, first: number, last: number, bodies: readonly string[]): void
  readonly fail: (error: unknown) => void
}

/** A gap begins before its number; its body is its record, or the reason for one that is told elsewhere. */
interface Entry {
  readonly n: number
  readonly first?: number
  readonly body: string
}
type OutboxRecord = Partial<Entry> & { readonly released?: number; readonly key?: string }

export class Outbox {
  readonly #o: OutboxOptions
  readonly #journal: Journal
  readonly #limits: OutboxLimits
  readonly #machine: LiveMachine<OutboxContext, OutboxEvent, OutboxEffect>
  #entries: Entry[] = []
  #last = 0
  #released = 0
  #sinceCompaction = 0
  #key: string | undefined
  /** The gap that is being told elsewhere: once, however often it is asked for. */
  #telling: { readonly n: number; readonly told: Promise<void> } | null = null
  /** Changes of the file go through one queue: no append is lost to a compaction. */
  #turn: Promise<void> = Promise.resolve()

  private constructor(options: OutboxOptions, journal: Journal, limits: OutboxLimits) {
    this.#o = options
    this.#journal = journal
    this.#limits = limits
    for (const text of journal.recovered) this.#recover(JSON.parse(text) as OutboxRecord)
    if (this.#key !== options.key) this.#takeOver()
    const head = this.#entries[0]
    this.#released = (head ? (head.first ?? head.n) : this.#last + 1) - 1
    const { resendMs, unreadMs } = limits
    this.#machine = new LiveMachine(
      outboxMachine,
      options.ports.host,
      effect => (effect.kind === 'send' ? this.#send(effect.from, effect.upTo, effect.to) : this.#release(effect.upTo)),
      {
        last: this.#last,
        acked: this.#released,
        released: this.#released,
        carriedFrom: this.#released + 1,
        readers: READERS[options.stream],
        resendMs,
        unreadMs,
      },
    )
  }

  static async open(options: OutboxOptions, limits = OUTBOX_LIMITS): Promise<Outbox> {
    return new Outbox(options, await Journal.open(options.ports.disk, `outbox-${options.stream}`), limits)
  }

  get state(): string {
    return this.#machine.state
  }
  sight(): SeenChart {
    const { last, acked, released, carrier } = this.#machine.context
    return this.#machine.sight(`outbox/${this.#o.stream}`, { last, acked, released, carrier })
  }
  /** Put and not yet released. */
  get waiting(): number {
    return this.#entries.length
  }
  get last(): number {
    return this.#last
  }

  /** `seal` makes the signed body for the entry's number. Resolves when it is durable here (O1). */
  put(seal: (n: number) => string): Promise<void> {
    const n = ++this.#last
    const entry = { n, body: seal(n) }
    while (this.#entries.length >= this.#limits.capacity) this.#note(this.#mergeOldest()) // O3
    this.#entries.push(entry)
    return this.#inTurn(async () => {
      this.#journal.append(JSON.stringify(entry))
      await this.#journal.sync()
      this.#machine.send({ type: 'put', last: n })
    })
  }
  /** A node says that the batch from `first` to `last` is appended. */
  acked(node: string, first: number, last: number): void {
    this.#machine.send({ type: 'acked', node, first, last })
  }
  /** A node has read the stream up to `last` from the log. */
  seen(node: string, last: number): void {
    this.#machine.send({ type: 'seen', node, last })
  }
  linked(node: string): void {
    this.#machine.send({ type: 'linked', node })
  }
  unlinked(node: string): void {
    this.#machine.send({ type: 'unlinked', node })
  }
  /** The least that any of these nodes has read; 0 for one that never spoke. */
  seenByAll(nodes: readonly string[]): number {
    const { seen } = this.#machine.context
    return Math.min(this.#last, ...nodes.map(node => seen[node] ?? 0))
  }
  stop(): void {
    this.#machine.stop()
  }

  #send(from: number, upTo: number, to: string): void {
    const at = this.#entries.findIndex(e => e.n >= from)
    const due = this.#entries.slice(at, at + this.#limits.batch).filter(e => e.n <= upTo) // O1
    let chars = 0
    const batch = due.filter((e, i) => (chars += e.body.length) <= this.#limits.batchChars || i === 0)
    const [head] = batch
    if (!head) return
    const { onRecord, stream } = this.#o
    if (head.first !== undefined && onRecord.kind === 'elsewhere') {
      if (this.#telling?.n !== head.n)
        this.#telling = { n: head.n, told: onRecord.tell({ first: head.first, last: head.n }, head.body) }
      this.#telling.told.then(() => this.acked(to, from, head.n)).catch(this.#o.fail)
    } else {
      const bodies = batch.map(e => e.body)
      this.#o.send(to, stream, from, batch.at(-1)!.n, bodies)
    }
  }
  #release(upTo: number): void {
    this.#sinceCompaction += upTo - this.#released
    this.#forget(upTo)
    if (this.#sinceCompaction < this.#limits.compactEvery) {
      // not synced by itself: what is lost of it is sent once more
      this.#note({ released: upTo })
      return
    }
    this.#sinceCompaction = 0
    void this.#inTurn(() => {
      const head = { released: this.#released, n: this.#last, key: this.#key } // O2
      return this.#journal.compact([head, ...this.#entries].map(record => JSON.stringify(record)))
    })
  }
  #forget(upTo: number): void {
    this.#released = Math.max(this.#released, upTo)
    while (this.#entries.length > 0 && this.#entries[0]!.n <= upTo) this.#entries.shift()
    const [head] = this.#entries
    // a gap that grew while its beginning was told
    if (head?.first !== undefined && head.first <= upTo) this.#entries[0] = { ...head, first: upTo + 1 }
  }

  /** The two oldest become one gap. */
  #mergeOldest(): Entry {
    const oldest = this.#entries.shift()!
    return (this.#entries[0] = this.#gapOf(oldest.first ?? oldest.n, this.#entries[0]!.n, 'outbox full'))
  }
  #gapOf(first: number, last: number, reason: string): Entry {
    const { onRecord } = this.#o
    return { n: last, first, body: onRecord.kind === 'inPlace' ? onRecord.seal({ first, last }, reason) : reason }
  }
  #takeOver(): void {
    this.#key = this.#o.key
    this.#note({ key: this.#key })
    const [oldest] = this.#entries
    if (!oldest) return
    this.#entries = [this.#gapOf(oldest.first ?? oldest.n, this.#entries.at(-1)!.n, 'sealed by a former key')] // O4
    this.#note(this.#entries[0]!)
  }
  /** An entry may stand twice, by a compaction that overtook its append: the first counts. */
  #recover({ released, key, n, first, body }: OutboxRecord): void {
    this.#key = key ?? this.#key
    if (released !== undefined) this.#forget(released)
    if (body !== undefined && first !== undefined) {
      this.#entries = this.#entries.filter(e => e.n > n!)
      if (n! > this.#released) this.#entries.unshift({ n: n!, first: Math.max(first, this.#released + 1), body })
    } else if (body !== undefined && n! > Math.max(this.#released, this.#entries.at(-1)?.n ?? 0))
      this.#entries.push({ n: n!, body })
    this.#last = Math.max(this.#last, n ?? released ?? 0) // O2
  }
  /** Gathered; durable with the next entry that is put. */
  #note(record: OutboxRecord): void {
    void this.#inTurn(async () => this.#journal.append(JSON.stringify(record)))
  }
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(this.#o.fail)
    return turn
  }
}
