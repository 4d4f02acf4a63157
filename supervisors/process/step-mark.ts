/**
 * Which record a process is in the step of, in a file of its folder. A process whose step does not end can tell nobody
 * any more; its parent, which ends it, reads it here and names what an administrator may have passed.
 */
import { mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const FILE = 'in-step'
/** Written in place: a shorter text leaves nothing of a longer one. */
const WIDTH = 20

export class StepMark {
  readonly #fd: number

  constructor(dir: string) {
    mkdirSync(dir, { recursive: true })
    this.#fd = openSync(join(dir, FILE), 'w')
  }
  /** Not synced: it is read while this machine runs. Null: in no step. A disk that refuses it holds up no step. */
  set(position: number | null): void {
    try {
      writeSync(this.#fd, `${position ?? '-'}`.padEnd(WIDTH), 0)
    } catch {
      // then nobody is told the record: no reason to stop deciding
    }
  }
  /** Null: in none, or it is not known. */
  static read(dir: string): number | null {
    try {
      const text = readFileSync(join(dir, FILE), 'utf8').trim()
      return /^\d+$/.test(text) ? Number(text) : null
    } catch {
      return null // it has never stepped
    }
  }
}
