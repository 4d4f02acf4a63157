/** A file system with little room, where this machine lets one be mounted; filled and emptied by a file. */
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const BLOCK = Buffer.alloc(4_096)

export class SmallDisk {
  readonly #path: string

  /** Of nobody, as the embedded Postgres is where root starts it. */
  constructor(path: string, sizeMb: number) {
    mkdirSync(path, { recursive: true })
    const options = `size=${sizeMb}m,uid=65534,gid=65534,mode=755`
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'pipe' })
    this.#path = path
  }
  /** To the last block. */
  fill(): void {
    try {
      for (;;) appendFileSync(this.#ballast, BLOCK)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
  empty(): void {
    rmSync(this.#ballast)
  }
  /** Whoever has a file open there may go on with it. */
  remove(): void {
    execFileSync('umount', ['--lazy', this.#path])
  }
  get #ballast(): string {
    return join(this.#path, 'ballast')
  }

  /** Null: it can be had here; else why not. */
  static refusal(): string | null {
    const path = mkdtempSync(join(tmpdir(), 'quorate-disk-'))
    try {
      new SmallDisk(path, 1).remove()
      return null
    } catch (error) {
      return error instanceof Error ? error.message.trim().split('\n').at(-1)! : String(error)
    } finally {
      rmSync(path, { recursive: true })
    }
  }
}
