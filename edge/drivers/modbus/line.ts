/**
 * One line to a device: at most one connection and one request at a time, in the order asked.
 *
 * L1 A request whose validity is over before it could be sent is not sent (S4).
 * L2 A request without an answer in time costs the connection: its unsent bytes die with it (S4).
 * L3 After a failure the next connection waits, longer each time up to a bound, with jitter.
 * L4 The queue is bounded: a device that hangs refuses new requests instead of collecting them.
 */
import type { Clock, FieldFailure, Random } from '../../../protocol/ports.ts'
import { type ModbusConnect, ModbusException, type ModbusTransport } from './transport.ts'

export interface LineOptions {
  readonly host: string
  readonly port: number
  readonly connect: ModbusConnect
  /** Validity of writes. */
  readonly clock: Clock
  /** Time-outs and backoff. */
  readonly hostClock: Clock
  readonly random: Random
  readonly timeoutMs: number
  readonly backoffMs: readonly [first: number, most: number]
  readonly mostWaiting: number
}

export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T; readonly sentAtMs: number }
  | { readonly kind: 'failed'; readonly code: FieldFailure; readonly reason: string; readonly exception?: number }

const failed = (code: FieldFailure, reason: string): Outcome<never> => ({ kind: 'failed', code, reason })

export class Line {
  readonly #o: LineOptions
  #transport: ModbusTransport | undefined
  #tail: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #failures = 0
  #notBeforeMs = Number.NEGATIVE_INFINITY
  #closed = false
  #connection = 0

  constructor(o: LineOptions) {
    this.#o = o
  }

  /** Runs the request in its turn. `validUntilMs` bounds a write on the site's clock. */
  exchange<T>(request: (t: ModbusTransport) => Promise<T>, validUntilMs?: number): Promise<Outcome<T>> {
    if (this.#closed) return Promise.resolve(failed('refused', 'CLOSED: the driver was closed'))
    if (this.#waiting >= this.#o.mostWaiting)
      return Promise.resolve(failed('refused', `QUEUE_FULL: ${this.#waiting} requests are waiting`))
    this.#waiting += 1
    const turn = this.#tail.then(() => this.#run(request, validUntilMs))
    this.#tail = turn.then(
      () => {
        this.#waiting -= 1
      },
      () => {
        this.#waiting -= 1
      },
    )
    return turn
  }

  async #run<T>(request: (t: ModbusTransport) => Promise<T>, validUntilMs?: number): Promise<Outcome<T>> {
    if (this.#expired(validUntilMs)) return failed('expired', 'its validity ended while it waited')
    const transport = await this.#connected()
    if ('kind' in transport) return transport
    // Connecting may have outlasted the validity (L1).
    if (this.#expired(validUntilMs)) return failed('expired', 'its validity ended before a connection stood')
    const sentAtMs = this.#o.clock.monotonicMs()
    const end = await this.#within(request(transport), validUntilMs)
    if (end.kind === 'value') {
      this.#failures = 0
      return { kind: 'done', value: end.value, sentAtMs }
    }
    if (end.kind === 'late') {
      this.#drop('no answer in time')
      return failed('timeout', end.reason)
    }
    if (end.error instanceof ModbusException) {
      this.#failures = 0
      return { ...failed('exception', end.error.message), exception: end.error.exception } as Outcome<T>
    }
    this.#drop('broken')
    return failed('disconnected', `LOST_IN_FLIGHT: ${String(end.error)}`)
  }

  #expired(validUntilMs: number | undefined): boolean {
    return validUntilMs !== undefined && this.#o.clock.monotonicMs() >= validUntilMs
  }

  async #connected(): Promise<ModbusTransport | Outcome<never>> {
    if (this.#closed) return failed('refused', 'CLOSED: the driver was closed')
    // Ended while nobody asked: a new one at once, since no request of ours failed.
    if (this.#transport?.broken) this.#forget('ended')
    if (this.#transport) return this.#transport
    const waitMs = this.#notBeforeMs - this.#o.hostClock.monotonicMs()
    if (waitMs > 0) return failed('disconnected', `the next attempt is in ${Math.ceil(waitMs)} ms`)
    const transport = this.#o.connect(this.#o.host, this.#o.port)
    this.#transport = transport
    const end = await this.#within(transport.ready)
    if (end.kind === 'value') return transport
    const reason = end.kind === 'late' ? 'no connection in time' : String(end.error)
    this.#drop(reason)
    return failed('disconnected', reason)
  }

  /** The work, or the end of its time; never a rejection. */
  #within<T>(
    work: Promise<T>,
    validUntilMs?: number,
  ): Promise<{ kind: 'value'; value: T } | { kind: 'error'; error: unknown } | { kind: 'late'; reason: string }> {
    return new Promise(resolve => {
      const { clock, hostClock, timeoutMs } = this.#o
      const timer = hostClock.after(timeoutMs, () => {
        validity?.cancel()
        resolve({ kind: 'late', reason: `no answer within ${timeoutMs} ms` })
      })
      const validity =
        validUntilMs === undefined
          ? undefined
          : clock.after(Math.max(0, validUntilMs - clock.monotonicMs()), () => {
              timer.cancel()
              resolve({ kind: 'late', reason: 'no answer before its validity ended' })
            })
      const settle = () => {
        timer.cancel()
        validity?.cancel()
      }
      work.then(
        value => {
          settle()
          resolve({ kind: 'value', value })
        },
        error => {
          settle()
          resolve({ kind: 'error', error })
        },
      )
    })
  }

  /** Which connection a request would use: who arms a device or follows a counter starts anew with each. */
  get connection(): number {
    return this.#connection
  }

  #forget(reason: string): void {
    this.#connection += 1
    this.#transport?.destroy(reason)
    this.#transport = undefined
  }

  #drop(reason: string): void {
    this.#forget(reason)
    const [first, most] = this.#o.backoffMs
    const ceiling = Math.min(most, first * 2 ** Math.min(this.#failures, 20))
    this.#failures += 1
    const jitter = ceiling / 2 + (this.#o.random.u32() % 1024) * (ceiling / 2048)
    this.#notBeforeMs = this.#o.hostClock.monotonicMs() + jitter
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#transport?.destroy('closed')
    this.#transport = undefined
    await this.#tail
  }
}
