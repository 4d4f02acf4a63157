import { setTimeout as sleep } from 'node:timers/promises'
import type { Delivery } from '../delivery.ts'
import { type Ends, LogError } from '../event-log.ts'
import { FOLLOW_BATCH_RECORDS_MAX } from '../limits.ts'
import type { Page, Stop } from './batches.ts'
import { fetchOf } from './fetch.ts'
import type { Limits } from './limits.ts'
import type { PartitionLine } from './partition-line.ts'

/** A leader that is behind what was read already catches up within moments; for longer than this, records are missing. */
const MISSING_MS_MAX = 30_000

/**
 * Follows one partition without a group: a loop of long polls to its leader.
 *
 * F1 the position moves past what was offered and nothing else, so no fault makes a gap or a repeat;
 * F2 at most so many answers wait to be taken; then the leader is not asked;
 * F3 what lies before a batch that cannot be read is handed out first.
 */
export class Following {
  readonly #topic: string
  readonly #line: PartitionLine
  readonly #limits: Limits
  readonly #ends: () => Promise<Ends>
  readonly #delivery: Delivery
  #position: number
  /** True once a record was seen: then the log may no longer end below it. */
  #moved = false
  #missingSinceMs: number | null = null
  /** Answers offered and not yet taken. */
  #ahead = 0
  #room: (() => void) | null = null

  constructor(of: {
    readonly topic: string
    readonly line: PartitionLine
    readonly from: number
    readonly limits: Limits
    readonly ends: () => Promise<Ends>
    readonly delivery: Delivery
  }) {
    this.#topic = of.topic
    this.#line = of.line
    this.#position = of.from
    this.#limits = of.limits
    this.#ends = of.ends
    this.#delivery = of.delivery
  }

  taken(): void {
    this.#ahead--
    this.#wake()
  }

  /** The delivery has ended: nothing more is fetched. */
  ended(): void {
    this.#line.close()
    this.#wake()
  }

  async run(): Promise<void> {
    while (!this.#delivery.ended) {
      if (this.#ahead >= this.#limits.followAheadMax) {
        await new Promise<void>(room => {
          this.#room = room // F2
        })
        continue
      }
      const { fetchWaitMs, fetchBytesMax } = this.#limits
      const attempt = await this.#line.ask(({ epoch }) =>
        fetchOf({
          topic: this.#topic,
          partition: this.#line.partition,
          epoch,
          from: this.#position,
          waitMs: fetchWaitMs,
          bytesMax: fetchBytesMax,
        }),
      )
      if (this.#delivery.ended) return
      if (attempt.kind === 'answered') await this.#took(attempt.answer)
    }
  }

  async #took(page: Page): Promise<void> {
    if (page.kind === 'outside') return this.#outside()
    this.#missingSinceMs = null
    const { records, next, stop } = page
    if (records.length > 0) {
      this.#moved = true
      this.#ahead++
      for (let at = 0; at < records.length; at += FOLLOW_BATCH_RECORDS_MAX) {
        const end = at + FOLLOW_BATCH_RECORDS_MAX
        this.#delivery.offer(records.slice(at, end), end >= records.length)
      }
    }
    this.#position = next // F1
    if (stop) this.#delivery.fail(this.#unreadable(stop)) // F3
  }

  /** Below the beginning, or beyond the end. */
  async #outside(): Promise<void> {
    const ends = await this.#ends().catch(() => null)
    if (!ends || this.#delivery.ended) return
    const { earliest, next } = ends
    if (this.#position < earliest) {
      const reason = `position ${this.#position} was trimmed away; the earliest is ${earliest}`
      return this.#delivery.fail(new LogError('LOG_GONE', reason, { earliest }))
    }
    if (this.#moved && this.#position > next) {
      this.#missingSinceMs ??= performance.now()
      if (performance.now() - this.#missingSinceMs > MISSING_MS_MAX) {
        const reason = `${this.#name} ends at ${next}, and ${this.#position - 1} was read: records are missing`
        return this.#delivery.fail(new LogError('LOG_CORRUPT', reason, { position: next }))
      }
    }
    await sleep(this.#limits.fetchWaitMs)
    await this.#line.mistrust()
  }

  #unreadable({ kind, position }: Stop): LogError {
    if (kind === 'damaged')
      return new LogError('LOG_CORRUPT', `${this.#name} has a damaged batch at ${position}`, { position })
    return new LogError(
      'LOG_FAILED',
      `${this.#name} has a compressed batch at ${position}, which no appender of ours writes: let no other account write to it, and set compression.type=uncompressed`,
    )
  }

  get #name(): string {
    return `partition ${this.#line.partition} of '${this.#topic}' on ${this.#line.broker}`
  }

  #wake(): void {
    const room = this.#room
    this.#room = null
    room?.()
  }
}
