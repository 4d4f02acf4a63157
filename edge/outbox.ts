/**
 * Durable facts on their way to the log, numbered and in order: one batch in flight over all nodes, everything
 * unacknowledged sent again. An entry of the durable stream is released only when two nodes have read it back from
 * the log, so that a lying ingress cannot swallow it; an entry of the history stream when it is appended.
 *
 * O1  An entry is on disk before it counts as put.
 * O2  Numbers never start anew: the last one survives its entry.
 * O3  At its capacity the oldest entries go, and exactly which is recorded as a gap (S21).
 */
import { defineMachine, LiveMachine } from '../actors/kit/machine.ts'
import { Journal } from '../protocol/journal.ts'
import type { Ports } from '../protocol/ports.ts'

export type Stream = 'durable' | 'history'
export interface OutboxLimits {
  /** Entries kept while no node answers: at one receipt a second, more than a day. */
  readonly capacity: number
  /** Entries in one batch. */
  readonly batch: number
  readonly resendMs: number
  /** Releases between two compactions of the journal. */
  readonly compactEvery: number
}
export const OUTBOX_LIMITS: OutboxLimits = { capacity: 100_000, batch: 64, resendMs: 100, compactEvery: 512 }

interface OutboxContext {
  readonly last: number
  readonly acked: number
  readonly resendMs: number
}
type OutboxEvent =
  | { readonly type: 'put'; readonly last: number }
  | { readonly type: 'acked'; readonly last: number }
  | { readonly type: 'linked' }
type OutboxEffect = { readonly kind: 'send'; readonly from: number } | { readonly kind: 'tryAnother' }

const lastOf = (event: OutboxEvent) => (event as { last: number }).last

export const outboxMachine = defineMachine<OutboxContext, OutboxEvent, OutboxEffect>()({
  id: 'outbox',
  context: { last: 0, acked: 0, resendMs: OUTBOX_LIMITS.resendMs },
  guards: {
    unsent: ({ context }) => context.acked < context.last,
    news: ({ context, event }) => lastOf(event) > context.acked && lastOf(event) <= context.last,
  },
  delays: { resend: ({ context }) => context.resendMs },
  actions: {
    note: ({ context, event }) => ({ remember: { last: Math.max(context.last, lastOf(event)) } }),
    advance: ({ context, event }) => ({
      remember: { acked: Math.max(context.acked, Math.min(lastOf(event), context.last)) },
    }),
    send: ({ context }) => ({ do: { kind: 'send', from: context.acked + 1 } }),
    tryAnother: () => ({ do: { kind: 'tryAnother' } }),
  },
  chart: {
    initial: 'filling',
    states: {
      filling: {
        tags: 'drained',
        always: { guard: 'unsent', target: 'draining' },
        on: { put: { actions: 'note' } },
      },
      draining: {
        entry: 'send',
        on: {
          put: { actions: 'note' },
          // an acknowledgement of the past is no reason to send the batch in flight once more
          acked: { guard: 'news', target: 'filling', actions: 'advance' },
          linked: { target: 'draining', reenter: true },
        },
        after: { resend: { target: 'draining', reenter: true, actions: 'tryAnother' } },
      },
    },
  },
})

interface Entry {
  readonly n: number
  readonly body: string
}
export interface Gap {
  readonly first: number
  readonly last: number
}
type OutboxRecord = Partial<Entry> & { readonly released?: number; readonly gap?: Gap; readonly told?: number }

export interface OutboxLine {
  send(stream: Stream, last: number, bodies: readonly string[]): void
  tryAnother(): void
}

export class Outbox {
  readonly #stream: Stream
  readonly #journal: Journal
  readonly #limits: OutboxLimits
  readonly #machine: LiveMachine<OutboxContext, OutboxEvent, OutboxEffect>
  readonly #seen = new Map<string, number>()
  readonly #fail: (error: unknown) => void
  #entries: Entry[] = []
  #last = 0
  #released = 0
  #sinceCompaction = 0
  /** Entries that went at capacity and are not yet recorded as a gap; apart where others were kept between them. */
  #gaps: Gap[] = []
  #taken = 0
  /** Changes of the file go through one queue: no append is lost to a compaction. */
  #turn: Promise<void> = Promise.resolve()

  private constructor(
    stream: Stream,
    journal: Journal,
    ports: Ports,
    line: OutboxLine,
    limits: OutboxLimits,
    fail: (error: unknown) => void,
  ) {
    this.#stream = stream
    this.#journal = journal
    this.#limits = limits
    this.#fail = fail
    for (const text of journal.recovered) this.#recover(JSON.parse(text) as OutboxRecord)
    this.#released = (this.#entries[0]?.n ?? this.#last + 1) - 1
    this.#machine = new LiveMachine(
      outboxMachine,
      ports.host,
      effect => {
        if (effect.kind === 'tryAnother') return line.tryAnother()
        const batch = this.#entries.filter(e => e.n >= effect.from).slice(0, limits.batch)
        const last = batch.at(-1)
        if (last)
          line.send(
            this.#stream,
            last.n,
            batch.map(e => e.body),
          )
      },
      { last: this.#last, acked: this.#released, resendMs: limits.resendMs },
    )
  }

  static async open(
    stream: Stream,
    ports: Ports,
    line: OutboxLine,
    fail: (error: unknown) => void,
    limits = OUTBOX_LIMITS,
  ): Promise<Outbox> {
    const journal = await Journal.open(ports.disk, `outbox-${stream}`)
    return new Outbox(stream, journal, ports, line, limits, fail)
  }

  get state(): string {
    return this.#machine.state
  }
  /** Put and not yet released. */
  get waiting(): number {
    return this.#entries.length
  }
  get last(): number {
    return this.#last
  }
  /** A gap to be put on record; taken once in a life, and only when its record has room: it must cause no other. */
  takeGap(): Gap | null {
    const gap = this.#gaps.find(g => g.last > this.#taken)
    if (!gap || this.#entries.length >= this.#limits.capacity) return null
    this.#taken = gap.last
    return gap
  }
  /** Its record is durable: a restart need not tell it again. */
  told(gap: Gap): void {
    this.#gaps = this.#gaps.filter(g => g.last > gap.last)
    this.#note({ told: gap.last })
  }

  /** `seal` makes the signed body for the entry's number. Resolves when it is durable here (O1). */
  put(seal: (n: number) => string): Promise<void> {
    const n = ++this.#last
    const entry = { n, body: seal(n) }
    while (this.#entries.length >= this.#limits.capacity) {
      const { n: dropped } = this.#entries.shift()! // O3
      this.#drop({ first: dropped, last: dropped })
      this.#note({ gap: { first: dropped, last: dropped } })
    }
    this.#entries.push(entry)
    return this.#inTurn(async () => {
      this.#journal.append(JSON.stringify(entry))
      await this.#journal.sync()
      this.#machine.send({ type: 'put', last: n })
    })
  }

  acked(last: number): void {
    this.#machine.send({ type: 'acked', last })
    if (this.#stream === 'history') this.#release(Math.min(last, this.#last))
  }
  /** A node has read the stream up to `last` from the log. Two must have. */
  seen(node: string, last: number): void {
    this.#seen.set(node, Math.max(this.#seen.get(node) ?? 0, Math.min(last, this.#last)))
    const second = [...this.#seen.values()].sort((a, b) => b - a)[1] ?? 0
    if (second > this.#machine.context.acked) this.#machine.send({ type: 'acked', last: second })
    this.#release(second)
  }
  /** The least that any of these nodes has read; 0 for one that never spoke. */
  seenByAll(nodes: readonly string[]): number {
    return Math.min(this.#last, ...nodes.map(node => this.#seen.get(node) ?? 0))
  }
  linked(): void {
    this.#machine.send({ type: 'linked' })
  }
  stop(): void {
    this.#machine.stop()
  }

  #release(upTo: number): void {
    if (upTo <= this.#released) return
    this.#sinceCompaction += upTo - this.#released
    this.#released = upTo
    while (this.#entries.length > 0 && this.#entries[0]!.n <= upTo) this.#entries.shift()
    if (this.#sinceCompaction < this.#limits.compactEvery) {
      // not synced by itself: what is lost of it is sent once more
      this.#note({ released: upTo })
      return
    }
    this.#sinceCompaction = 0
    void this.#inTurn(() => {
      const head = { released: this.#released, n: this.#last } // O2
      const keep = [head, ...this.#gaps.map(gap => ({ gap })), ...this.#entries]
      return this.#journal.compact(keep.map(record => JSON.stringify(record)))
    })
  }
  /** An entry may stand twice, by a compaction that overtook its append: the first counts. */
  #recover(record: OutboxRecord): void {
    const { released, gap, told, n, body } = record
    if (released !== undefined) this.#forget(released)
    else if (gap) {
      this.#entries = this.#entries.filter(e => e.n > gap.last)
      this.#drop(gap)
    } else if (told !== undefined) this.#gaps = this.#gaps.filter(g => g.last > told)
    else if (body !== undefined && n! > Math.max(this.#released, this.#entries.at(-1)?.n ?? 0))
      this.#entries.push({ n: n!, body })
    this.#last = Math.max(this.#last, n ?? released ?? 0) // O2
  }
  #forget(upTo: number): void {
    this.#released = Math.max(this.#released, upTo)
    this.#entries = this.#entries.filter(e => e.n > upTo)
  }
  #drop({ first, last }: Gap): void {
    const before = this.#gaps.at(-1)
    if (before && first <= before.last) return
    if (before?.last === first - 1 && before.last > this.#taken)
      this.#gaps[this.#gaps.length - 1] = { first: before.first, last }
    else this.#gaps.push({ first, last })
  }
  /** Gathered; durable with the next entry that is put. */
  #note(record: OutboxRecord): void {
    void this.#inTurn(async () => this.#journal.append(JSON.stringify(record)))
  }
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(this.#fail)
    return turn
  }
}
