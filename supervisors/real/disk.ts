/**
 * A folder of small durable files. Appends gather until `sync`, which returns after the disk has them; a failed sync
 * is final, because the kernel may have dropped the very pages that it failed to write.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { type FileHandle, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Disk, DiskFile } from '../../protocol/ports.ts'

export function realDisk(dir: string): Disk {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  syncFolder(dir)
  return { open: async file => new RealFile(dir, file) }
}

function syncFolder(dir: string): void {
  const fd = openSync(dir, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

class RealFile implements DiskFile {
  readonly #dir: string
  readonly #name: string
  /** Opened at the first append; a file that is only replaced never holds one. */
  #handle: FileHandle | null = null
  #pending: Uint8Array[] = []
  /** One queue for everything that changes the file: no append is lost to a replacement. */
  #queue: Promise<void> = Promise.resolve()
  constructor(dir: string, name: string) {
    this.#dir = dir
    this.#name = name
  }
  append(bytes: Uint8Array): void {
    this.#pending.push(bytes.slice())
  }
  sync(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#flush()
      await this.#handle?.datasync()
    })
  }
  async read(): Promise<Uint8Array> {
    await this.#inTurn(() => this.#flush())
    try {
      return new Uint8Array(await readFile(join(this.#dir, this.#name)))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Uint8Array(0)
      throw error
    }
  }
  replace(bytes: Uint8Array): Promise<void> {
    const copy = bytes.slice()
    this.#pending = []
    return this.#inTurn(async () => {
      const temporary = join(this.#dir, `${this.#name}.new`)
      const handle = await open(temporary, 'w', 0o600)
      await handle.writeFile(copy)
      await handle.sync()
      await handle.close()
      await rename(temporary, join(this.#dir, this.#name))
      syncFolder(this.#dir)
      await this.#handle?.close()
      this.#handle = null
    })
  }
  async #flush(): Promise<void> {
    if (this.#pending.length === 0) return
    const bytes = Buffer.concat(this.#pending)
    this.#pending = []
    if (!this.#handle) {
      this.#handle = await open(join(this.#dir, this.#name), 'a', 0o600)
      syncFolder(this.#dir) // the name of a new file is durable too
    }
    // into the page cache, which takes microseconds: a thread of its own would be one more wake-up for each sync
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#handle.fd, bytes, at)
  }
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#queue.then(work)
    this.#queue = turn.catch(() => {})
    return turn
  }
}
