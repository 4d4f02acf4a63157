import type { Note } from '../../ports.ts'
import { LogError, type NewRecord } from '../event-log.ts'
import { type Exchange, exchange } from './kafkajs.ts'
import type { Limits } from './limits.ts'
import type { Attempt } from './line.ts'
import type { PartitionLine } from './partition-line.ts'
import { Stall } from './stall.ts'

/** One call of `append`: settled once, by whichever partition settles it last, or first fails it. */
export interface Appending {
  readonly dueMs: number
  /** Nothing of it was sent: a refusal means that nothing was written. */
  sent: boolean
  readonly settled: boolean
  /** The record at this place of the caller's batch. */
  written(index: number, position: number): void
  failed(error: LogError): void
}

/** A record that waits. */
interface Waiting {
  readonly of: Appending
  /** Its place in the caller's batch. */
  readonly index: number
  readonly body: string
  readonly key: string | null
}

/** The broker has numbered this producer's batches otherwise than it has: it begins anew, under another id. */
const NUMBERING = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'DUPLICATE_SEQUENCE_NUMBER',
])
/** The same batch will be refused again. */
const REFUSED = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
])
/** The broker says that an acknowledgement is late before the line takes it for silent. */
const ACK_SHARE = 0.8
const SEQUENCE_MASK = 0x7fffffff

/**
 * Appends to one partition.
 *
 * A1 one batch is on its way at a time, so that none overtakes another; what comes meanwhile goes into the next;
 * A2 a batch whose outcome is unknown is sent again under the same producer and number, to whoever leads by then, until
 *    the outcome is known: the broker drops the repeat;
 * A3 who has waited too long is told that nothing was written, or that it is unknown; what was not sent is not sent later.
 */
export class Appender {
  readonly #topic: string
  readonly #line: PartitionLine
  readonly #limits: Limits
  readonly #stall: Stall
  #queue: Waiting[] = []
  #producer: { readonly id: string; readonly epoch: number } | null = null
  #sequence = 0
  #running: Promise<void> | null = null
  /** Null while the log is open. */
  #ended: LogError | null = null

  constructor(topic: string, line: PartitionLine, limits: Limits, note: Note) {
    this.#topic = topic
    this.#line = line
    this.#limits = limits
    this.#stall = new Stall(note, 'append', { topic, partition: line.partition })
  }

  add(of: Appending, index: number, { body, key }: NewRecord): void {
    this.#queue.push({ of, index, body, key: key ?? null })
    this.#running ??= this.#run()
  }

  /** Resolves when everything that was added is settled. */
  drained(): Promise<void> {
    return this.#running ?? Promise.resolve()
  }

  end(error: LogError): void {
    this.#ended ??= error
    for (const { of } of this.#queue) of.failed(error)
    this.#queue = []
    this.#line.close()
  }

  async #run(): Promise<void> {
    await Promise.resolve() // the rest of the caller's turn comes along
    while (this.#queue.length > 0) {
      const batch = this.#take()
      if (batch.length > 0) await this.#write(batch)
    }
    this.#running = null // in the turn that saw the queue empty: what comes next starts anew
  }

  #take(): readonly Waiting[] {
    const { batchRecordsMax, batchCharsMax } = this.#limits
    let chars = 0
    let count = 0
    for (const { body } of this.#queue) {
      chars += body.length
      if (count > 0 && (count === batchRecordsMax || chars > batchCharsMax)) break
      count++
    }
    const taken = this.#queue.slice(0, count).filter(({ of }) => !of.settled) // A3
    this.#queue = this.#queue.slice(count)
    return taken
  }

  /** A1, A2: returns when the outcome of the batch is known, or nobody may know it any more. */
  async #write(batch: readonly Waiting[]): Promise<void> {
    for (const { of } of batch) of.sent = true
    for (;;) {
      if (this.#ended) return fail(batch, this.#ended)
      const attempt = (await this.#identified()) ?? (await this.#line.ask(() => this.#exchange(batch)))
      if (this.#ended) return fail(batch, this.#ended)
      if (attempt.kind === 'answered')
        return this.#written(batch, Number(attempt.answer.topics[0]!.partitions[0]!.baseOffset))
      if (attempt.kind === 'said' && REFUSED.has(attempt.type)) return fail(batch, this.#refusal(attempt.reason))
      if (attempt.kind === 'said' && NUMBERING.has(attempt.type)) this.#producer = null
      this.#stall.failed(attempt.reason)
      this.#expire(batch, attempt.reason)
    }
  }

  #written(batch: readonly Waiting[], base: number): void {
    this.#sequence = (this.#sequence + batch.length) & SEQUENCE_MASK
    this.#stall.passed()
    for (const [i, { of, index }] of batch.entries()) of.written(index, base + i)
  }

  /** Null once the broker has given this appender an id. */
  async #identified(): Promise<Exclude<Attempt<never>, { kind: 'answered' }> | null> {
    if (this.#producer) return null
    const attempt = await this.#line.ask(() =>
      exchange<{ producerId: string; producerEpoch: number }>('InitProducerId', { transactionTimeout: 30_000 }),
    )
    if (attempt.kind !== 'answered') return attempt
    this.#producer = { id: attempt.answer.producerId, epoch: attempt.answer.producerEpoch }
    this.#sequence = 0
    return null
  }

  #exchange(batch: readonly Waiting[]): Exchange<Produced> {
    const { id, epoch } = this.#producer!
    const messages = batch.map(({ body, key }) => ({ key, value: body }))
    const partition = { partition: this.#line.partition, firstSequence: this.#sequence, messages }
    return exchange('Produce', {
      acks: -1,
      timeout: Math.floor(this.#limits.answerMsMax * ACK_SHARE),
      transactionalId: null,
      producerId: id,
      producerEpoch: epoch,
      topicData: [{ topic: this.#topic, partitions: [partition] }],
    })
  }

  /** A3: of this batch and of those behind it. */
  #expire(batch: readonly Waiting[], reason: string): void {
    const nowMs = performance.now()
    for (const { of } of [...batch, ...this.#queue]) {
      if (of.settled || of.dueMs > nowMs) continue
      of.failed(
        of.sent
          ? new LogError('LOG_FAILED', `${this.#name} has not acknowledged in time, so it is unknown: ${reason}`)
          : new LogError('LOG_BUSY', `${this.#name} takes nothing at present, so nothing was written: ${reason}`),
      )
    }
    this.#queue = this.#queue.filter(({ of }) => !of.settled)
  }

  #refusal(reason: string): LogError {
    return new LogError('LOG_FAILED', `${this.#name} refuses the record: ${reason}`)
  }

  get #name(): string {
    return `partition ${this.#line.partition} of '${this.#topic}' on ${this.#line.broker}`
  }
}

interface Produced {
  readonly topics: readonly { readonly partitions: readonly { readonly baseOffset: string }[] }[]
}

function fail(batch: readonly Waiting[], error: LogError): void {
  for (const { of } of batch) of.failed(error)
}
