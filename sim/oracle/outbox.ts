/**
 * One outbox as its file shows it: what waited in it, what was dropped, and whether it was full when it dropped. The file
 * is read as the gateway's next life would read it.
 */
import { parseJournal } from '../../protocol/journal.ts'

export interface NotedGap {
  readonly atMs: number
  readonly first: number
  readonly last: number
  /** Entries that waited when it was made; null: it was first seen in a compaction, which leaves that out. */
  readonly waiting: number | null
  /** Right after another key had taken over the file. */
  readonly rekeyed: boolean
}
/** An entry, and when it became durable. */
interface Put {
  readonly atMs: number
  readonly body: string
}
interface Waits {
  readonly n: number
  readonly first?: number
}

export class WatchedOutbox {
  /** By number, dropped ones too. */
  readonly #entries = new Map<number, Put>()
  readonly gaps: NotedGap[] = []
  #waiting: Waits[] = []
  #released = 0
  #key: string | undefined
  #rekeyed = false

  noted(bytes: Uint8Array, whole: boolean, atMs: number): void {
    const former = this.#waiting
    if (whole) this.#waiting = []
    for (const text of parseJournal(bytes).records) {
      const { key, released, n, first, body } = JSON.parse(text)
      if (key !== undefined) {
        this.#rekeyed = this.#key !== undefined && key !== this.#key
        this.#key = key
      }
      if (released !== undefined) this.#release(released)
      if (body === undefined) continue
      if (first === undefined) this.#entry(n, { atMs, body })
      else this.#gap(n, first, whole ? former : this.#waiting, whole, atMs)
      this.#rekeyed = false
    }
  }
  /** Of all that it dropped. */
  dropped(): readonly Put[] {
    return [...this.#entries].flatMap(([n, put]) => (this.gaps.some(g => n >= g.first && n <= g.last) ? [put] : []))
  }

  #release(upTo: number): void {
    this.#released = Math.max(this.#released, upTo)
    this.#waiting = this.#waiting.filter(w => w.n > upTo)
  }
  #entry(n: number, put: Put): void {
    if (!this.#entries.has(n)) this.#entries.set(n, put)
    if (n > Math.max(this.#released, this.#waiting.at(-1)?.n ?? 0)) this.#waiting.push({ n })
  }
  /** A compaction may overtake the note of a gap that it holds already, or of an earlier stage of it. */
  #gap(n: number, first: number, before: readonly Waits[], whole: boolean, atMs: number): void {
    const known = before.some(w => w.first !== undefined && w.n >= n)
    if (!known && n > this.#released)
      this.gaps.push({ atMs, first, last: n, waiting: whole ? null : before.length, rekeyed: this.#rekeyed })
    this.#waiting = this.#waiting.filter(w => w.n > n)
    if (n > this.#released) this.#waiting.unshift({ n, first })
  }
}
