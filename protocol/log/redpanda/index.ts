import type { ConnectionOptions } from 'node:tls'
import type { Note } from '../../ports.ts'
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
import { Appender } from './appender.ts'
import { Cluster } from './cluster.ts'
import { Following } from './follower.ts'
import type { Sasl } from './kafkajs.ts'
import { Leaders } from './leaders.ts'
import { LIMITS, type Limits } from './limits.ts'
import { addressOf } from './line.ts'
import { Outstanding } from './outstanding.ts'
import { PartitionLine } from './partition-line.ts'
import { Questions } from './questions.ts'
import { type ReadyTopic, readyTopic } from './topics.ts'

export interface RedpandaLogOptions extends Partial<Limits> {
  /** `HOST:PORT`, some of the cluster's; the others are learned. */
  readonly brokers: readonly string[]
  readonly topic: Topic
  /** Before the topic's name at the brokers: `quorate.facts`. */
  readonly prefix?: string
  /** Where the topic is created. */
  readonly partitions?: number
  readonly ssl?: ConnectionOptions | boolean
  readonly sasl?: Sasl
  /** A cluster that would lose what it acknowledged is noted, and not refused. */
  readonly toy?: boolean
  readonly note?: Note
}
export type { Sasl } from './kafkajs.ts'

/** Divides by three, four and six brokers alike, and leaves room to spread sites; each partition costs a follower one connection. */
const PARTITIONS = 12

/**
 * Opens the replicated log: one topic of a cluster of Redpanda or of anything that speaks Kafka's protocol. Throws
 * `Refusal`: LOG_UNREACHABLE, LOG_DENIED, LOG_UNSAFE.
 */
export async function openRedpandaLog(options: RedpandaLogOptions): Promise<EventLog> {
  const { brokers, topic, prefix = 'quorate.', partitions = PARTITIONS, ssl, sasl, toy = false, ...rest } = options
  const { note = () => {}, ...bounds } = rest
  const limits: Limits = { ...LIMITS, ...bounds }
  const { connectMsMax } = limits
  if (sasl?.mechanism === 'plain' && !ssl) note('warn', 'log password travels in the clear', { brokers })
  const door = { ssl: ssl === true ? {} : ssl || undefined, sasl, connectMsMax, note }
  const cluster = new Cluster(brokers.map(addressOf), door, limits)
  try {
    const name = `${prefix}${topic}`
    const ready = await readyTopic({ cluster, name, topic, partitions, toy, limits, note })
    return new RedpandaLog({ cluster, name, topic, ready, limits, note })
  } catch (error) {
    cluster.close()
    throw error
  }
}

class RedpandaLog implements EventLog {
  readonly #cluster: Cluster
  readonly #name: string
  readonly #topic: Topic
  readonly #id: string
  readonly #partitions: number
  readonly #limits: Limits
  readonly #note: Note
  readonly #leaders: Leaders
  readonly #questions: Questions
  readonly #outstanding: Outstanding
  readonly #appenders = new Map<number, Appender>()
  readonly #deliveries = new Set<Delivery>()
  #failure: LogError | null = null
  #closing: Promise<void> | null = null

  constructor(of: {
    readonly cluster: Cluster
    readonly name: string
    readonly topic: Topic
    readonly ready: ReadyTopic
    readonly limits: Limits
    readonly note: Note
  }) {
    const { cluster, name, limits, note } = of
    this.#cluster = cluster
    this.#name = name
    this.#topic = of.topic
    this.#id = of.ready.id
    this.#partitions = of.ready.partitions.length
    this.#limits = limits
    this.#outstanding = new Outstanding(limits)
    this.#note = note
    const anew = (id: string): void => this.#anew(id)
    this.#leaders = new Leaders({ cluster, topic: name, id: this.#id, limits, note, anew })
    this.#leaders.take(of.ready.metadata)
    this.#questions = new Questions(name, { cluster, leaders: this.#leaders, limits })
  }

  append(batch: readonly NewRecord[]): Promise<readonly number[]> {
    const refusal = this.#refusal() ?? this.#outstanding.refusal(batch)
    if (refusal) return Promise.reject(refusal)
    try {
      assertRecords(batch)
      for (const { partition } of batch) this.#assertPartition(partition)
    } catch (error) {
      return Promise.reject(error)
    }
    if (batch.length === 0) return Promise.resolve([])
    return new Promise((resolve, reject) => {
      const appending = this.#outstanding.begin(batch, resolve, reject)
      for (const [index, record] of batch.entries()) this.#appender(record.partition).add(appending, index, record)
    })
  }

  async read(partition: number, from: number, max: number): Promise<readonly LogRecord[]> {
    this.#assertPartition(partition)
    assertPosition(from)
    assertCount(max)
    this.#assertOpen()
    return this.#answer(this.#questions.read(partition, from, max))
  }

  follow(partition: number, from: number, on: Follower): Follow {
    this.#assertPartition(partition)
    assertPosition(from)
    const delivery = new Delivery(
      on,
      () => following.taken(),
      () => {
        this.#deliveries.delete(delivery)
        following.ended()
      },
    )
    const following = new Following({
      topic: this.#name,
      line: this.#line(partition),
      from,
      limits: this.#limits,
      ends: () => this.#questions.ends(partition),
      delivery,
      note: this.#note,
    })
    const refusal = this.#refusal()
    if (refusal) queueMicrotask(() => delivery.fail(refusal))
    else {
      this.#deliveries.add(delivery)
      const fault = (error: unknown) => delivery.fail(new LogError('LOG_FAILED', `the follower broke: ${error}`))
      following.run().catch(fault)
    }
    return delivery
  }

  async ends(partition: number): Promise<Ends> {
    this.#assertPartition(partition)
    this.#assertOpen()
    return this.#answer(this.#questions.ends(partition))
  }

  async trim(partition: number, before: number): Promise<void> {
    this.#assertPartition(partition)
    assertPosition(before)
    this.#assertOpen()
    await this.#answer(this.#questions.trim(partition, before))
  }

  async describe(): Promise<LogDescription> {
    this.#assertOpen()
    const all = Array.from({ length: this.#partitions }, (_, partition) => partition)
    const ends = await this.#answer(Promise.all(all.map(partition => this.#questions.ends(partition))))
    const partitions = all.filter(partition => ends[partition]!.next > 0)
    return { driver: 'redpanda', topic: this.#topic, topicId: this.#id, partitions }
  }

  /** Appends that were called before it are still done, as far as the cluster takes them; followers hear nothing more. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const delivery of this.#deliveries) delivery.cancel()
    const drained = Promise.all([...this.#appenders.values()].map(appender => appender.drained()))
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, this.#limits.closeMsMax)
    await Promise.race([drained, late.promise])
    clearTimeout(timer)
    this.#end(new LogError('LOG_FAILED', 'the log was closed before this was acknowledged: unknown'))
  }

  /** L-d: positions of another topic id would be mixed up with ours. LOG_GONE would say that one may go on: one may not. */
  #anew(id: string): void {
    if (this.#failure || this.#closing) return
    const reason = `topic '${this.#name}' was deleted and made anew (its id was ${this.#id} and is ${id}): end the process, and restore or re-found the site`
    this.#failure = new LogError('LOG_FAILED', reason)
    this.#note('error', 'log topic was made anew', { topic: this.#name, was: this.#id, is: id })
    for (const delivery of [...this.#deliveries]) delivery.fail(this.#failure)
    this.#end(this.#failure)
  }

  #end(error: LogError): void {
    this.#leaders.close()
    for (const appender of this.#appenders.values()) appender.end(error)
    this.#cluster.close()
  }

  #appender(partition: number): Appender {
    const there = this.#appenders.get(partition)
    if (there) return there
    const made = new Appender(this.#name, this.#line(partition), this.#limits, this.#note)
    this.#appenders.set(partition, made)
    return made
  }

  #line(partition: number): PartitionLine {
    return new PartitionLine(partition, { cluster: this.#cluster, leaders: this.#leaders, limits: this.#limits })
  }

  /** What was asked before the log was closed is answered as closed, not as a fault. */
  async #answer<T>(asking: Promise<T>): Promise<T> {
    try {
      return await asking
    } catch (error) {
      throw this.#refusal() ?? error
    }
  }

  #assertPartition(partition: number): void {
    assertPartition(partition)
    if (partition >= this.#partitions) {
      throw new RangeError(`topic '${this.#name}' has ${this.#partitions} partitions; there is no ${partition}`)
    }
  }

  #assertOpen(): void {
    const refusal = this.#refusal()
    if (refusal) throw refusal
  }

  #refusal(): LogError | null {
    if (this.#closing) return new LogError('LOG_CLOSED', 'the log was closed')
    return this.#failure
  }
}
