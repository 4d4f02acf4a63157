/** What is due, by (time, order of entry). */
import type { Incarnation } from './process.ts'

export interface Due {
  /** Simulated microseconds. */
  atUs: number
  readonly order: number
  /** Null: the world itself. */
  readonly owner: Incarnation | null
  /** Null: cancelled. */
  run: (() => void) | null
}

const before = (a: Due, b: Due): boolean => a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order)

export class Heap {
  #due: Due[] = []

  get size(): number {
    return this.#due.length
  }
  peek(): Due | undefined {
    return this.#due[0]
  }
  push(due: Due): void {
    const heap = this.#due
    let at = heap.length
    heap.push(due)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(due, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = due
  }
  pop(): Due | undefined {
    const heap = this.#due
    const top = heap[0]
    const last = heap.pop()
    if (!last || heap.length === 0) return top
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return top
  }
  /** A dead process leaves nothing behind that would hold its memory. */
  drop(owner: Incarnation): void {
    const kept = this.#due.filter(due => due.owner !== owner)
    this.#due = []
    for (const due of kept) this.push(due)
  }
}
