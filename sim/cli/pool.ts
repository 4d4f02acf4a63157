/** Work over several processes, one piece at a time in each. */
import { type ChildProcess, fork } from 'node:child_process'
import type { Job as Trial, Done as Trialled } from '../worker.ts'

const HOOK = new URL('../mutations/hook.ts', import.meta.url)

export interface PoolOptions<Job, Done> {
  /** The script of the workers. */
  readonly worker: URL
  readonly jobs: number
  /** What is told of a job whose process has died. */
  readonly died: (job: Job, reason: string) => Done
  /** A planted bug that the workers run with. */
  readonly mutation?: string
}

export class Pool<Job, Done> {
  readonly #died: PoolOptions<Job, Done>['died']
  readonly #idle: ChildProcess[]
  readonly #all: readonly ChildProcess[]
  readonly #waiting: { readonly job: Job; resolve(done: Done): void }[] = []

  constructor({ worker, jobs, died, mutation }: PoolOptions<Job, Done>) {
    this.#died = died
    const execArgv = ['--disable-warning=ExperimentalWarning', ...(mutation ? ['--import', HOOK.href] : [])]
    const env = { ...process.env, ...(mutation ? { QUORATE_MUTATION: mutation } : {}) }
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as ('ignore' | 'inherit' | 'ipc')[]
    this.#all = Array.from({ length: jobs }, () =>
      fork(worker, [], { execArgv, env, stdio, serialization: 'advanced' }),
    )
    this.#idle = [...this.#all]
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
    const child = this.#idle.pop()
    if (!child) return
    const next = this.#waiting.shift()
    if (!next) return void this.#idle.push(child)
    const ended = (done: Done) => {
      child.off('message', answered)
      child.off('exit', died)
      next.resolve(done)
      if (child.connected) this.#idle.push(child)
      this.#next()
    }
    const answered = (done: unknown) => ended(done as Done)
    const died = (code: number | null) =>
      ended(this.#died(next.job, `the process of the simulation ended with code ${code}`))
    child.once('message', answered)
    child.once('exit', died)
    child.send(next.job as object)
  }
}

export type TrialPool = Pool<Trial, Trialled>
const TRIALS = new URL('../worker.ts', import.meta.url)
/** Workers for trials. */
export const trialPool = (o: Pick<PoolOptions<Trial, Trialled>, 'jobs' | 'mutation'>): TrialPool =>
  new Pool({ worker: TRIALS, died: ({ seed }, reason) => ({ kind: 'failed', seed, reason }), ...o })
