/**
 * A file that forgets what was not synced. What is synced survives; of the rest any prefix may, cut anywhere: a torn
 * record.
 */
import type { DiskFile } from '../../protocol/ports.ts'
import { draw, textHash } from './draw.ts'
import type { Incarnation } from './process.ts'
import type { World } from './world.ts'

const SYNC_US = 200

export class SimFile {
  readonly name: string
  readonly #key: number
  #durable: Uint8Array[] = []
  #durableBytes = 0
  #pending: Uint8Array[] = []
  #syncs = 0
  /** Who looks at what has just become durable: the oracle, and faults that wait for it. */
  readonly watched = new Set<(bytes: Uint8Array, replaced: boolean) => void>()

  constructor(name: string) {
    this.name = name
    this.#key = textHash(name)
  }

  append(bytes: Uint8Array): void {
    this.#pending.push(bytes.slice())
  }
  /** What a sync that begins now will have made durable when it ends. */
  flush(): () => void {
    const parts = new Set(this.#pending)
    return () => {
      for (const part of this.#pending) if (parts.has(part)) this.#keep(part)
      this.#pending = this.#pending.filter(part => !parts.has(part))
    }
  }
  #keep(part: Uint8Array): void {
    this.#durable.push(part)
    this.#durableBytes += part.length
    for (const watch of this.watched) watch(part, false)
  }
  replace(bytes: Uint8Array): void {
    this.#durable = [bytes]
    this.#durableBytes = bytes.length
    for (const watch of this.watched) watch(bytes, true)
  }
  forgetPending(): void {
    this.#pending = []
  }
  bytes(): Uint8Array {
    const all = joined([...this.#durable, ...this.#pending])
    if (this.#durable.length > 1) this.#durable = [joined(this.#durable)]
    return all
  }
  crash(world: World): void {
    const lost = joined(this.#pending)
    this.#pending = []
    if (lost.length === 0) return
    const kept = lost.slice(0, draw(world.seed, this.#key, this.#durableBytes) % (lost.length + 1))
    world.trace('torn', this.name, String(kept.length))
    this.#keep(kept)
  }
  /** How long its next sync takes. */
  syncUs(world: World): number {
    return SYNC_US + (draw(world.seed, this.#key, this.#syncs++) % SYNC_US)
  }
}

/** No Buffer: a slice of one is no copy. */
const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

/** The file as one life of its process sees it; changes go through one queue, as on a real disk. */
export function fileOf(life: Incarnation, file: SimFile): DiskFile {
  const { world, name } = life.process
  let freeUs = 0
  /** In turn, after the disk's own time and its faults. */
  const inTurn = <T>(then: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      if (life.dead) return
      const slow = world.strikes('diskSlow', name)
      const full = world.strikes('diskFull', name)
      const failed = world.strikes('syncFailed', name)
      const takesUs = file.syncUs(world) + (slow ? (slow.ms ?? 100) * 1_000 : 0)
      freeUs = Math.max(freeUs, world.nowUs) + takesUs
      world.at(freeUs, life, () => {
        if (full) return reject(new Error(`ENOSPC: ${file.name}`))
        if (failed) return reject(new Error(`EIO: ${file.name}`))
        resolve(then())
      })
    })
  return {
    append(bytes) {
      if (!life.dead) file.append(bytes)
    },
    sync() {
      world.trace('sync', name, file.name)
      world.called(life)
      let durable: (() => void) | null = null
      const done = inTurn(() => durable?.())
      durable = file.flush()
      return done
    },
    read: () =>
      new Promise((resolve, reject) => {
        world.at(world.nowUs + 50, life, () => {
          const bytes = file.bytes()
          const spoilt = bytes.length > 0 ? world.strikes('readCorrupt', name) : null
          if (spoilt) bytes[draw(world.seed, spoilt.id, bytes.length) % bytes.length]! ^= 0x20
          world.trace('read', name, `${file.name} ${bytes.length}`)
          if (world.strikes('readFailed', name)) reject(new Error(`EIO: ${file.name}`))
          else resolve(bytes)
        })
      }),
    replace(bytes) {
      const copy = bytes.slice()
      world.called(life)
      file.forgetPending()
      world.trace('replace', name, file.name)
      return inTurn(() => file.replace(copy))
    },
  }
}
