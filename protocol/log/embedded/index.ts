import { Worker } from 'node:worker_threads'
import { Delivery, type Follower } from '../delivery.ts'
import {
  type Ends,
  type EventLog,
  type Follow,
  type LogDescription,
  LogError,
  type LogRecord,
  type NewRecord,
  type Topic,
} from '../event-log.ts'
import { assertCount, assertPartition, assertPosition, assertRecords } from '../limits.ts'
import { toError } from './faults.ts'
import { LIMITS, type Limits, RETENTION, type Retention } from './limits.ts'
import type { Answer, Columns, Order, Report, WorkerOrders } from './messages.ts'

export interface EmbeddedLogOptions extends Partial<Limits> {
  /** The topic's own folder; made where it is missing. */
  readonly dir: string
  readonly topic: Topic
  /** Default: what `RETENTION` says of the topic's class. */
  readonly retention?: Retention
  /** For tools that look at a log: nothing is created, appended, trimmed or removed. */
  readonly readOnly?: boolean
}

/** Older ones may corrupt a database when a write-ahead log is reset while another process reads. */
const SQLITE_MIN = [3, 53, 0] as const

/**
 * Opens the durable log of one machine. Any number of processes may have it open at once; no process serves another, and
 * a kill of any of them loses nothing that was acknowledged.
 */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<EventLog> {
  assertSqlite(process.versions.sqlite)
  const { dir, topic, retention = RETENTION[topic], readOnly = false, ...bounds } = options
  const limits: Limits = { ...LIMITS, ...bounds }
  const log = new EmbeddedLog({ dir, topic, retention, limits, readOnly })
  await log.opened
  return log
}

function assertSqlite(version: string | undefined): void {
  const parts = (version ?? '0').split('.').map(Number)
  for (const [i, least] of SQLITE_MIN.entries()) {
    const part = parts[i] ?? 0
    if (part > least) return
    if (part < least)
      throw new LogError('LOG_FAILED', `SQLite ${version} is too old; ${SQLITE_MIN.join('.')} is needed`)
  }
}

interface Pending<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

interface Appending extends Pending<readonly number[]> {
  readonly records: number
  readonly chars: number
}

interface Outbox {
  readonly ids: number[]
  readonly counts: number[]
  readonly partitions: number[]
  readonly bodies: string[]
}

/** Questions that wait for the worker; more only means that nobody awaits them. */
const ASKING_MAX = 1024

/** The main thread's side: it keeps promises and hands out batches; the worker does the rest. */
class EmbeddedLog implements EventLog {
  readonly opened: Promise<void>
  readonly #worker: Worker
  readonly #limits: Limits
  readonly #appending = new Map<number, Appending>()
  readonly #asking = new Map<number, Pending<Answer>>()
  readonly #following = new Map<number, Delivery>()
  #lastId = 0
  #records = 0
  #chars = 0
  /** Appends of this turn of the loop: they cross to the worker together. */
  #outbox: Outbox | null = null
  #closing: Promise<void> | null = null
  #failure: LogError | null = null

  constructor(orders: WorkerOrders) {
    this.#limits = orders.limits
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: orders })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.opened = promise
    this.#worker.on('message', (message: Report) => {
      if (message.kind === 'opened') resolve()
      else if (message.kind === 'unopened') {
        const error = toError(message.fault)
        this.#fail(error)
        reject(error)
        void this.#worker.terminate()
      } else this.#reported(message)
    })
    const ended = (reason: string): void => {
      const error = new LogError('LOG_FAILED', reason)
      reject(error)
      this.#fail(error)
    }
    this.#worker.on('error', error => ended(`the log's thread died: ${error instanceof Error ? error.message : error}`))
    this.#worker.on('exit', code => ended(`the log's thread ended with ${code}`))
  }

  append(batch: readonly NewRecord[]): Promise<readonly number[]> {
    const refusal = this.#refusal() ?? this.#overload(batch)
    if (refusal) return Promise.reject(refusal)
    try {
      assertRecords(batch)
    } catch (error) {
      return Promise.reject(error)
    }
    if (batch.length === 0) return Promise.resolve([])
    const id = ++this.#lastId
    const outbox = this.#outbox ?? this.#newOutbox()
    let chars = 0
    for (const { partition, body } of batch) {
      chars += body.length
      outbox.partitions.push(partition)
      outbox.bodies.push(body)
    }
    outbox.ids.push(id)
    outbox.counts.push(batch.length)
    this.#records += batch.length
    this.#chars += chars
    return new Promise((resolve, reject) => {
      this.#appending.set(id, { resolve, reject, records: batch.length, chars })
    })
  }

  async read(partition: number, from: number, max: number): Promise<readonly LogRecord[]> {
    assertPartition(partition)
    assertPosition(from)
    assertCount(max)
    return recordsOf((await this.#ask(id => ({ kind: 'read', id, partition, from, max }))) as Columns)
  }

  follow(partition: number, from: number, on: Follower): Follow {
    assertPartition(partition)
    assertPosition(from)
    const id = ++this.#lastId
    const delivery = new Delivery(
      on,
      () => this.#order({ kind: 'taken', id }),
      () => {
        this.#following.delete(id)
        this.#order({ kind: 'cancel', id })
      },
    )
    const refusal = this.#refusal()
    if (refusal) queueMicrotask(() => delivery.fail(refusal))
    else {
      this.#following.set(id, delivery)
      this.#order({ kind: 'follow', id, partition, from })
    }
    return delivery
  }

  async ends(partition: number): Promise<Ends> {
    assertPartition(partition)
    return (await this.#ask(id => ({ kind: 'ends', id }))) as Ends
  }

  async trim(partition: number, before: number): Promise<void> {
    assertPartition(partition)
    assertPosition(before)
    await this.#ask(id => ({ kind: 'trim', id, partition, before }))
  }

  async describe(): Promise<LogDescription> {
    return (await this.#ask(id => ({ kind: 'describe', id }))) as LogDescription
  }

  /** Appends that were called before it are still done; followers hear nothing more. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#failure) return
    for (const delivery of this.#following.values()) delivery.cancel()
    this.#flush()
    const exited = new Promise(resolve => this.#worker.once('exit', resolve))
    await new Promise<Answer>((resolve, reject) => {
      const id = ++this.#lastId
      this.#asking.set(id, { resolve, reject })
      this.#worker.postMessage({ kind: 'close', id } satisfies Order)
    }).catch(() => {})
    await exited
  }

  #newOutbox(): Outbox {
    queueMicrotask(() => this.#flush())
    this.#outbox = { ids: [], counts: [], partitions: [], bodies: [] }
    return this.#outbox
  }

  #flush(): void {
    const outbox = this.#outbox
    this.#outbox = null
    if (outbox) this.#order({ kind: 'append', ...outbox })
  }

  #order(order: Order): void {
    if (!this.#failure) this.#worker.postMessage(order)
  }

  #ask(order: (id: number) => Order): Promise<Answer> {
    const refusal = this.#refusal()
    if (refusal) return Promise.reject(refusal)
    if (this.#asking.size >= ASKING_MAX) {
      return Promise.reject(new LogError('LOG_BUSY', `${ASKING_MAX} questions are waiting for their answers`))
    }
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#asking.set(id, { resolve, reject })
      this.#flush()
      this.#order(order(id))
    })
  }

  #reported(message: Exclude<Report, { kind: 'opened' | 'unopened' }>): void {
    switch (message.kind) {
      case 'appended':
        for (const [i, id] of message.ids.entries()) {
          const appending = this.#settle(id)
          const first = message.firsts[i]!
          appending.resolve(Array.from({ length: appending.records }, (_, k) => first + k))
        }
        return
      case 'refused': {
        const error = toError(message.fault)
        for (const id of message.ids) this.#settle(id).reject(error)
        return
      }
      case 'answered':
        this.#asked(message.id)?.resolve(message.answer)
        return
      case 'faulted':
        this.#asked(message.id)?.reject(toError(message.fault))
        return
      case 'batch':
        this.#following.get(message.id)?.offer(recordsOf(message), message.waits)
        return
      case 'failed':
        this.#following.get(message.id)?.fail(toError(message.fault))
        return
    }
  }

  #settle(id: number): Appending {
    const appending = this.#appending.get(id)!
    this.#appending.delete(id)
    this.#records -= appending.records
    this.#chars -= appending.chars
    return appending
  }

  #asked(id: number): Pending<Answer> | undefined {
    const pending = this.#asking.get(id)
    this.#asking.delete(id)
    return pending
  }

  /** Once, at the worker's end: whoever waits learns that the outcome is unknown. */
  #fail(error: LogError): void {
    if (this.#failure) return
    this.#failure = error
    for (const id of [...this.#appending.keys()]) this.#settle(id).reject(error)
    for (const id of [...this.#asking.keys()]) this.#asked(id)?.reject(error)
    for (const delivery of [...this.#following.values()]) delivery.fail(error)
  }

  #refusal(): LogError | null {
    if (this.#closing) return new LogError('LOG_CLOSED', 'the log was closed')
    return this.#failure
  }

  /** A batch is taken whatever its size while nothing else is outstanding, else it could never be. */
  #overload(batch: readonly NewRecord[]): LogError | null {
    const { outstandingRecordsMax, outstandingCharsMax } = this.#limits
    if (this.#records === 0) return null
    if (this.#records + batch.length <= outstandingRecordsMax && this.#chars <= outstandingCharsMax) return null
    return new LogError('LOG_BUSY', `${this.#records} records of this process are not yet durable; nothing was written`)
  }
}

function recordsOf({ positions, stamps, bodies }: Columns): readonly LogRecord[] {
  return positions.map((position, i) => Object.freeze({ position, stampMs: stamps[i]!, body: bodies[i]! }))
}
