import type { Door, Exchange } from './kafkajs.ts'
import type { Limits } from './limits.ts'
import { type Address, type Attempt, Line, textOf } from './line.ts'
import { type Metadata, metadataOf } from './metadata.ts'

/** Brokers that were learned of; a cluster that renames them for years must not fill memory. */
const LINES_MAX = 256

/** One line to each broker that is known, for short questions; whoever asks long ones has a line of its own. */
export class Cluster {
  readonly #seeds: readonly Address[]
  readonly #door: Door
  readonly #limits: Limits
  readonly #lines = new Map<string, Line>()
  #closed = false

  constructor(seeds: readonly Address[], door: Door, limits: Limits) {
    this.#seeds = seeds
    this.#door = door
    this.#limits = limits
    for (const seed of seeds) this.shared(seed)
  }

  shared(address: Address): Line {
    const name = textOf(address)
    const line = this.#lines.get(name) ?? this.own(address)
    this.#lines.set(name, line)
    return line
  }

  own(address: Address): Line {
    return new Line(address, this.#door)
  }

  /**
   * The first good answer of any broker, all asked at once: one that hangs delays nothing. Where none is good, the
   * failure that says most.
   */
  async metadata(topic: string): Promise<Attempt<Metadata>> {
    const asked = [...this.#lines.values()].map(line => line.ask(metadataOf(topic), this.#limits.answerMsMax))
    const good = asked.map(async asking => {
      const attempt = await asking
      if (attempt.kind !== 'answered' || attempt.answer.topic.kind !== 'there') throw attempt
      return attempt
    })
    try {
      const attempt = await Promise.any(good)
      this.#learn(attempt.answer)
      return attempt
    } catch {
      const failures = await Promise.all(asked)
      return (
        (['denied', 'answered', 'said'] as const).flatMap(kind => failures.filter(f => f.kind === kind))[0] ??
        failures[0]!
      )
    }
  }

  /** What any broker can do for the whole cluster, asked of one after the other. */
  async inTurn<T>(what: Exchange<T>, answerMsMax: number): Promise<Attempt<T>> {
    let last: Attempt<T> | null = null
    for (const line of this.#lines.values()) {
      last = await line.ask(what, answerMsMax)
      if (last.kind === 'answered' || last.kind === 'denied') return last
    }
    return last!
  }

  get closed(): boolean {
    return this.#closed
  }

  close(): void {
    this.#closed = true
    for (const line of this.#lines.values()) line.close()
  }

  /** Brokers that left are forgotten, those by whom the cluster was found are not. */
  #learn({ brokers }: Metadata): void {
    const known = new Set([...brokers.values(), ...this.#seeds].map(textOf))
    for (const [name, line] of this.#lines) {
      if (known.has(name)) continue
      line.close()
      this.#lines.delete(name)
    }
    for (const address of brokers.values()) if (this.#lines.size < LINES_MAX) this.shared(address)
  }
}
