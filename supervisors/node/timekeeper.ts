/** A node's claims of what time it is: one signed record a second and partition. */
import { sealFact } from '../../protocol/codec/fact.ts'
import type { Signer } from '../../protocol/codec/sign.ts'
import { nextOf } from '../../protocol/kept.ts'
import type { EventLog } from '../../protocol/log/event-log.ts'
import type { Cancel, Ports } from '../../protocol/ports.ts'

export const CLAIM_MS = 1_000

export class Timekeeper {
  readonly #ports: Ports
  readonly #facts: EventLog
  readonly #signer: Signer
  readonly #tenant: string
  readonly #partition: number
  readonly #newest: Promise<number>
  #life: Promise<number> | null = null
  #seq = 0
  #timer: Cancel | null = null
  #stopped = false
  /** A fault on demand: this node's clock is off by so much. */
  offsetMs = 0

  /** `newest`: the epoch of this key's newest claim in the log, once the log was read: its disk may be a new one. */
  constructor(
    ports: Ports,
    facts: EventLog,
    signer: Signer,
    tenant: string,
    partition: number,
    newest: Promise<number>,
  ) {
    this.#ports = ports
    this.#facts = facts
    this.#signer = signer
    this.#tenant = tenant
    this.#partition = partition
    this.#newest = newest
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
    this.#life ??= this.#newest.then(newest => nextOf(this.#ports.disk, 'lives', newest))
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
