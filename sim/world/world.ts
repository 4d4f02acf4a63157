/**
 * One thread, one heap, one seed. An event is a synchronous callback; after it, every promise that it woke runs to its
 * end before the next event. Whatever a simulated process can touch comes from its incarnation's ports and dies with
 * it; disks, the log and the plant outlive it.
 */
import type { Fault, FaultKind } from '../faults/kinds.ts'
import { draw, mix, share, textHash } from './draw.ts'
import { type Due, Heap } from './heap.ts'
import type { Listener } from './net.ts'
import { type Incarnation, Process } from './process.ts'
import { running } from './running.ts'
import type { SimStore } from './store.ts'

/** Runs what is ready: microtasks, ticks, unhandled rejections, until none is left. */
type Drain = () => void
/** Of the running thread, undocumented: so it is proved at each start, and the runtime is pinned. */
const tickCallback = (process as unknown as { _tickCallback?: Drain })._tickCallback

export interface Struck {
  readonly fault: number
  readonly nth: number
  readonly atMs: number
}

/** Saturday, 21 June 2025, noon UTC. */
const EPOCH_MS = Date.UTC(2025, 5, 21, 12)

export class World {
  readonly seed: number
  readonly processes = new Map<string, Process>()
  readonly stores = new Map<string, SimStore<unknown>>()
  readonly faults: readonly Fault[]
  /** How often each kind of fault has struck. */
  readonly counts: Partial<Record<FaultKind, number>> = {}
  /** Single decisions of faults, in order: what shrinking goes down to. */
  readonly struck: Struck[] = []
  readonly listeners = new Map<string, Listener>()
  /** Wall time at simulated zero. */
  readonly epochMs: number
  /** Each message as it is sent: for the oracle and for a person who looks on. */
  sent: ((from: string, to: string, text: string) => void) | null = null
  /** A process's life has ended, or the run. */
  lived: ((process: string, fromMs: number, toMs: number) => void) | null = null
  heard: ((line: string) => void) | null = null
  /** Processes that something is to befall in the midst of a call to a port, after so many more of them. */
  readonly armed = new Map<string, { readonly left: number; readonly befalls: (process: Process) => void }>()
  nowUs = 0
  events = 0
  readonly #heap = new Heap()
  readonly #byKind = new Map<FaultKind, Fault[]>()
  readonly #passed = new Map<number, number>()
  readonly #unhandled: (error: unknown) => void
  #order = 0
  #hash = 1
  #hash2 = 2

  constructor(seed: number, faults: readonly Fault[], epochMs = EPOCH_MS) {
    this.seed = seed
    this.epochMs = epochMs
    this.faults = faults
    for (const fault of faults) {
      const own = this.#byKind.get(fault.kind)
      if (own) own.push(fault)
      else this.#byKind.set(fault.kind, [fault])
    }
    this.#unhandled = error => {
      const owner = running.getStore()
      if (!owner) throw error
      owner.die(`unhandled rejection: ${error instanceof Error ? error.stack : error}`)
    }
    process.on('unhandledRejection', this.#unhandled)
  }
  /** Gives back what it took of the real process. */
  close(): void {
    process.off('unhandledRejection', this.#unhandled)
  }

  get nowMs(): number {
    return Math.floor(this.nowUs / 1_000)
  }
  /** Equal for equal runs, whatever machine they ran on. */
  get traceHash(): string {
    return [this.#hash, this.#hash2].map(h => (h >>> 0).toString(16).padStart(8, '0')).join('')
  }

  process(name: string, main: Process['main']): Process {
    const made = new Process(this, name, main)
    this.processes.set(name, made)
    return made
  }
  at(atUs: number, owner: Incarnation | null, run: () => void): Due {
    const due: Due = { atUs, order: this.#order++, owner, run }
    this.#heap.push(due)
    return due
  }
  drop(owner: Incarnation): void {
    this.#heap.drop(owner)
  }
  /** Everything that matters goes into the hash; the text's length and ends stand for it. */
  trace(kind: string, who: string, what = ''): void {
    const ends = what.length > 48 ? what.slice(0, 24) + what.slice(-24) : what
    this.#hash = mix(this.#hash, textHash(kind, this.nowUs >>> 0))
    this.#hash2 = mix(this.#hash2, textHash(ends, textHash(who) ^ what.length))
    this.heard?.(`${(this.nowUs / 1e6).toFixed(4).padStart(11)} ${who.padEnd(10)} ${kind} ${what.slice(0, 200)}`)
  }

  /** A process calls one of its ports. */
  called({ process }: Incarnation): void {
    const armed = this.armed.get(process.name)
    if (!armed) return
    const { left, befalls } = armed
    if (left > 0) return void this.armed.set(process.name, { left: left - 1, befalls })
    this.armed.delete(process.name)
    befalls(process)
  }
  /** Does a fault of the kind strike the target now? A fault without a rate strikes whenever its window is open. */
  strikes(kind: FaultKind, target: string): Fault | null {
    const windows = this.#byKind.get(kind)
    if (!windows) return null
    for (const fault of windows) {
      if (!this.#open(fault) || !covers(fault.target, target)) continue
      if (fault.rate === undefined) return this.#strike(fault, 0)
      // counted from the window's own beginning: other faults do not shift it
      const nth = this.#passed.get(fault.id) ?? 0
      this.#passed.set(fault.id, nth + 1)
      const hit = fault.only ? fault.only.includes(nth) : share(draw(this.seed, fault.id, nth)) < fault.rate
      if (hit) return this.#strike(fault, nth)
    }
    return null
  }
  /** A fault that acts by itself has begun. */
  count(kind: FaultKind): void {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1
  }
  #open({ fromMs, forMs }: Fault): boolean {
    return this.nowUs >= fromMs * 1_000 && this.nowUs < (fromMs + forMs) * 1_000
  }
  #strike(fault: Fault, nth: number): Fault {
    this.count(fault.kind)
    if (fault.rate !== undefined) this.struck.push({ fault: fault.id, nth, atMs: this.nowMs })
    return fault
  }

  /** To the simulated time, in one go: real I/O that somebody awaits can never slip in. Stops early when told to. */
  run(untilMs: number, stop: () => boolean = () => false): Promise<void> {
    const untilUs = untilMs * 1_000
    const ended = () => {
      if (this.nowUs < untilUs && !stop()) this.nowUs = untilUs
    }
    return new Promise((resolve, reject) => {
      // out of any microtask: inside one, a drain would do nothing
      setImmediate(() => {
        try {
          const drain = proven(tickCallback)
          const done = () => {
            ended()
            resolve()
          }
          if (!drain) return this.#hop(untilUs, stop, done, reject)
          while (!stop() && this.#step(untilUs)) drain()
          ended()
          resolve()
        } catch (error) {
          reject(error)
        }
      })
    })
  }
  /** The public way, three times slower: one macrotask for each event. */
  #hop(untilUs: number, stop: () => boolean, done: () => void, failed: (error: unknown) => void): void {
    const turn = (): void => {
      try {
        if (!stop() && this.#step(untilUs)) setImmediate(turn)
        else done()
      } catch (error) {
        failed(error)
      }
    }
    turn()
  }
  #step(untilUs: number): boolean {
    for (;;) {
      const due = this.#heap.peek()
      if (!due || due.atUs > untilUs) return false
      this.#heap.pop()
      const { owner, run } = due
      if (!run || owner?.dead) continue
      if (owner && owner.process.pausedUntilUs > due.atUs) {
        due.atUs = owner.process.pausedUntilUs // keeps its order among those that waited with it
        this.#heap.push(due)
        continue
      }
      this.nowUs = Math.max(this.nowUs, due.atUs)
      this.events++
      if (owner) owner.enter(run)
      else run()
      return true
    }
  }
}

function covers(pattern: string, target: string): boolean {
  return pattern === '*' || pattern === target
}

function proven(drain: Drain | undefined): Drain | null {
  if (!drain) return null
  const seen = { depth: 0 }
  const go = async () => {
    while (seen.depth < 50) {
      seen.depth++
      await null
    }
  }
  void go()
  drain()
  return seen.depth === 50 ? drain : null
}
