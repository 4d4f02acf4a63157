import { type Ends, LogError, type LogRecord } from '../event-log.ts'
import type { Cluster } from './cluster.ts'
import { fetchOf } from './fetch.ts'
import { type Exchange, exchange } from './kafkajs.ts'
import type { Leaders } from './leaders.ts'
import type { Limits } from './limits.ts'
import type { Attempt } from './line.ts'
import { PartitionLine } from './partition-line.ts'

/** Times that stand for the two ends of a partition. */
const EARLIEST = -2
const LATEST = -1
/** A page of few records asks for few bytes; the bound of an answer is far above it. */
const PAGE_BYTES_OF_A_RECORD = 4096

/** What is asked once, of whoever leads the partition, until it is answered or the time is over. */
export class Questions {
  readonly #topic: string
  readonly #of: { readonly cluster: Cluster; readonly leaders: Leaders; readonly limits: Limits }
  readonly #lines = new Map<number, PartitionLine>()

  constructor(topic: string, of: { readonly cluster: Cluster; readonly leaders: Leaders; readonly limits: Limits }) {
    this.#topic = topic
    this.#of = of
  }

  async ends(partition: number): Promise<Ends> {
    const [earliest, next] = await Promise.all([this.#offset(partition, EARLIEST), this.#offset(partition, LATEST)])
    return { earliest, next: Math.max(next, earliest) }
  }

  async read(partition: number, from: number, max: number): Promise<readonly LogRecord[]> {
    const { fetchBytesMax } = this.#of.limits
    const bytesMax = Math.min(fetchBytesMax, max * PAGE_BYTES_OF_A_RECORD)
    for (let at = from; ; ) {
      const position = at
      const page = await this.#ask(partition, ({ epoch }) =>
        fetchOf({ topic: this.#topic, partition, epoch, from: position, waitMs: 0, bytesMax }),
      )
      if (page.kind === 'outside') {
        const { earliest } = await this.ends(partition)
        if (position >= earliest) return []
        throw new LogError('LOG_GONE', `position ${position} was trimmed away; the earliest is ${earliest}`, {
          earliest,
        })
      }
      const { records, next, stop } = page
      if (records.length > 0) return records.slice(0, max)
      if (stop)
        throw new LogError('LOG_CORRUPT', `the batch at ${stop.position} is ${stop.kind}`, { position: stop.position })
      if (next === at) return []
      at = next // nothing but marks of the cluster's own
    }
  }

  async trim(partition: number, before: number): Promise<void> {
    const { next } = await this.ends(partition)
    const offset = `${Math.min(before, next)}`
    const topics = [{ topic: this.#topic, partitions: [{ partition, offset }] }]
    await this.#ask(partition, () =>
      exchange<unknown>('DeleteRecords', { topics, timeout: this.#of.limits.answerMsMax }),
    )
  }

  async #offset(partition: number, timestamp: number): Promise<number> {
    const topics = [{ topic: this.#topic, partitions: [{ partition, timestamp: `${timestamp}` }] }]
    const answer = await this.#ask(partition, () =>
      exchange<{ responses: readonly { partitions: readonly { offset: string }[] }[] }>('ListOffsets', {
        isolationLevel: 0,
        topics,
      }),
    )
    return Number(answer.responses[0]!.partitions[0]!.offset)
  }

  async #ask<T>(partition: number, what: (leader: { readonly epoch: number }) => Exchange<T>): Promise<T> {
    const line = this.#lines.get(partition) ?? new PartitionLine(partition, this.#of, true)
    this.#lines.set(partition, line)
    const end = performance.now() + this.#of.limits.questionMsMax
    for (let last: Attempt<T> | null = null; ; ) {
      last = await line.ask(what)
      if (last.kind === 'answered') return last.answer
      if (this.#of.cluster.closed || performance.now() > end) {
        throw new LogError('LOG_FAILED', `partition ${partition} of '${this.#topic}' does not answer: ${last.reason}`)
      }
    }
  }
}
