/** The code of another checkout: its own command line folds the log in a process of its own and tells each decision. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { Refusal } from '../../protocol/words/errors.ts'
import type { Decision, Reached } from '../records/against.ts'
import type { FoldCounts } from '../records/sides.ts'

const STDERR_CHARS_MAX = 20_000

/** What `quorate replay --against LOG --decide --json` says. */
export type DecideLine =
  | ({ readonly kind: 'decision' } & Decision)
  | ({ readonly kind: 'decided'; readonly engine: string; readonly position: number } & FoldCounts)

export class OtherEngine {
  readonly #script: string
  readonly #args: readonly string[]
  readonly counts: FoldCounts
  hash = ''

  /** Throws NOT_FOUND. */
  constructor(checkout: string, args: readonly string[], counts: FoldCounts) {
    this.#script = join(resolve(checkout), 'bin', 'quorate.mjs')
    if (!existsSync(this.#script))
      throw new Refusal('NOT_FOUND', `${checkout} is no checkout: it has no bin/quorate.mjs`)
    this.#args = args
    this.counts = counts
  }

  /** Throws UNAVAILABLE with the last words of a checkout that cannot do it. */
  async *decisions(): AsyncGenerator<Reached> {
    const child = spawn(process.execPath, [this.#script, 'replay', '--decide', '--json', ...this.#args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = new Promise<number | null>(resolve => child.once('close', resolve))
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-STDERR_CHARS_MAX)
    })
    try {
      for await (const text of createInterface({ input: child.stdout })) {
        const line = JSON.parse(text) as DecideLine
        if (line.kind === 'decision') yield { position: line.position, decisions: [line] }
        else {
          const { kind: _, engine, position, ...counts } = line
          this.hash = engine
          Object.assign(this.counts, counts)
          yield { position, decisions: [] } // so far it has read, whether it decided anything there or not
        }
      }
      const code = await ended
      if (code !== 0 || this.hash === '')
        throw new Refusal('UNAVAILABLE', `${this.#script} ended with ${code}: ${said.trim() || 'it said nothing'}`)
    } finally {
      child.kill() // where whoever compares has given up
    }
  }
}
