import { LogError, type NewRecord } from '../event-log.ts'
import type { Appending } from './appender.ts'
import type { Limits } from './limits.ts'

/** What this process has called for and does not know the outcome of: bounded, so that a stalled cluster fills no memory. */
export class Outstanding {
  readonly #limits: Limits
  #records = 0
  #chars = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** A batch is taken whatever its size while nothing else is outstanding, else it could never be. */
  refusal(batch: readonly NewRecord[]): LogError | null {
    const { outstandingRecordsMax, outstandingCharsMax } = this.#limits
    if (this.#records === 0) return null
    if (this.#records + batch.length <= outstandingRecordsMax && this.#chars <= outstandingCharsMax) return null
    return new LogError('LOG_BUSY', `${this.#records} records of this process are not yet durable; nothing was written`)
  }

  /** L-a: resolves when each record is written, rejects with whatever fails first. */
  begin(
    batch: readonly NewRecord[],
    resolve: (positions: readonly number[]) => void,
    reject: (error: LogError) => void,
  ): Appending {
    const chars = batch.reduce((sum, { body }) => sum + body.length, 0)
    this.#records += batch.length
    this.#chars += chars
    const positions = new Array<number>(batch.length)
    let left = batch.length
    let settled = false
    const settle = (tell: () => void): void => {
      if (settled) return
      settled = true
      this.#records -= batch.length
      this.#chars -= chars
      tell()
    }
    return {
      dueMs: performance.now() + this.#limits.appendMsMax,
      sent: false,
      get settled() {
        return settled
      },
      written(index, position) {
        positions[index] = position
        if (--left === 0) settle(() => resolve(positions))
      },
      failed: error => settle(() => reject(error)),
    }
  }
}
