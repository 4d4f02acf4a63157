import fs from 'node:fs'
import path from 'node:path'

/** The ballast is laid again only where this many times its size is free, so that it is not what fills the disk. */
const ROOM_FACTOR = 16

/** Room held aside. When the disk is full it is given up, and what must be said about it can still be appended. */
export class Ballast {
  readonly bytes: number
  readonly #file: string

  constructor(dir: string, bytes: number) {
    this.#file = path.join(dir, 'ballast')
    this.bytes = bytes
  }

  get held(): boolean {
    return this.bytes > 0 && fs.existsSync(this.#file)
  }

  /** True where it was given up just now. */
  release(): boolean {
    if (!this.held) return false
    fs.rmSync(this.#file, { force: true })
    return true
  }

  lay(): void {
    if (this.bytes === 0 || this.held) return
    const building = `${this.#file}-${process.pid}`
    try {
      const room = fs.statfsSync(path.dirname(this.#file))
      if (room.bavail * room.bsize < this.bytes * ROOM_FACTOR) return
      fs.writeFileSync(building, Buffer.alloc(this.bytes, '.'))
      fs.renameSync(building, this.#file)
    } catch {
      fs.rmSync(building, { force: true })
    }
  }
}
