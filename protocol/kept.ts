/** One small durable value: an epoch, a manifest. Checksummed, replaced as a whole, never half of it. */
import { Journal } from './journal.ts'
import type { Disk } from './ports.ts'

export class Kept {
  readonly #journal: Journal

  private constructor(journal: Journal) {
    this.#journal = journal
  }
  /** Throws where there is a value and it cannot be read: going on without it would be going back. */
  static async open(disk: Disk, name: string): Promise<Kept> {
    return new Kept(await Journal.open(disk, name, true))
  }

  /** As it was found at the opening; null: never put. */
  get found(): string | null {
    return this.#journal.recovered.at(-1) ?? null
  }
  /** Resolves when it is durable. */
  put(text: string): Promise<void> {
    return this.#journal.compact([text])
  }
}

/**
 * The next of a count that never goes back, durable before it is used: an epoch, the lives of a node. `above`: what
 * others know to have been used, where the disk may be a new one.
 */
export async function nextOf(disk: Disk, name: string, above = 0): Promise<number> {
  const kept = await Kept.open(disk, name)
  const next = Math.max(Number(kept.found ?? 0), above) + 1
  await kept.put(String(next))
  return next
}
