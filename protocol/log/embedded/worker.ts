import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { LogError } from '../event-log.ts'
import { FOLLOW_BATCH_RECORDS_MAX } from '../limits.ts'
import { Listener } from './bell.ts'
import { toFault } from './faults.ts'
import type { Answer, Order, Report, WorkerOrders } from './messages.ts'
import { type Cursor, cursorAt, Reader } from './reader.ts'
import { removeBelow, retainedFrom } from './retention.ts'
import { Writer } from './writer.ts'

/**
 * The thread that owns a log's SQLite connections, so that no sync ever holds up the main loop. One turn: take every order
 * that has come, commit one group, answer, let the followers have what is new.
 */
if (!parentPort) throw new Error('this is the thread of an embedded log; open the log by openEmbeddedLog')
const port = parentPort
const report = (message: Report): void => port.postMessage(message)

/** A batch of large bodies would hold up everything else of this log. */
const FOLLOW_BATCH_CHARS_MAX = 1024 * 1024
/** Between two tries for a lock that others keep. */
const BUSY_PAUSE_MS = 2

/** About what it takes from an acknowledgement to the next append, with both cores busy. */
const LINGER_MS = 0.2
/** Then timers, the bell and a reader's other orders have their turn. */
const TURN_MS_MAX = 2

interface Append {
  readonly id: number
  readonly partitions: readonly number[]
  readonly bodies: readonly string[]
  readonly chars: number
}

interface Following {
  readonly cursor: Cursor
  /** Batches sent since the follower last said that it had taken all. */
  ahead: number
}

class Service {
  readonly #orders: WorkerOrders
  readonly #writer: Writer | null
  readonly #reader: Reader
  readonly #followings = new Map<number, Following>()
  #appends: Append[] = []
  #asked: Exclude<Order, { kind: 'append' }>[] = []
  #busySinceMs: number | null = null
  #idleSinceMs = Number.NEGATIVE_INFINITY
  #lingers = false
  #turn: NodeJS.Immediate | NodeJS.Timeout | null = null
  #listener: Listener | null = null
  #slowPoll: NodeJS.Timeout | null = null
  readonly #housekeeping: NodeJS.Timeout
  /** Once a sync has failed nobody knows what is durable. */
  #broken: string | null = null

  constructor(orders: WorkerOrders) {
    this.#orders = orders
    this.#writer = orders.readOnly ? null : new Writer(orders.dir, orders.topic, orders.limits)
    this.#reader = new Reader(orders.dir, orders.limits)
    const { topic } = this.#reader.describe()
    if (topic !== orders.topic) {
      throw new LogError('LOG_FAILED', `the log in ${orders.dir} is of topic ${topic}, not ${orders.topic}`)
    }
    this.#housekeeping = setInterval(() => this.#keepHouse(), orders.limits.housekeepingMs)
    this.#keepHouse()
  }

  ordered(first: Order): void {
    const startMs = performance.now()
    this.#lingers = first.kind === 'append' && startMs - this.#idleSinceMs < LINGER_MS
    let next: { message: Order } | undefined = { message: first }
    for (let nowMs = startMs; next && nowMs - startMs < TURN_MS_MAX; nowMs = performance.now()) {
      for (; next; next = receiveMessageOnPort(port)) this.#take(next.message)
      this.#work()
      next = this.#linger()
    }
    if (next) {
      this.#take(next.message)
      this.#work()
    }
    this.#idleSinceMs = performance.now()
  }

  /**
   * To be woken costs as much as a fast disk's flush. Where the last order came at once, the next is awaited for a moment
   * without sleep; one that does not come ends that until orders come quickly again.
   */
  #linger(): { message: Order } | undefined {
    if (!this.#lingers || this.#appends.length > 0) return receiveMessageOnPort(port)
    const endMs = performance.now() + LINGER_MS
    for (;;) {
      const next = receiveMessageOnPort(port)
      if (next || performance.now() > endMs) return next
    }
  }

  #take(order: Order): void {
    if (order.kind !== 'append') {
      this.#asked.push(order)
      return
    }
    let from = 0
    for (let i = 0; i < order.ids.length; i++) {
      const to = from + order.counts[i]!
      const bodies = order.ids.length === 1 ? order.bodies : order.bodies.slice(from, to)
      const partitions = order.ids.length === 1 ? order.partitions : order.partitions.slice(from, to)
      let chars = 0
      for (const body of bodies) chars += body.length
      this.#appends.push({ id: order.ids[i]!, partitions, bodies, chars })
      from = to
    }
  }

  #work(): void {
    const asked = this.#asked
    this.#asked = []
    if (this.#appends.length > 0 && this.#turn === null) this.#commitGroup()
    for (const order of asked) this.#answer(order)
  }

  #again(turn: () => void, afterMs = 0): void {
    const run = (): void => {
      this.#turn = null
      turn()
    }
    this.#turn = afterMs > 0 ? setTimeout(run, afterMs) : setImmediate(run)
  }

  #commitGroup(): void {
    const writer = this.#writer
    if (!writer || this.#broken) {
      this.#refuse(this.#appends.splice(0), {
        code: 'LOG_FAILED',
        message: this.#broken ?? 'the log was opened for reading only',
      })
      return
    }
    const group = this.#group()
    const one = group.length === 1 ? group[0]! : null
    const partitions = one ? one.partitions : group.flatMap(append => append.partitions)
    const bodies = one ? one.bodies : group.flatMap(append => append.bodies)
    const committed = writer.commit(partitions, bodies, Date.now())
    if (committed.kind !== 'busy') this.#busySinceMs = null
    switch (committed.kind) {
      case 'done':
        this.#acknowledge(group, committed.first)
        writer.settle()
        break
      case 'busy':
        this.#appends.unshift(...group)
        this.#stayedBusy()
        return
      case 'full':
        this.#refuse(group, { code: 'LOG_FULL', message: committed.reason })
        break
      case 'corrupt':
        this.#refuse(group, { code: 'LOG_CORRUPT', message: committed.reason, position: committed.position })
        break
      case 'failed':
        this.#broken = committed.reason
        this.#refuse(group, { code: 'LOG_FAILED', message: committed.reason })
        break
    }
    if (this.#appends.length > 0) this.#again(() => this.#work())
  }

  /** Whole appends, at least one: a batch is never divided over two commits. */
  #group(): readonly Append[] {
    const { groupRecordsMax, groupCharsMax } = this.#orders.limits
    let count = 0
    let records = 0
    let chars = 0
    for (const append of this.#appends) {
      records += append.bodies.length
      chars += append.chars
      if (count > 0 && (records > groupRecordsMax || chars > groupCharsMax)) break
      count++
    }
    return this.#appends.splice(0, count)
  }

  #stayedBusy(): void {
    const nowMs = performance.now()
    this.#busySinceMs ??= nowMs
    const { busyMsMax } = this.#orders.limits
    if (nowMs - this.#busySinceMs > busyMsMax) {
      this.#busySinceMs = null
      const message = `another process has held the log for ${busyMsMax} ms; nothing was written`
      this.#refuse(this.#appends.splice(0), { code: 'LOG_BUSY', message })
      return
    }
    this.#again(() => this.#work(), BUSY_PAUSE_MS)
  }

  #acknowledge(group: readonly Append[], first: number): void {
    const firsts: number[] = []
    let next = first
    for (const append of group) {
      firsts.push(next)
      next += append.bodies.length
    }
    report({ kind: 'appended', ids: group.map(append => append.id), firsts })
  }

  #refuse(group: readonly Append[], fault: Extract<Report, { kind: 'refused' }>['fault']): void {
    report({ kind: 'refused', ids: group.map(append => append.id), fault })
  }

  #answer(order: Exclude<Order, { kind: 'append' }>): void {
    switch (order.kind) {
      case 'follow':
        this.#followings.set(order.id, { cursor: cursorAt(order.partition, order.from), ahead: 0 })
        this.#listen()
        this.#deliver(order.id)
        return
      case 'taken': {
        const following = this.#followings.get(order.id)
        if (!following) return
        following.ahead = 0
        this.#deliver(order.id)
        return
      }
      case 'cancel':
        this.#followings.delete(order.id)
        if (this.#followings.size === 0) this.#deafen()
        return
      case 'close':
        this.#close(order.id)
        return
      default:
        try {
          report({ kind: 'answered', id: order.id, answer: this.#find(order) })
        } catch (error) {
          report({ kind: 'faulted', id: order.id, fault: toFault(error) })
        }
    }
  }

  #find(order: Extract<Order, { kind: 'read' | 'ends' | 'trim' | 'describe' }>): Answer {
    const { limits, dir } = this.#orders
    switch (order.kind) {
      case 'read':
        return this.#reader.next(
          cursorAt(order.partition, order.from),
          Math.min(order.max, limits.readRecordsMax),
          limits.readCharsMax,
        )
      case 'ends':
        return this.#reader.ends()
      case 'describe':
        return { driver: 'embedded', ...this.#reader.describe() }
      case 'trim': {
        if (!this.#writer) throw new LogError('LOG_FAILED', 'the log was opened for reading only')
        const before = this.#writer.trim(order.partition, order.before)
        if (before === null) throw new LogError('LOG_BUSY', 'another process holds the log; nothing was trimmed')
        removeBelow(dir, before)
        return null
      }
    }
  }

  #listen(): void {
    this.#listener ??= new Listener(this.#orders.dir, () => this.#deliverAll())
    this.#slowPoll ??= setInterval(() => {
      this.#listener?.look()
      this.#deliverAll()
    }, this.#orders.limits.slowPollMs)
  }

  #deafen(): void {
    this.#listener?.close()
    this.#listener = null
    if (this.#slowPoll) clearInterval(this.#slowPoll)
    this.#slowPoll = null
  }

  #deliverAll(): void {
    for (const id of this.#followings.keys()) this.#deliver(id)
  }

  #deliver(id: number): void {
    const following = this.#followings.get(id)
    if (!following) return
    try {
      while (following.ahead < this.#orders.limits.followAheadMax) {
        const found = this.#reader.next(following.cursor, FOLLOW_BATCH_RECORDS_MAX, FOLLOW_BATCH_CHARS_MAX)
        const { positions, stamps, bodies } = found
        if (positions.length > 0) {
          following.ahead++
          const waits = following.ahead === this.#orders.limits.followAheadMax
          report({ kind: 'batch', id, waits, positions, stamps, bodies })
        }
        if (found.ended) return
      }
    } catch (error) {
      const fault = toFault(error)
      // Only what stays so ends a follow; anything else is tried again at the next bell or slow poll.
      if (fault.code !== 'LOG_GONE' && fault.code !== 'LOG_CORRUPT') return
      this.#followings.delete(id)
      report({ kind: 'failed', id, fault })
    }
  }

  /** What cannot be done now is done next time; it never fails the log. */
  #keepHouse(): void {
    const { dir, retention, readOnly } = this.#orders
    if (readOnly) return
    try {
      this.#writer?.keepHouse()
      removeBelow(dir, retainedFrom(dir, retention, Date.now()))
    } catch {
      // Busy, full or just removed by another process.
    }
  }

  /** After every append that came before. */
  #close(id: number): void {
    if (this.#appends.length > 0) {
      this.#asked.push({ kind: 'close', id })
      if (this.#turn === null) this.#again(() => this.#work())
      return
    }
    clearInterval(this.#housekeeping)
    this.#deafen()
    this.#reader.close()
    this.#writer?.close()
    report({ kind: 'answered', id, answer: null })
    port.close()
  }
}

try {
  const service = new Service(workerData as WorkerOrders)
  port.on('message', (order: Order) => service.ordered(order))
  report({ kind: 'opened' })
} catch (error) {
  report({ kind: 'unopened', fault: toFault(error) })
}
