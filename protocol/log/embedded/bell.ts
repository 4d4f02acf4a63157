import fs from 'node:fs'
import path from 'node:path'

/**
 * The bell: a file that a writer touches after each commit and followers watch (inotify and its kin). Nobody registers
 * and nothing has to live. It may be lost at any time; the followers' slow poll is the net under it.
 */
const fileOf = (dir: string): string => path.join(dir, 'bell')

/** Rings closer together than this are one: each costs every following process wake-ups that the writer's core pays for. */
const RING_EVERY_MS = 1
/** In a flood, of more commits than this since the last ring, followers get larger helpings less often. */
const FLOOD_COMMITS = 4
const FLOOD_RING_EVERY_MS = 2
/** How often a ringer looks whether the file it holds is still the one with the name. */
const SAME_FILE_EVERY_MS = 100

export class Ringer {
  readonly #dir: string
  readonly #byte = Buffer.from('.')
  #fd: number
  #inode = -1
  #checkedAtMs = 0
  #rungAtMs = Number.NEGATIVE_INFINITY
  /** Commits since the last ring. */
  #unheard = 0
  #later: NodeJS.Timeout | null = null

  constructor(dir: string) {
    this.#dir = dir
    this.#fd = this.#open()
  }

  /** Now, or very soon where the last ring is only just over; never not at all. */
  ring(): void {
    this.#unheard++
    this.#ringWhenDue()
  }

  close(): void {
    if (this.#later) this.#ringNow()
    fs.closeSync(this.#fd)
  }

  #ringWhenDue(): void {
    const everyMs = this.#unheard > FLOOD_COMMITS ? FLOOD_RING_EVERY_MS : RING_EVERY_MS
    if (performance.now() - this.#rungAtMs >= everyMs) {
      this.#ringNow()
      return
    }
    this.#later ??= setTimeout(() => {
      this.#later = null
      this.#ringWhenDue()
    }, 1)
  }

  #ringNow(): void {
    if (this.#later) clearTimeout(this.#later)
    this.#later = null
    this.#unheard = 0
    this.#rungAtMs = performance.now()
    try {
      if (this.#rungAtMs - this.#checkedAtMs > SAME_FILE_EVERY_MS) this.#sameFile()
      fs.writeSync(this.#fd, this.#byte, 0, 1, 0)
    } catch {
      // A follower then waits for its slow poll, no more.
    }
  }

  #sameFile(): void {
    this.#checkedAtMs = performance.now()
    if (inodeOf(this.#dir) === this.#inode) return
    fs.closeSync(this.#fd)
    this.#fd = this.#open()
  }

  #open(): number {
    const fd = fs.openSync(fileOf(this.#dir), fs.constants.O_CREAT | fs.constants.O_RDWR)
    this.#inode = fs.fstatSync(fd).ino
    return fd
  }
}

export class Listener {
  readonly #dir: string
  readonly #heard: () => void
  #watcher: fs.FSWatcher | null = null
  #inode = -1

  constructor(dir: string, heard: () => void) {
    this.#dir = dir
    this.#heard = heard
    this.look()
  }

  /** At each slow poll: watches anew where the file was deleted or replaced, or the system had no watch to give. */
  look(): void {
    const inode = inodeOf(this.#dir)
    if (this.#watcher && inode === this.#inode) return
    this.close()
    try {
      if (inode === -1) fs.closeSync(fs.openSync(fileOf(this.#dir), 'a'))
      const watcher = fs.watch(fileOf(this.#dir), this.#heard)
      watcher.on('error', () => this.close())
      this.#watcher = watcher
      this.#inode = inodeOf(this.#dir)
    } catch {
      this.close()
    }
  }

  close(): void {
    this.#watcher?.close()
    this.#watcher = null
    this.#inode = -1
  }
}

function inodeOf(dir: string): number {
  return fs.statSync(fileOf(dir), { throwIfNoEntry: false })?.ino ?? -1
}
