/**
 * What many looks have in common. Of each thing that is looked at, one state is held: it stays as long as a look since
 * the last `settle` has seen it, so that what is left and back by then never shows; else the one that was seen most
 * follows, so that of a thing that never rests the state shows that it is in most. A thing that comes or goes is held to
 * the same rule.
 */
interface Held<T> {
  readonly text: string
  /** When it was first seen so, ms of whoever looks. */
  readonly sinceMs: number
  /** As it was seen last. */
  readonly item: T
}

export class Steady<T> {
  readonly #held = new Map<string, Held<T>>()
  #seen = new Map<string, Map<string, Held<T> & { readonly count: number }>>()
  #looks = 0

  /** `text`: what makes it another state; the rest of the item may differ. */
  look(items: Iterable<{ readonly path: string; readonly text: string; readonly item: T }>, atMs: number): void {
    this.#looks++
    for (const { path, text, item } of items) {
      const states = this.#seen.get(path) ?? new Map()
      const before = states.get(text)
      states.set(text, { text, item, sinceMs: before?.sinceMs ?? atMs, count: (before?.count ?? 0) + 1 })
      this.#seen.set(path, states)
    }
  }
  /** True: something is held that was not before, or no longer. */
  settle(): boolean {
    let changed = false
    for (const path of new Set([...this.#held.keys(), ...this.#seen.keys()])) {
      const held = this.#held.get(path)
      const states = [...(this.#seen.get(path)?.values() ?? [])]
      const same = states.find(state => state.text === held?.text)
      const looks = states.reduce((sum, { count }) => sum + count, 0)
      if (held && same) this.#held.set(path, { ...held, item: same.item })
      else if (!held && looks < this.#looks) continue
      else {
        changed = true
        const most = states.reduce<(typeof states)[number] | undefined>(
          (best, state) => (best && best.count > state.count ? best : state),
          undefined,
        )
        if (most) this.#held.set(path, most)
        else this.#held.delete(path)
      }
    }
    this.#seen = new Map()
    this.#looks = 0
    return changed
  }
  /** In the order in which they came. */
  get held(): readonly Held<T>[] {
    return [...this.#held.values()]
  }
}
