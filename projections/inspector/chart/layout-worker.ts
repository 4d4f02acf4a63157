/** Lays charts out in a thread of its own, one at a time: a large one takes longer than a server may be away. */
import { parentPort } from 'node:worker_threads'
import Elk from 'elkjs/lib/elk.bundled.js'
import { type LayoutRequest, layout } from './layout.ts'
import type { LayoutEngine, PartCache } from './parts.ts'
import type { Scene } from './scene.ts'

export interface LayoutAsk {
  readonly id: number
  readonly request: LayoutRequest
}
export type LayoutAnswer =
  | { readonly id: number; readonly kind: 'laid'; readonly scene: Scene }
  | { readonly id: number; readonly kind: 'failed'; readonly reason: string }

const port = parentPort!
const engine = new (Elk as unknown as new () => LayoutEngine)()
const parts: PartCache = new Map()
const answer = (message: LayoutAnswer): void => port.postMessage(message)

port.on('message', async ({ id, request }: LayoutAsk) => {
  try {
    answer({ id, kind: 'laid', scene: await layout(engine, request, parts) })
  } catch (error) {
    answer({ id, kind: 'failed', reason: String((error as Error)?.message ?? error) })
  }
})
