/** A gateway's surroundings in memory: a disk that forgets what was not synced, links that a test can cut. */
import type { Disk, DiskFile, Link, LinkEvents, Net, Ports } from '../../../protocol/ports.ts'
import { seededRandom } from '../../../supervisors/real/random.ts'
import { FakeClock } from '../drivers/fakes.ts'

export class MemoryDisk implements Disk {
  readonly #files = new Map<string, { durable: Uint8Array; pending: Uint8Array[] }>()
  /** How often a file was made durable by `sync`, and made anew by `replace`. */
  readonly syncs = new Map<string, number>()
  readonly replaced = new Map<string, number>()
  /** While it stands, no sync and no replacement ends. */
  slow: Promise<void> | null = null
  broken = false

  async open(name: string): Promise<DiskFile> {
    const file = this.#files.get(name) ?? { durable: new Uint8Array(0), pending: [] }
    this.#files.set(name, file)
    const turn = async () => {
      await this.slow
      if (this.broken) throw new Error('EIO')
    }
    return {
      append: bytes => void file.pending.push(bytes.slice()),
      sync: async () => {
        await turn()
        file.durable = joined([file.durable, ...file.pending.splice(0)])
        this.syncs.set(name, (this.syncs.get(name) ?? 0) + 1)
      },
      read: async () => joined([file.durable, ...file.pending]),
      replace: async bytes => {
        const copy = bytes.slice()
        file.pending = []
        await turn()
        file.durable = copy
        this.replaced.set(name, (this.replaced.get(name) ?? 0) + 1)
      },
    }
  }
  /** The power goes: what was not synced is lost, but for so many bytes of it. */
  crash(kept = 0): this {
    for (const file of this.#files.values())
      file.durable = joined([file.durable, joined(file.pending.splice(0)).slice(0, kept)])
    return this
  }
}
const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

/** Messages arrive in order, each in a microtask of its own. */
class MemoryNet implements Net {
  readonly #listening = new Map<string, (link: Link) => LinkEvents>()

  async listen(address: string, accept: (link: Link) => LinkEvents) {
    if (this.#listening.has(address)) throw new Error(`EADDRINUSE ${address}`)
    this.#listening.set(address, accept)
    return { address, cancel: () => void this.#listening.delete(address) }
  }
  async connect(address: string, events: LinkEvents): Promise<Link> {
    const accept = this.#listening.get(address)
    if (!accept) throw new Error(`ECONNREFUSED ${address}`)
    let open = true
    let far: LinkEvents
    const close = () => {
      if (!open) return
      open = false
      queueMicrotask(() => {
        events.closed('closed')
        far.closed('closed')
      })
    }
    const link = (peer: string, to: () => LinkEvents): Link => ({
      peer,
      send(text) {
        if (open) queueMicrotask(() => open && to().message(text))
        return open
      },
      close,
    })
    const near = link(address, () => far)
    far = accept(link('caller', () => events))
    return near
  }
}

export interface World extends Ports {
  readonly clock: FakeClock
  readonly host: FakeClock
  readonly disk: MemoryDisk
  readonly net: MemoryNet
  readonly notes: string[]
}
/** One clock for the site and the host. */
export function worldOf(change: Partial<Pick<World, 'clock' | 'disk' | 'net'>> = {}): World {
  const clock = change.clock ?? new FakeClock()
  const notes: string[] = []
  return {
    name: 'test',
    clock,
    host: clock,
    disk: change.disk ?? new MemoryDisk(),
    net: change.net ?? new MemoryNet(),
    random: seededRandom('world'),
    control: { exit: () => {} },
    notes,
    note: (_, event, detail) => void notes.push(`${event} ${JSON.stringify(detail ?? {})}`),
  }
}
