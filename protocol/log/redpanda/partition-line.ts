import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from './cluster.ts'
import type { Exchange } from './kafkajs.ts'
import type { Leader, Leaders } from './leaders.ts'
import type { Limits } from './limits.ts'
import { type Attempt, type Line, textOf } from './line.ts'

/**
 * Questions to whoever leads a partition. After any failure the leaders are asked for anew before the next attempt, so
 * that nothing is said to a broker on the word of an old answer.
 */
export class PartitionLine {
  readonly partition: number
  readonly #cluster: Cluster
  readonly #leaders: Leaders
  readonly #limits: Limits
  readonly #shared: boolean
  #line: Line | null = null
  #closed = false
  /** Silences in a row: each doubles the patience. */
  #silences = 0

  constructor(
    partition: number,
    of: { readonly cluster: Cluster; readonly leaders: Leaders; readonly limits: Limits },
    /** A long poll holds up what comes after it on its connection; what is short can share one. */
    shared = false,
  ) {
    this.partition = partition
    this.#cluster = of.cluster
    this.#leaders = of.leaders
    this.#limits = of.limits
    this.#shared = shared
    this.#leaders.watch(this)
  }

  /** The broker that is asked, for people. */
  get broker(): string {
    return this.#line ? textOf(this.#line.address) : 'no broker'
  }

  async ask<T>(what: (leader: Leader) => Exchange<T>): Promise<Attempt<T>> {
    const leader = this.#leaders.of(this.partition)
    if (this.#closed) return { kind: 'unreached', reason: 'closed', silent: false }
    const attempt = leader ? await this.#to(leader, what(leader)) : this.#leaderless()
    if (attempt.kind === 'answered') {
      this.#silences = 0
      return attempt
    }
    if (attempt.kind === 'unreached' && attempt.silent) this.#silences++
    await this.mistrust()
    return attempt
  }

  /** The answer shows that this may be the wrong broker: asks who leads, a little later. */
  async mistrust(): Promise<void> {
    await sleep(this.#limits.backoffMs)
    await this.#leaders.refresh()
  }

  /** What the former leader still owes is unknown, and asked of the new one. */
  moved(): void {
    this.#leave()
  }

  close(): void {
    this.#closed = true
    this.#leaders.unwatch(this)
    this.#leave()
  }

  #leave(): void {
    if (!this.#shared) this.#line?.close()
    this.#line = null
  }

  #to<T>(leader: Leader, what: Exchange<T>): Promise<Attempt<T>> {
    if (!this.#line || textOf(this.#line.address) !== textOf(leader.address)) {
      this.#leave()
      this.#line = this.#shared ? this.#cluster.shared(leader.address) : this.#cluster.own(leader.address)
    }
    const { answerMsMax, patienceMsMax } = this.#limits
    return this.#line.ask(what, Math.min(answerMsMax * 2 ** Math.min(this.#silences, 16), patienceMsMax))
  }

  #leaderless(): Attempt<never> {
    return { kind: 'unreached', reason: `partition ${this.partition} has no leader`, silent: false }
  }
}
