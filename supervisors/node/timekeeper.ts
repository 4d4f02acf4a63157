/** A node's claims of what time it is: one signed record a second and partition. */
import { sealFact } from '../../protocol/codec/fact.ts'
import type { Signer } from '../../protocol/codec/sign.ts'
import { nextOf } from '../../protocol/kept.ts'
import type { EventLog } from '../../protocol/log/event-log.ts'
import type { Cancel, Disk, Ports } from '../../protocol/ports.ts'

export const CLAIM_MS = 1_000

export class Timekeeper {
  readonly #ports: Ports
  readonly #facts: EventLog
  readonly #signer: Signer
  readonly #tenant: string
  readonly #partition: number
  #epoch = 0
  #seq = 0
  #timer: Cancel | null = null
  /** A fault on demand: this node's clock is off by so much. */
  offsetMs = 0

  constructor(ports: Ports, facts: EventLog, signer: Signer, tenant: string, partition: number) {
    this.#ports = ports
    this.#facts = facts
    this.#signer = signer
    this.#tenant = tenant
    this.#partition = partition
  }

  /** Each life of a node has an epoch of its own, durable before its first claim. */
  async open(disk: Disk = this.#ports.disk): Promise<void> {
    this.#epoch = await nextOf(disk, 'lives')
  }
  start(): void {
    this.#next(this.#ports.clock.monotonicMs())
  }
  stop(): void {
    this.#timer?.cancel()
  }
  /** Appends one claim; resolves when it is acknowledged. */
  async claim(): Promise<void> {
    const fact = {
      v: 1 as const,
      kind: 'TimeAdvanced' as const,
      tenant: this.#tenant,
      by: this.#signer.key as string,
      partition: this.#partition,
      epoch: this.#epoch,
      seq: ++this.#seq,
      atMs: Math.max(0, this.#ports.clock.wallMs() + this.offsetMs),
    }
    await this.#facts.append([{ partition: this.#partition, body: sealFact(fact, this.#signer) }])
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
