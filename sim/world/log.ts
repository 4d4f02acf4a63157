/**
 * The log of a simulated site: one ordered topic each, kept by a cluster that outlives every process. An append that
 * has left its process commits, whoever dies meanwhile; whether its acknowledgement comes is another matter (L-a).
 */
import { firstFrom } from '../../protocol/first-from.ts'
import { Delivery } from '../../protocol/log/delivery.ts'
import { type EventLog, LogError, type LogRecord, type NewRecord, type Topic } from '../../protocol/log/event-log.ts'
import { assertRecords, FOLLOW_BATCH_RECORDS_MAX } from '../../protocol/log/limits.ts'
import { draw, textHash } from './draw.ts'
import type { Incarnation } from './process.ts'
import type { World } from './world.ts'

const APPEND_US = 600
const NOTICE_US = 200
const READ_US = 200
/** A producer that hears nothing gives up after this; whether its batch is in the log it cannot know. */
const UNKNOWN_MS = 1_500

/** As `by` appended it: what the oracle holds against what everybody says. */
export interface Kept extends LogRecord {
  readonly partition: number
  readonly by: string
  readonly atUs: number
}

export class SimTopic {
  readonly topic: Topic
  /** What positions in it mean something in. */
  readonly id: string
  readonly world: World
  /** All that was ever appended, trimmed or not. */
  readonly kept: Kept[] = []
  /** Of these, what somebody has put here in the name of another. */
  readonly forged = new Set<string>()
  readonly #key: number
  readonly #records = new Map<number, LogRecord[]>()
  readonly #earliest = new Map<number, number>()
  readonly readers = new Set<Reader>()
  /** Told of each follow as it begins. */
  readonly followed = new Set<(life: Incarnation, partition: number, from: number) => void>()
  #next = 0
  #appends = 0
  #freeUs = 0

  constructor(world: World, topic: Topic) {
    this.world = world
    this.topic = topic
    this.id = `sim-${topic}`
    this.#key = textHash(topic)
  }

  of(partition: number): LogRecord[] {
    let records = this.#records.get(partition)
    if (!records) this.#records.set(partition, (records = []))
    return records
  }
  get next(): number {
    return this.#next
  }
  earliest(partition: number): number {
    return this.#earliest.get(partition) ?? 0
  }
  slice(partition: number, from: number, max: number): readonly LogRecord[] {
    const earliest = this.earliest(partition)
    if (from < earliest)
      throw new LogError('LOG_GONE', `position ${from} was trimmed away; the earliest is ${earliest}`, { earliest })
    const records = this.of(partition)
    const start = firstFrom(records, r => r.position, from)
    return records.slice(start, start + max)
  }
  trim(partition: number, before: number): void {
    this.#earliest.set(partition, Math.max(this.earliest(partition), Math.min(before, this.#next)))
    const records = this.of(partition)
    records.splice(
      0,
      firstFrom(records, r => r.position, this.earliest(partition)),
    )
  }

  /** By a hand that needs no process, at once. */
  put(partition: number, body: string, by: string): void {
    this.#commit({ partition, body }, by)
    for (const reader of this.readers) reader.notice()
  }
  append(life: Incarnation, batch: readonly NewRecord[]): Promise<readonly number[]> {
    const { world } = this
    const by = life.process.name
    const nth = this.#appends++
    world.called(life)
    return new Promise((resolve, reject) => {
      const answer = (afterUs: number, run: () => void) => world.at(world.nowUs + afterUs, life, run)
      if (world.strikes('logFull', this.topic))
        return answer(APPEND_US, () => reject(new LogError('LOG_FULL', 'no room is left')))
      const stall = world.strikes('logStall', '*')
      const late = world.strikes('logDelay', '*')
      const jitterUs = draw(world.seed, this.#key, nth) % APPEND_US
      // one leader writes one batch after the other
      const atUs = Math.max(
        this.#freeUs,
        (stall ? (stall.fromMs + stall.forMs) * 1_000 : world.nowUs) + APPEND_US + jitterUs + (late?.ms ?? 0) * 1_000,
      )
      this.#freeUs = atUs
      const unknown = () => reject(new LogError('LOG_FAILED', 'no acknowledgement came: unknown'))
      const gaveUp = world.at(world.nowUs + UNKNOWN_MS * 1_000, life, unknown)
      world.at(atUs, null, () => {
        const positions = batch.map(record => this.#commit(record, by))
        for (const reader of this.readers) reader.notice()
        if (world.strikes('ackLost', by)) return
        answer(NOTICE_US, () => {
          gaveUp.run = null
          resolve(positions)
        })
      })
    })
  }
  #commit({ partition, body }: NewRecord, by: string): number {
    const { world } = this
    const hole = world.strikes('sparse', '*') ? 1 + (draw(world.seed, this.#key, this.#next) % 5) : 0
    // half of them behind the record: its cluster's own marks, or what a compaction took, may be the last there is
    const before = hole % 2 === 0 ? hole : 0
    const position = this.#next + before
    this.#next += hole + 1
    const stampMs = world.epochMs + world.nowMs
    this.of(partition).push(Object.freeze({ position, stampMs, body }))
    this.kept.push({ position, stampMs, body, partition, by, atUs: world.nowUs })
    world.trace(`log ${this.topic}`, by, body)
    return position
  }
}

/** One follow of one life. */
class Reader {
  readonly #topic: SimTopic
  readonly #life: Incarnation
  readonly #partition: number
  readonly #delivery: Delivery
  #next: number
  #due = false
  #waiting = false

  constructor(
    topic: SimTopic,
    life: Incarnation,
    partition: number,
    from: number,
    on: ConstructorParameters<typeof Delivery>[0],
  ) {
    this.#topic = topic
    this.#life = life
    this.#partition = partition
    this.#next = from
    const taken = () => {
      this.#waiting = false
      this.notice()
    }
    this.#delivery = new Delivery(on, taken, () => this.#forget())
    topic.readers.add(this)
    for (const told of topic.followed) told(life, partition, from)
    life.follows.add(this)
    this.notice()
  }

  /** The node cannot read what its cluster cannot bring it. */
  notice(): void {
    if (this.#due || this.#waiting || this.#delivery.ended) return
    const { world } = this.#topic
    const cut = world.strikes('logCut', this.#life.process.name)
    const atUs = cut ? (cut.fromMs + cut.forMs) * 1_000 : world.nowUs + NOTICE_US
    this.#due = true
    world.at(atUs, this.#life, () => {
      this.#due = false
      this.#deliver()
    })
  }
  #deliver(): void {
    if (this.#delivery.ended || this.#waiting) return
    try {
      const records = this.#topic.slice(this.#partition, this.#next, FOLLOW_BATCH_RECORDS_MAX)
      const last = records.at(-1)
      if (!last) return
      this.#next = last.position + 1
      this.#waiting = true
      this.#delivery.offer(records)
    } catch (error) {
      this.#delivery.fail(error as LogError)
    }
  }
  cancel(): void {
    this.#delivery.cancel()
  }
  #forget(): void {
    this.#topic.readers.delete(this)
    this.#life.follows.delete(this)
  }
}

/** The topic as one life of a process sees it. */
export function logOf(life: Incarnation, topic: SimTopic): EventLog {
  const { world } = topic
  const later = <T>(value: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      world.at(world.nowUs + READ_US, life, () => {
        try {
          resolve(value())
        } catch (error) {
          reject(error)
        }
      })
    })
  return {
    async append(batch) {
      assertRecords(batch)
      return batch.length === 0 ? [] : topic.append(life, batch)
    },
    read: (partition, from, max) => later(() => topic.slice(partition, from, max)),
    follow: (partition, from, on) => new Reader(topic, life, partition, from, on),
    ends: partition => later(() => ({ earliest: topic.earliest(partition), next: topic.next })),
    trim: (partition, before) => later(() => topic.trim(partition, before)),
    describe: () => later(() => ({ driver: 'memory' as const, topic: topic.topic, topicId: topic.id, partitions: [] })),
    close: () => Promise.resolve(),
  }
}
