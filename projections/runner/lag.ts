import type { EventLog } from '../../protocol/log/event-log.ts'

/** Further behind than this, whoever looks at the views is told that they are old; unless another bound is asked for. */
export const LAG_MS_MAX = 60_000

export interface Lag {
  readonly checkpoint: number
  readonly behindRecords: number
  /** By the log's stamps: the newest record's less that of the last one applied. */
  readonly behindMs: number
}

/** `stampMs`: of the record at the checkpoint, or of the first one after it; null: not known, or there is none. */
export async function lagOf(
  log: Pick<EventLog, 'ends' | 'read'>,
  partition: number,
  checkpoint: number,
  stampMs: number | null,
): Promise<Lag> {
  const { next } = await log.ends(partition)
  const [newest] = await log.read(partition, Math.max(0, next - 1), 1)
  const behindMs = newest && stampMs !== null ? Math.max(0, newest.stampMs - stampMs) : 0
  return { checkpoint, behindRecords: Math.max(0, next - 1 - checkpoint), behindMs }
}

/** Raised once beyond the bound, and over once at half of it: what stays at the edge is not told again and again. */
export class LagAlarm {
  readonly #msMax: number
  #raised = false

  constructor(msMax: number) {
    this.#msMax = msMax
  }
  get raised(): boolean {
    return this.#raised
  }
  /** What is to be told now; null: nothing new. */
  see(behindMs: number): 'raised' | 'over' | null {
    if (!this.#raised && behindMs > this.#msMax) {
      this.#raised = true
      return 'raised'
    }
    if (!this.#raised || behindMs > this.#msMax / 2) return null
    this.#raised = false
    return 'over'
  }
}
