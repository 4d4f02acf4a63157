/** A node's claims of what time it is: one signed record a second and partition. */
import { sealFact } from '../../protocol/codec/fact.ts'
import type { Signer } from '../../protocol/codec/sign.ts'
import { nextOf } from '../../protocol/kept.ts'
import type { EventLog } from '../../protocol/log/event-log.ts'
import type { Cancel, Disk, Ports } from '../../protocol/ports.ts'

export const CLAIM_MS = 1_000

/** How the lives of a node are counted. */
interface Lives {
  readonly disk: Disk
  /** The epoch of this key's newest claim in the log, once the log was read: the disk may be a new one. */
  readonly newest: Promise<number>
}

export class Timekeeper {
  readonly #ports: Ports
  readonly #facts: EventLog
  readonly #signer: Signer
  readonly #tenant: string
  readonly #partition: number
  readonly #lives: Lives
  #life: Promise<number> | null = null
  #seq = 0
  #timer: Cancel | null = null
  #stopped = false
  /** A fault on demand: this node's clock is off by so much. */
  offsetMs = 0

  constructor(ports: Ports, facts: EventLog, signer: Signer, tenant: string, partition: number, lives: Lives) {
    this.#ports = ports
    this.#facts = facts
    this.#signer = signer
    this.#tenant = tenant
    this.#partition = partition
    this.#lives = lives
  }

  /** Claims begin once the log was read. Rejects where the disk does not take the new life. */
  async start(): Promise<void> {
    await this.#epoch()
    if (!this.#stopped) this.#next(this.#ports.clock.monotonicMs())
  }
  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }
  /** Appends one claim; resolves when it is acknowledged. */
  async claim(): Promise<void> {
    const epoch = await this.#epoch()
    const fact = {
      v: 1 as const,
      kind: 'TimeAdvanced' as const,
      tenant: this.#tenant,
      by: this.#signer.key as string,
      partition: this.#partition,
      epoch,
      seq: ++this.#seq,
      atMs: Math.max(0, this.#ports.clock.wallMs() + this.offsetMs),
    }
    await this.#facts.append([{ partition: this.#partition, body: sealFact(fact, this.#signer) }])
  }

  /** Each life of a node has an epoch of its own, durable before its first claim. */
  #epoch(): Promise<number> {
    const { disk, newest } = this.#lives
    this.#life ??= newest.then(epoch => nextOf(disk, 'lives', epoch))
    return this.#life
  }
  #next(dueMs: number): void {
    const { clock } = this.#ports
    this.#timer = clock.after(dueMs - clock.monotonicMs(), () => {
      // a claim that may be lost is not repeated: the next one says more
      this.claim().catch(error => this.#ports.note('warn', 'claim of time not appended', { error: String(error) }))
      this.#next(Math.max(dueMs + CLAIM_MS, clock.monotonicMs()))
    })
  }
}
