import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { EventLog, LogError, LogRecord } from '../../protocol/log/event-log.ts'

/** Between two appends, whatever became of the one before. */
const EVERY_MS = 5

/**
 * Numbered records, appended in their order to partition 0 and, as the driver's callers do, again after a rejection; and
 * a follower of them. What both must have seen in the end is checked by `end`.
 */
export class Load {
  readonly rejections: LogError[] = []
  readonly #acknowledged: { readonly position: number; readonly body: string; readonly atMs: number }[] = []
  readonly #followed: LogRecord[] = []
  readonly #appends: EventLog
  readonly #follows: EventLog
  readonly #loop: Promise<void>
  #failed: LogError | null = null
  #on = true
  #count = 0

  constructor(appends: EventLog, follows: EventLog) {
    this.#appends = appends
    this.#follows = follows
    follows.follow(0, 0, {
      batch: records => void this.#followed.push(...records),
      failed: error => {
        this.#failed = error
      },
    })
    this.#loop = this.#run()
  }

  get acknowledged(): number {
    return this.#acknowledged.length
  }

  /** Resolves when so many more are acknowledged. */
  async more(count: number): Promise<void> {
    const wanted = this.acknowledged + count
    while (this.acknowledged < wanted) await sleep(20)
  }

  /** The longest time without an acknowledgement; told, not judged: it is the cluster's and the machine's. */
  get stallMs(): number {
    const times = this.#acknowledged.map(({ atMs }) => atMs)
    return Math.round(Math.max(...times.slice(1).map((time, i) => time - times[i]!)))
  }

  async end(): Promise<void> {
    this.#on = false
    await this.#loop
    const log: LogRecord[] = []
    for (let from = 0; ; from = log.at(-1)!.position + 1) {
      const page = await this.#follows.read(0, from, 1000)
      if (page.length === 0) break
      log.push(...page)
    }
    const there = new Map(log.map(({ position, body }) => [position, body]))
    const lost = this.#acknowledged.filter(({ position, body }) => there.get(position) !== body)
    expect(lost, 'acknowledged and not there (S19)').toEqual([])
    const once = [...new Set(log.map(({ body }) => body))]
    expect(once, 'each once and in order, after repeats are dropped').toEqual(
      Array.from({ length: this.#count }, (_, i) => `${i}`),
    )
    while (this.#followed.length < log.length && !this.#failed) await sleep(20)
    expect(this.#failed).toBeNull()
    expect(this.#followed, 'the follower saw the log, no gap and no repeat').toEqual(log)
  }

  async #run(): Promise<void> {
    while (this.#on) {
      const batch = Array.from({ length: 1 + (this.#count % 3) }, () => `${this.#count++}`)
      await this.#append(batch)
      await sleep(EVERY_MS)
    }
  }

  async #append(batch: readonly string[]): Promise<void> {
    for (;;) {
      try {
        const positions = await this.#appends.append(batch.map(body => ({ partition: 0, body })))
        const atMs = performance.now()
        for (const [i, body] of batch.entries()) this.#acknowledged.push({ position: positions[i]!, body, atMs })
        return
      } catch (error) {
        this.rejections.push(error as LogError)
        await sleep(EVERY_MS)
      }
    }
  }
}
