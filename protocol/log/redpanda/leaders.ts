import type { Note } from '../../ports.ts'
import type { Cluster } from './cluster.ts'
import type { Limits } from './limits.ts'
import { type Address, textOf } from './line.ts'
import type { Metadata } from './metadata.ts'

export interface Leader {
  readonly address: Address
  readonly epoch: number
}

/** Waits for the answer of a partition's leader. */
interface Asking {
  readonly partition: number
  moved(): void
}

/**
 * Who leads each partition of one topic.
 *
 * E1 a leader of an older epoch never replaces one of a newer: a broker that was cut off says what was true before;
 * E2 whoever waits for an answer of a broker that leads no longer is told at once: a hung one would be waited for;
 * E3 a topic of the same name with another id is another log (L-d): whoever reads or appends here ends.
 */
export class Leaders {
  readonly #cluster: Cluster
  readonly #topic: string
  readonly #id: string
  readonly #limits: Limits
  readonly #note: Note
  readonly #anew: (id: string) => void
  readonly #leaders = new Map<number, Leader>()
  readonly #asking = new Set<Asking>()
  #refreshing: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null
  #lost = false
  #closed = false

  constructor(of: {
    readonly cluster: Cluster
    readonly topic: string
    readonly id: string
    readonly limits: Limits
    readonly note: Note
    /** The topic was deleted and made anew. */
    readonly anew: (id: string) => void
  }) {
    this.#cluster = of.cluster
    this.#topic = of.topic
    this.#id = of.id
    this.#limits = of.limits
    this.#note = of.note
    this.#anew = of.anew
    this.#tick()
  }

  of(partition: number): Leader | null {
    return this.#leaders.get(partition) ?? null
  }

  /** Those who ask meanwhile share the answer. */
  refresh(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  watch(asking: Asking): void {
    this.#asking.add(asking)
  }

  unwatch(asking: Asking): void {
    this.#asking.delete(asking)
  }

  close(): void {
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
  }

  #tick(): void {
    if (this.#closed) return
    this.#timer = setTimeout(async () => {
      await this.refresh()
      this.#tick()
    }, this.#limits.refreshMs)
  }

  async #refresh(): Promise<void> {
    const attempt = await this.#cluster.metadata(this.#topic)
    if (this.#closed) return
    if (attempt.kind === 'answered' && attempt.answer.topic.kind === 'there') this.take(attempt.answer)
    else this.#told(attempt.kind === 'answered' ? `the cluster has no topic '${this.#topic}'` : attempt.reason)
  }

  take({ brokers, topic }: Metadata): void {
    if (topic.kind !== 'there') return
    if (topic.id !== this.#id) {
      this.#anew(topic.id) // E3
      return
    }
    for (const { partition, leader, epoch } of topic.partitions) {
      const address = leader === null ? undefined : brokers.get(leader)
      const known = this.#leaders.get(partition)
      if (!address || (known && epoch < known.epoch)) continue // E1
      this.#leaders.set(partition, { address, epoch })
      if (known && textOf(known.address) !== textOf(address)) this.#moved(partition)
    }
    if (this.#lost) this.#note('info', 'log cluster found again', { topic: this.#topic })
    this.#lost = false
  }

  /** E2 */
  #moved(partition: number): void {
    for (const asking of this.#asking) if (asking.partition === partition) asking.moved()
  }

  /** Once for each loss. */
  #told(reason: string): void {
    if (!this.#lost) this.#note('warn', 'log cluster lost', { topic: this.#topic, reason })
    this.#lost = true
  }
}
