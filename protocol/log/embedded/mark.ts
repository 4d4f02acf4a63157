import fs from 'node:fs'
import path from 'node:path'
import { crc32 } from 'node:zlib'

const SLOT_BYTES = 16
const SLOTS = 64

/**
 * The last acknowledged position, kept beside the database. One damaged byte in the middle of a write-ahead log makes
 * SQLite forget, without an error, every commit after it; whoever would append then would give acknowledged positions to
 * other records. Each process writes a slot of its own (a slower one must not take the mark back), never synced: after a
 * cut of power the mark may be old, but it is never above what was committed.
 */
export class Mark {
  readonly file: string
  readonly #fd: number
  readonly #slot = (process.pid % SLOTS) * SLOT_BYTES
  readonly #out = Buffer.alloc(SLOT_BYTES)
  readonly #in = Buffer.alloc(SLOT_BYTES * SLOTS)

  constructor(dir: string) {
    this.file = path.join(dir, 'acknowledged')
    this.#fd = fs.openSync(this.file, fs.constants.O_CREAT | fs.constants.O_RDWR)
  }

  /** After the commit and before the acknowledgement. */
  write(position: number): void {
    this.#out.writeDoubleLE(position, 0)
    this.#out.writeUInt32LE(crc32(this.#out.subarray(0, 8)), 8)
    try {
      fs.writeSync(this.#fd, this.#out, 0, SLOT_BYTES, this.#slot)
    } catch {
      // A full disk keeps the older mark, which is only weaker.
    }
  }

  /** -1 where nothing was acknowledged. */
  read(): number {
    const bytes = fs.readSync(this.#fd, this.#in, 0, this.#in.length, 0)
    let highest = -1
    for (let at = 0; at + SLOT_BYTES <= bytes; at += SLOT_BYTES) {
      const whole = crc32(this.#in.subarray(at, at + 8)) === this.#in.readUInt32LE(at + 8)
      if (whole) highest = Math.max(highest, this.#in.readDoubleLE(at))
    }
    return highest
  }

  close(): void {
    fs.closeSync(this.#fd)
  }
}
