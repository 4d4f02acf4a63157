/** The parent's side of a child process: started, asked, ended; its death is told once. */
import { type ChildProcess, fork } from 'node:child_process'
import { Refusal } from '../../protocol/words/errors.ts'
import type { Answer, Request } from './messages.ts'

/** Beyond it whoever asked gives up; a child that hangs is the watch's business (`watch.ts`). */
const ANSWER_MS_MAX = 30_000
const STOP_MS_MAX = 10_000

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export class Spawned {
  readonly name: string
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { resolve(value: any): void; reject(error: Error): void }>()
  readonly exited: Promise<Exit>
  #id = 0
  #gone = false

  /** `file`: a TypeScript file that calls `serveParent`. */
  constructor(name: string, file: URL) {
    this.name = name
    this.#child = fork(file, [], {
      env: { ...process.env, QUORATE_PROCESS: name },
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    })
    this.#child.on('message', (answer: Answer) => this.#answered(answer))
    this.exited = new Promise(resolve => {
      const end = (code: number | null, signal: NodeJS.Signals | null) => {
        this.#gone = true
        for (const { reject } of this.#waiting.values()) reject(new Error(`${name} ended`))
        this.#waiting.clear()
        resolve({ code, signal })
      }
      this.#child.once('exit', end)
      this.#child.once('error', () => end(null, null))
    })
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }
  get gone(): boolean {
    return this.#gone
  }

  ask<T>(what: string, argument: unknown = null, timeoutMs = ANSWER_MS_MAX): Promise<T> {
    if (this.#gone) return Promise.reject(new Error(`${this.name} is not running`))
    const id = ++this.#id
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new Error(`${this.name} did not answer '${what}' within ${timeoutMs} ms`))
      }, timeoutMs)
      const settle =
        <V>(then: (value: V) => void) =>
        (value: V) => {
          clearTimeout(timer)
          then(value)
        }
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) })
      this.#child.send({ id, do: what, with: argument } satisfies Request, error => {
        if (!error) return
        this.#waiting.get(id)?.reject(error)
        this.#waiting.delete(id)
      })
    })
  }
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
  /** In order, then by force. */
  async stop(deadlineMs = STOP_MS_MAX): Promise<Exit> {
    if (!this.#gone) {
      const asked = this.ask('stop', null, deadlineMs).catch(() => {})
      await Promise.race([asked, this.exited])
      if (!this.#gone && this.#child.connected) this.#child.disconnect()
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), deadlineMs)
      await this.exited
      clearTimeout(timer)
    }
    return this.exited
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id)
    if (!waiting) return
    this.#waiting.delete(answer.id)
    if (answer.ok) waiting.resolve(answer.value)
    else if (answer.code === 'FAILED') waiting.reject(new Error(`${this.name}: ${answer.reason}`))
    else waiting.reject(new Refusal(answer.code, answer.reason))
  }
}
