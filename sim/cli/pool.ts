/**
 * Work over several processes, one piece at a time in each. A process is started when a piece waits for it, so that the
 * place of one that has died is taken by the next.
 */
import { type ChildProcess, fork } from 'node:child_process'
import type { Job as Trial, Done as Trialled } from '../worker.ts'
import { STILL } from './still.ts'

const HOOK = new URL('../mutations/hook.ts', import.meta.url)

export interface PoolOptions<Job, Done> {
  /** The script of the workers. */
  readonly worker: URL
  readonly jobs: number
  /** What is told of a job whose process has died, or was ended because it took too long. */
  readonly died: (job: Job, reason: string) => Done
  /** Without a word for so long its process is ended; absent: it may take as long as it does. */
  readonly silentMsMax?: (job: Job) => number
  /** A planted bug that the workers run with. */
  readonly mutation?: string
}
interface Piece<Job, Done> {
  readonly job: Job
  readonly resolve: (done: Done) => void
}

export class Pool<Job, Done> {
  readonly #o: PoolOptions<Job, Done>
  readonly #idle: ChildProcess[] = []
  readonly #all = new Set<ChildProcess>()
  readonly #waiting: Piece<Job, Done>[] = []

  constructor(options: PoolOptions<Job, Done>) {
    this.#o = options
  }

  run(job: Job): Promise<Done> {
    return new Promise(resolve => {
      this.#waiting.push({ job, resolve })
      this.#next()
    })
  }
  close(): void {
    for (const child of this.#all) if (child.connected) child.disconnect()
  }

  #next(): void {
    if (this.#waiting.length === 0) return
    const child = this.#idle.pop() ?? (this.#all.size < this.#o.jobs ? this.#fork() : null)
    if (child) this.#give(child, this.#waiting.shift()!)
  }
  #fork(): ChildProcess {
    const { worker, mutation } = this.#o
    const execArgv = ['--disable-warning=ExperimentalWarning', ...(mutation ? ['--import', HOOK.href] : [])]
    const env = { ...process.env, ...(mutation ? { QUORATE_MUTATION: mutation } : {}) }
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as ('ignore' | 'inherit' | 'ipc')[]
    const child = fork(worker, [], { execArgv, env, stdio, serialization: 'advanced' })
    this.#all.add(child)
    child.once('exit', () => {
      this.#all.delete(child)
      const at = this.#idle.indexOf(child)
      if (at >= 0) this.#idle.splice(at, 1)
    })
    child.on('error', () => child.kill('SIGKILL')) // what cannot be told ends it, and its end is heard
    return child
  }
  #give(child: ChildProcess, { job, resolve }: Piece<Job, Done>): void {
    const silentMs = this.#o.silentMsMax?.(job)
    let reason: string | null = null
    let timer: NodeJS.Timeout | undefined
    const patient = () => {
      clearTimeout(timer)
      if (silentMs === undefined) return
      timer = setTimeout(() => {
        reason = `no run of it has ended within ${Math.round(silentMs / 1_000)} s: it hangs, or this machine is too slow for it`
        child.kill('SIGKILL')
      }, silentMs)
    }
    const ended = (done: Done) => {
      clearTimeout(timer)
      child.off('message', heard)
      child.off('exit', died)
      resolve(done)
      if (this.#all.has(child)) this.#idle.push(child)
      this.#next()
    }
    const heard = (message: unknown) => (message === STILL ? patient() : ended(message as Done))
    const died = (code: number | null, signal: NodeJS.Signals | null) => {
      const by = signal ? `was ended by ${signal}` : `ended with code ${code}`
      ended(this.#o.died(job, reason ?? `the process of the simulation ${by}`))
    }
    child.on('message', heard)
    child.once('exit', died)
    patient()
    child.send(job as object, () => {}) // of one that is gone, its exit tells
  }
}

export type TrialPool = Pool<Trial, Trialled>
const TRIALS = new URL('../worker.ts', import.meta.url)
/** Slower than the time that it simulates, healing and loading included, no run has ever been. */
const BESIDES_MS = 600_000
/** Workers for trials. */
export const trialPool = (o: Pick<PoolOptions<Trial, Trialled>, 'jobs' | 'mutation'>): TrialPool =>
  new Pool<Trial, Trialled>({
    worker: TRIALS,
    died: ({ seed }, reason) => ({ kind: 'failed', seed, reason }),
    silentMsMax: ({ forMs, sites }) => (forMs + BESIDES_MS) * sites,
    ...o,
  })
