/** Where a fold has been before: frozen now and then, so that the way back to any position is short. */
import type { FrozenFold } from '../../actors/controller/fold.ts'

/** Kept by whoever composes; a place that is lost costs time, never an answer. */
export interface Checkpoints {
  /** The newest at or below the position; null: none. */
  newest(position: number): FrozenFold | null
  put(fold: FrozenFold): void
  /** What was made of another log or by another engine goes. */
  begin(topicId: string, engine: string): void
}

/** For tests, and where nothing may be written. */
export class MemoryCheckpoints implements Checkpoints {
  #kept: FrozenFold[] = []
  #of = ''

  begin(topicId: string, engine: string): void {
    const of = `${topicId} ${engine}`
    if (of !== this.#of) this.#kept = []
    this.#of = of
  }
  newest(position: number): FrozenFold | null {
    return this.#kept.findLast(fold => fold.position <= position) ?? null
  }
  put(fold: FrozenFold): void {
    if (fold.position > (this.#kept.at(-1)?.position ?? -1)) this.#kept.push(fold)
  }
}
