import { firstFrom } from '../first-from.ts'
import { Delivery, type Follower } from './delivery.ts'
import {
  type Ends,
  type EventLog,
  type Follow,
  type LogDescription,
  LogError,
  type LogRecord,
  type NewRecord,
  type Topic,
} from './event-log.ts'
import { assertCount, assertPartition, assertPosition, assertRecords, FOLLOW_BATCH_RECORDS_MAX } from './limits.ts'

export interface MemoryLogOptions {
  readonly topic: Topic
  /** The log's stamp; without it every stamp is 0. */
  readonly clock?: () => number
  /** Skip positions now and then, as brokers do, so that nobody counts. */
  readonly sparse?: boolean
  /** When a delivery runs. */
  readonly defer?: (run: () => void) => void
  /** A topic made anew needs another one. */
  readonly topicId?: string
}

interface Reading {
  readonly partition: number
  next: number
  readonly delivery: Delivery
  scheduled: boolean
  waiting: boolean
}

/** Every third position is missing; a run of them where the number is also a multiple of seven. */
const SPARSE_EVERY = 3
const SPARSE_RUN_EVERY = 7

/** The reference: what each driver does, without a disk. */
export function openMemoryLog(options: MemoryLogOptions): EventLog {
  return new MemoryLog(options)
}

class MemoryLog implements EventLog {
  readonly #options: MemoryLogOptions
  readonly #clock: () => number
  readonly #defer: (run: () => void) => void
  readonly #partitions = new Map<number, LogRecord[]>()
  readonly #earliest = new Map<number, number>()
  readonly #readings = new Set<Reading>()
  #next = 0
  #closed = false

  constructor(options: MemoryLogOptions) {
    this.#options = options
    this.#clock = options.clock ?? (() => 0)
    this.#defer = options.defer ?? queueMicrotask
  }

  async append(batch: readonly NewRecord[]): Promise<readonly number[]> {
    this.#assertOpen()
    assertRecords(batch)
    const stampMs = this.#clock()
    const positions: number[] = []
    for (const { partition, body } of batch) {
      const position = this.#claim()
      const records = this.#partitions.get(partition) ?? []
      this.#partitions.set(partition, records)
      records.push(Object.freeze({ position, stampMs, body }))
      positions.push(position)
    }
    for (const reading of this.#readings) this.#schedule(reading)
    return positions
  }

  async read(partition: number, from: number, max: number): Promise<readonly LogRecord[]> {
    this.#assertOpen()
    assertPartition(partition)
    assertPosition(from)
    assertCount(max)
    this.#assertThere(partition, from)
    return this.#slice(partition, from, max)
  }

  follow(partition: number, from: number, on: Follower): Follow {
    assertPartition(partition)
    assertPosition(from)
    const delivery: Delivery = new Delivery(
      on,
      () => {
        reading.waiting = false
        this.#schedule(reading)
      },
      () => this.#readings.delete(reading),
    )
    const reading: Reading = { partition, next: from, delivery, scheduled: false, waiting: false }
    this.#readings.add(reading)
    this.#schedule(reading)
    return delivery
  }

  async ends(partition: number): Promise<Ends> {
    this.#assertOpen()
    assertPartition(partition)
    return { earliest: this.#earliest.get(partition) ?? 0, next: this.#next }
  }

  async trim(partition: number, before: number): Promise<void> {
    this.#assertOpen()
    assertPartition(partition)
    assertPosition(before)
    const earliest = Math.max(this.#earliest.get(partition) ?? 0, Math.min(before, this.#next))
    this.#earliest.set(partition, earliest)
    const records = this.#partitions.get(partition)
    if (records)
      records.splice(
        0,
        firstFrom(records, r => r.position, earliest),
      )
  }

  async describe(): Promise<LogDescription> {
    this.#assertOpen()
    return {
      driver: 'memory',
      topic: this.#options.topic,
      topicId: this.#options.topicId ?? `memory-${this.#options.topic}`,
      partitions: [...this.#partitions.keys()].sort((a, b) => a - b),
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const reading of this.#readings) reading.delivery.cancel()
  }

  #claim(): number {
    if (this.#options.sparse) {
      while (this.#next % SPARSE_EVERY === 2 || this.#next % SPARSE_RUN_EVERY === 6) this.#next++
    }
    return this.#next++
  }

  #slice(partition: number, from: number, max: number): readonly LogRecord[] {
    const records = this.#partitions.get(partition) ?? []
    const start = firstFrom(records, r => r.position, from)
    return records.slice(start, start + max)
  }

  #schedule(reading: Reading): void {
    if (reading.scheduled || reading.waiting) return
    reading.scheduled = true
    this.#defer(() => {
      reading.scheduled = false
      this.#deliver(reading)
    })
  }

  #deliver(reading: Reading): void {
    if (reading.delivery.ended || reading.waiting) return
    try {
      this.#assertOpen()
      this.#assertThere(reading.partition, reading.next)
    } catch (error) {
      reading.delivery.fail(error as LogError)
      return
    }
    const records = this.#slice(reading.partition, reading.next, FOLLOW_BATCH_RECORDS_MAX)
    const last = records.at(-1)
    if (!last) return
    reading.next = last.position + 1
    reading.waiting = true
    reading.delivery.offer(records)
  }

  #assertOpen(): void {
    if (this.#closed) throw new LogError('LOG_CLOSED', 'the log was closed')
  }

  #assertThere(partition: number, from: number): void {
    const earliest = this.#earliest.get(partition) ?? 0
    if (from < earliest) {
      throw new LogError('LOG_GONE', `position ${from} was trimmed away; the earliest is ${earliest}`, { earliest })
    }
  }
}
