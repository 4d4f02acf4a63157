/**
 * What happens at a site, as it happens, for streams and for those who wait: one block for each log position that
 * changed something. Blocks are a function of the log, so that a position names the same block on every correct node
 * and after every restart; a stream can be resumed at another node.
 *
 * F1  Positions of blocks strictly increase.
 * F2  A listener is called at once and in order, or not at all after `cancel`.
 */
import type { Cancel } from '../../protocol/ports.ts'
import type { AlarmView, CommandView, LiveDecision } from './view.ts'

/** Blocks kept for those who come back: about a quarter of an hour of cycles of a second. */
const BLOCKS_KEPT = 1_024

export type FeedEvent =
  /** What this node's replica decided for a cycle. */
  | { readonly type: 'decision'; readonly data: LiveDecision }
  | { readonly type: 'command'; readonly data: CommandView }
  | { readonly type: 'alarm'; readonly data: AlarmView }

export interface Block {
  readonly position: number
  readonly events: readonly FeedEvent[]
  /** A frame was stepped: points and outputs are new. */
  readonly frame: boolean
}
export type Listener = (block: Block) => void

export class Feed {
  readonly #kept: number
  readonly #listeners = new Set<Listener>()
  #blocks: Block[] = []
  /** Up to here nothing is known: from before the beginning, or no longer kept. Null before the beginning. */
  #droppedUpTo: number | null = null

  constructor(kept = BLOCKS_KEPT) {
    this.#kept = kept
  }

  /** From here on every change is told. */
  begin(position: number): void {
    this.#droppedUpTo = position
  }
  publish(block: Block): void {
    if (block.position <= (this.#blocks.at(-1)?.position ?? this.#droppedUpTo ?? -1)) return // F1
    this.#droppedUpTo ??= block.position - 1
    this.#blocks.push(block)
    if (this.#blocks.length > this.#kept) this.#droppedUpTo = this.#blocks.shift()!.position
    for (const listener of [...this.#listeners]) listener(block)
  }
  /** Blocks above the position; null where some of them may be gone. */
  since(position: number): readonly Block[] | null {
    if (this.#droppedUpTo === null || position < this.#droppedUpTo) return null
    return this.#blocks.filter(b => b.position > position)
  }
  listen(listener: Listener): Cancel {
    this.#listeners.add(listener)
    return { cancel: () => void this.#listeners.delete(listener) }
  }
  get listeners(): number {
    return this.#listeners.size
  }
}
