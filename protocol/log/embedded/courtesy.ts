import fs from 'node:fs'
import path from 'node:path'
import { nap } from './retry.ts'

/** Who committed less than this ago still has warm caches and would win the lock again. */
const JUST_COMMITTED_MS = 1
/** A wish older than this was granted or given up. */
const WISH_MS_MAX = 20
const STEP_ASIDE_MS = 0.3

/**
 * Without it a busy writer takes the lock again before a waiting one wakes (shares down to one in thousands): who finds
 * the log busy writes a wish into a file; who has just committed and sees a fresh wish steps aside for a moment.
 */
export class Courtesy {
  readonly #fd: number
  #committedAtMs = Number.NEGATIVE_INFINITY
  #wished = false

  constructor(dir: string) {
    this.#fd = fs.openSync(path.join(dir, 'want'), fs.constants.O_CREAT | fs.constants.O_RDWR)
  }

  wish(): void {
    try {
      fs.writeSync(this.#fd, '.', 0)
    } catch {
      // A full disk: then the naps' jitter has to do.
    }
  }

  beforeCommit(): void {
    if (this.#wished && performance.now() - this.#committedAtMs < JUST_COMMITTED_MS) {
      nap(STEP_ASIDE_MS * (1 + Math.random()))
    }
    this.#wished = false
  }

  committed(): void {
    this.#committedAtMs = performance.now()
    this.#wished = Date.now() - fs.fstatSync(this.#fd).mtimeMs < WISH_MS_MAX
  }

  close(): void {
    fs.closeSync(this.#fd)
  }
}
