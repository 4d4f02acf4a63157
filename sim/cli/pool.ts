/** Trials over several processes, results in the order of the seeds. */
import { type ChildProcess, fork } from 'node:child_process'
import type { Done, Job } from '../worker.ts'

const WORKER = new URL('../worker.ts', import.meta.url)
const HOOK = new URL('../mutations/hook.ts', import.meta.url)

export interface PoolOptions {
  readonly jobs: number
  /** A planted bug that the workers run with. */
  readonly mutation?: string
}

export class Pool {
  readonly #idle: ChildProcess[]
  readonly #all: readonly ChildProcess[]
  readonly #waiting: { readonly job: Job; resolve(done: Done): void }[] = []

  constructor({ jobs, mutation }: PoolOptions) {
    const execArgv = ['--disable-warning=ExperimentalWarning', ...(mutation ? ['--import', HOOK.href] : [])]
    const env = { ...process.env, ...(mutation ? { QUORATE_MUTATION: mutation } : {}) }
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as ('ignore' | 'inherit' | 'ipc')[]
    this.#all = Array.from({ length: jobs }, () =>
      fork(WORKER, [], { execArgv, env, stdio, serialization: 'advanced' }),
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
      ended({ kind: 'failed', seed: next.job.seed, reason: `the process of the simulation ended with code ${code}` })
    child.once('message', answered)
    child.once('exit', died)
    child.send(next.job)
  }
}
