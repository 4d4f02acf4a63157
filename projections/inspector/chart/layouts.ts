/**
 * Scenes for a server: laid out in one worker, kept by the hash of what was asked.
 *
 * W1  The worker is warmed at the start: the first chart would wait for a cold engine.
 * W2  One request is in the worker at a time, so that a limit says which one took too long.
 * W3  A worker that dies, or does not come to an end, is replaced; the request that it had is refused, the others go on.
 */
import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { Chart } from './chart.ts'
import type { LayoutRequest } from './layout.ts'
import type { LayoutAnswer, LayoutAsk } from './layout-worker.ts'
import type { Scene } from './scene.ts'

/** A scene is some 100 kB: this many stay well below what a node may hold. */
export const SCENES_MAX = 128
/** More people than look at charts at once; beyond it the server is asked faster than it can lay out. */
export const WAITING_MAX = 64
/** Five hundred states unfolded take 2 s on a busy machine. */
export const LAYOUT_MS_MAX = 15_000

export type LayoutFailure = 'LAYOUT_TOO_LONG' | 'LAYOUT_CRASHED' | 'LAYOUT_BUSY' | 'LAYOUT_CLOSED'
/** Nothing that who asked did wrong; the chart may be folded further, or asked for later. */
export class LayoutFailed extends Error {
  readonly code: LayoutFailure
  constructor(code: LayoutFailure, detail: string) {
    super(`${code}: ${detail}`)
    this.code = code
  }
}

interface Job {
  readonly key: string
  readonly request: LayoutRequest
  readonly done: (scene: Scene) => void
  readonly fail: (error: LayoutFailed) => void
}
interface LayoutsOptions {
  readonly worker?: URL
  readonly msMax?: number
  readonly scenesMax?: number
}

export class ChartLayouts {
  readonly #script: URL
  readonly #msMax: number
  readonly #scenesMax: number
  readonly #scenes = new Map<string, Promise<Scene>>()
  readonly #queue: Job[] = []
  #worker: Worker | undefined
  #current: { readonly id: number; readonly job: Job; readonly timer: NodeJS.Timeout } | undefined
  #asked = 0
  #closed = false

  constructor({
    worker = new URL('./layout-worker.ts', import.meta.url),
    msMax = LAYOUT_MS_MAX,
    scenesMax = SCENES_MAX,
  }: LayoutsOptions = {}) {
    this.#script = worker
    this.#msMax = msMax
    this.#scenesMax = scenesMax
    this.scene({ chart: WARMING, folded: [], direction: 'DOWN' }).catch(() => {}) // W1; a failure shows at the next request
  }

  /** Rejects with LayoutFailed. */
  scene(request: LayoutRequest): Promise<Scene> {
    const key = createHash('sha256').update(JSON.stringify(request)).digest('base64url')
    const known = this.#scenes.get(key)
    if (known) {
      this.#scenes.delete(key)
      this.#scenes.set(key, known)
      return known
    }
    if (this.#closed) return Promise.reject(new LayoutFailed('LAYOUT_CLOSED', 'charts are no longer laid out'))
    if (this.#queue.length >= WAITING_MAX)
      return Promise.reject(new LayoutFailed('LAYOUT_BUSY', `${WAITING_MAX} charts wait already`))
    const made = new Promise<Scene>((done, fail) => this.#queue.push({ key, request, done, fail }))
    this.#keep(key, made)
    this.#next()
    return made
  }

  async close(): Promise<void> {
    this.#closed = true
    const waiting = this.#queue.splice(0)
    if (this.#current) {
      clearTimeout(this.#current.timer)
      waiting.unshift(this.#current.job)
    }
    this.#current = undefined
    for (const job of waiting) job.fail(new LayoutFailed('LAYOUT_CLOSED', 'charts are no longer laid out'))
    await this.#worker?.terminate()
  }

  #keep(key: string, made: Promise<Scene>): void {
    this.#scenes.set(key, made)
    if (this.#scenes.size > this.#scenesMax) this.#scenes.delete(this.#scenes.keys().next().value!)
    // what failed is tried again
    made.catch(() => this.#scenes.delete(key))
  }

  #next(): void {
    if (this.#current || this.#closed) return
    const job = this.#queue.shift() // W2
    if (!job) return
    const worker = (this.#worker ??= this.#start())
    const id = ++this.#asked
    const tooLong = () => this.#replace('LAYOUT_TOO_LONG', `more than ${this.#msMax} ms; fold the chart further`)
    this.#current = { id, job, timer: setTimeout(tooLong, this.#msMax) }
    worker.postMessage({ id, request: job.request } satisfies LayoutAsk)
  }

  #start(): Worker {
    const worker = new Worker(this.#script)
    worker.unref()
    worker.on('message', (answer: LayoutAnswer) => this.#answered(answer))
    const died = (why: string) => {
      if (this.#worker === worker) this.#replace('LAYOUT_CRASHED', why)
    }
    worker.on('error', error => died(String((error as Error)?.message ?? error)))
    worker.on('exit', code => died(`the worker ended with ${code}`))
    return worker
  }

  #answered(answer: LayoutAnswer): void {
    if (this.#current?.id !== answer.id) return
    const { job, timer } = this.#current
    clearTimeout(timer)
    this.#current = undefined
    if (answer.kind === 'laid') job.done(answer.scene)
    else job.fail(new LayoutFailed('LAYOUT_CRASHED', answer.reason))
    this.#next()
  }

  /** W3 */
  #replace(code: LayoutFailure, detail: string): void {
    const worker = this.#worker
    this.#worker = undefined
    void worker?.terminate()
    if (this.#current) {
      clearTimeout(this.#current.timer)
      this.#current.job.fail(new LayoutFailed(code, detail))
      this.#current = undefined
    }
    this.#next()
  }
}

const plain = {
  order: 0,
  deep: false,
  region: false,
  initialActions: [],
  description: '',
  tags: [],
  entry: [],
  exit: [],
  invokes: [],
} as const
const WARMING: Chart = {
  id: 'warm',
  root: 'warm',
  nodes: [
    {
      ...plain,
      id: 'warm',
      key: 'warm',
      parent: null,
      depth: 0,
      type: 'compound',
      initial: 'warm.a',
      children: ['warm.a'],
    },
    { ...plain, id: 'warm.a', key: 'a', parent: 'warm', depth: 1, type: 'atomic', initial: null, children: [] },
  ],
  edges: [],
  depth: 1,
}
