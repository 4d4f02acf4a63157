/**
 * Records with length and checksum on a file that may be torn.
 *
 * J1  Opening drops a torn tail and says how long it was: only bytes after the last completed sync can be torn, and
 *     nothing was promised for those.
 * J2  A read that brings wrong bytes is made again; what is damaged on every read, with sound records behind it, was
 *     promised: it is refused, never dropped.
 */
import type { Disk, DiskFile } from './ports.ts'

const HEADER_BYTES = 8
/** A bus or a cache that flips a bit once seldom flips the same one again. */
const READS = 3
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** FNV-1a, 32 bits: finds a torn tail; it is no defence against a hand that writes the file. */
function checksum(bytes: Uint8Array): number {
  let h = 0x811c9dc5
  for (let i = 0; i < bytes.length; i++) h = Math.imul(h ^ bytes[i]!, 0x01000193)
  return h >>> 0
}

function framed(text: string): Uint8Array {
  const body = encoder.encode(text)
  const out = new Uint8Array(HEADER_BYTES + body.length)
  const view = new DataView(out.buffer)
  view.setUint32(0, body.length)
  view.setUint32(4, checksum(body))
  out.set(body, HEADER_BYTES)
  return out
}

/** The sound prefix of a file's bytes. */
export function parseJournal(
  all: Uint8Array,
  max = Number.POSITIVE_INFINITY,
): { readonly records: string[]; readonly soundBytes: number } {
  const records: string[] = []
  const view = new DataView(all.buffer, all.byteOffset, all.byteLength)
  let at = 0
  while (at + HEADER_BYTES <= all.length && records.length < max) {
    const length = view.getUint32(at)
    if (at + HEADER_BYTES + length > all.length) break
    const body = all.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length)
    if (checksum(body) !== view.getUint32(at + 4)) break
    records.push(decoder.decode(body))
    at += HEADER_BYTES + length
  }
  return { records, soundBytes: at }
}

/** The soundest of a few reads (J2). */
async function best(file: DiskFile) {
  const read = async () => {
    const all = await file.read()
    return { all, ...parseJournal(all) }
  }
  let found = await read()
  for (let i = 1; i < READS && found.soundBytes < found.all.length; i++) {
    const again = await read()
    if (again.soundBytes > found.soundBytes) found = again
  }
  return found
}
/** Where a sound record begins again behind the damage; null: nowhere, as in a torn tail. */
function soundBehind(all: Uint8Array, from: number): number | null {
  for (let at = from + 1; at + HEADER_BYTES < all.length; at++)
    if (parseJournal(all.subarray(at), 1).records.length > 0) return at
  return null
}

export class Journal {
  readonly recovered: readonly string[]
  readonly tornBytes: number
  readonly #file: DiskFile
  #records: number
  private constructor(file: DiskFile, recovered: readonly string[], tornBytes: number) {
    this.#file = file
    this.recovered = recovered
    this.tornBytes = tornBytes
    this.#records = recovered.length
  }

  /**
   * Throws where a record that was promised cannot be read (J2), and leaves the file as it is. `whole`: it is only ever
   * replaced as a whole, so that nothing of it can be torn.
   */
  static async open(disk: Disk, name: string, whole = false): Promise<Journal> {
    const file = await disk.open(name)
    const { all, records, soundBytes } = await best(file)
    if (soundBytes < all.length) {
      if (whole)
        throw new Error(
          `JOURNAL_CORRUPT: '${name}' is damaged at byte ${soundBytes} of ${all.length}; restore the file from a copy`,
        )
      const behind = soundBehind(all, soundBytes)
      if (behind !== null)
        throw new Error(
          `JOURNAL_CORRUPT: '${name}' is damaged at byte ${soundBytes} of ${all.length}, and sound again from ${behind} on; restore the file from a copy`,
        )
      await file.replace(all.slice(0, soundBytes))
    }
    return new Journal(file, records, all.length - soundBytes)
  }

  /** Records since the last compaction. */
  get length(): number {
    return this.#records
  }
  append(text: string): void {
    this.#records++
    this.#file.append(framed(text))
  }
  /** A rejection is fatal for the process. */
  sync(): Promise<void> {
    return this.#file.sync()
  }
  /** Atomically: only these records remain. The caller holds its appends until this resolves. */
  async compact(keep: readonly string[]): Promise<void> {
    this.#records = keep.length
    const parts = keep.map(framed)
    const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
    let at = 0
    for (const part of parts) {
      out.set(part, at)
      at += part.length
    }
    await this.#file.replace(out)
  }
}
