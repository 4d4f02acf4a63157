/**
 * A folder of small durable files. Appends gather until `sync`, which returns after the disk has them; a failed sync
 * is final, because the kernel may have dropped the very pages that it failed to write.
 */
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { type FileHandle, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Disk, DiskFile } from '../../protocol/ports.ts'

export function realDisk(dir: string): Disk {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  syncFolder(dir)
  return { open: async file => new RealFile(dir, file, await open(join(dir, file), 'a+', 0o600)) }
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
  #handle: FileHandle
  #pending: Uint8Array[] = []
  /** One queue for everything that changes the file: no append is lost to a replacement. */
  #queue: Promise<void> = Promise.resolve()
  constructor(dir: string, name: string, handle: FileHandle) {
    this.#dir = dir
    this.#name = name
    this.#handle = handle
  }
  append(bytes: Uint8Array): void {
    this.#pending.push(bytes.slice())
  }
  sync(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#flush()
      await this.#handle.datasync()
    })
  }
  async read(): Promise<Uint8Array> {
    await this.#inTurn(() => this.#flush())
    return new Uint8Array(await readFile(join(this.#dir, this.#name)))
  }
  replace(bytes: Uint8Array): Promise<void> {
    const copy = bytes.slice()
    const dropped = this.#pending
    this.#pending = []
    void dropped
    return this.#inTurn(async () => {
      const temporary = join(this.#dir, `${this.#name}.new`)
      const handle = await open(temporary, 'w', 0o600)
      await handle.writeFile(copy)
      await handle.sync()
      await handle.close()
      await rename(temporary, join(this.#dir, this.#name))
      syncFolder(this.#dir)
      await this.#handle.close()
      this.#handle = await open(join(this.#dir, this.#name), 'a+', 0o600)
    })
  }
  async #flush(): Promise<void> {
    if (this.#pending.length === 0) return
    const bytes = Buffer.concat(this.#pending)
    this.#pending = []
    await this.#handle.appendFile(bytes)
  }
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#queue.then(work)
    this.#queue = turn.catch(() => {})
    return turn
  }
}
