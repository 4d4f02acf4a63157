import { type Ends, LogError } from '../event-log.ts'
import { settled } from './chain.ts'
import { kindOf, textOf } from './faults.ts'
import type { Limits } from './limits.ts'
import type { Columns } from './messages.ts'
import { insist } from './retry.ts'
import { checksumOf, type Identity, listSegments, type Row, Segment } from './segment.ts'

/** A scan asks for this many rows, fewer where they are large: an unbounded answer of large bodies would fill memory. */
const WINDOW_ROWS_MAX = 512
const WINDOW_ROWS_FIRST = 16
const WINDOW_CHARS_MAX = 1024 * 1024

/** More looks than segments can pass between two queries. */
const LOOKS_MAX = 1000

export interface Found extends Columns {
  /** The scan met the end of the log; whatever comes later rings the bell. */
  readonly ended: boolean
}

/** Where a scan stands. */
export interface Cursor {
  readonly partition: number
  /** Every record below was seen. */
  at: number
  /** The segment that holds `at`; null until it was looked up. */
  base: number | null
  /** True once a record was seen: then the log may no longer end below it. */
  moved: boolean
  windowRows: number
}

export const cursorAt = (partition: number, from: number): Cursor => ({
  partition,
  at: from,
  base: null,
  moved: false,
  windowRows: WINDOW_ROWS_FIRST,
})

/**
 * R1 positions are dense over the topic, so each row is the one after the last: a hole is damage, not patience;
 * R2 each record's checksum is compared before anybody gets it;
 * R3 what lies before damage is handed out first; the error names the position after it.
 */
export class Reader {
  readonly #dir: string
  readonly #limits: Limits
  readonly #identity: Identity
  /** By base, the longest unused first. */
  readonly #open = new Map<number, Segment>()

  constructor(dir: string, limits: Limits) {
    this.#dir = dir
    this.#limits = limits
    this.#identity = this.#last().identity()
  }

  /** Who this log is and which partitions have had records. */
  describe(): Identity & { readonly partitions: readonly number[] } {
    const { partitions } = this.#last().carried()
    return { ...this.#identity, partitions }
  }

  ends(): Ends {
    return settled(this.#dir, () => ({ earliest: this.#bases()[0]!, next: insist(() => this.#last().head()).head + 1 }))
  }

  /** The next records of the cursor's partition; none only at the end. Throws LOG_GONE and LOG_CORRUPT. */
  next(cursor: Cursor, recordsMax: number, charsMax: number): Found {
    const found = { positions: [] as number[], stamps: [] as number[], bodies: [] as string[], ended: false }
    let room = charsMax
    try {
      while (found.positions.length < recordsMax && room > 0) {
        const asked = cursor.windowRows
        const rows = this.#window(cursor)
        let chars = 0
        for (const row of rows) {
          this.#assertWhole(cursor, row)
          const [seq, partition, stampMs, , body] = row
          if (partition === cursor.partition) {
            if (found.positions.length === recordsMax || room <= 0) return found
            room -= body.length
            found.positions.push(seq)
            found.stamps.push(stampMs)
            found.bodies.push(body)
          }
          chars += body.length
          cursor.at = seq + 1
          cursor.moved = true
        }
        adapt(cursor, chars)
        if (rows.length < asked && this.#atEnd(cursor)) {
          found.ended = true
          break
        }
      }
    } catch (error) {
      // R3: the error comes again, alone, at the next call.
      if (found.positions.length === 0) throw error
    }
    return found
  }

  close(): void {
    for (const segment of this.#open.values()) segment.close()
    this.#open.clear()
  }

  /** Rows from the cursor on, moving over to the next segment where one ends; none at the end of the log. */
  #window(cursor: Cursor): readonly Row[] {
    for (let look = 1; ; look++) {
      const segment = this.#at(cursor)
      let rows: readonly Row[]
      try {
        rows = insist(() => segment.rows(cursor.at, cursor.windowRows))
      } catch (error) {
        if (kindOf(error) !== 'corrupt') throw error
        rows = this.#beforeDamage(segment, cursor, error)
      }
      if (rows.length > 0) return rows
      const { head, sealed } = insist(() => segment.head())
      if (sealed !== null) {
        if (cursor.at <= sealed) this.#damaged(cursor.at, 'records that were here are missing')
        cursor.base = sealed + 1
      } else if (head < cursor.at) {
        if (cursor.moved && head < cursor.at - 1) this.#damaged(head + 1, 'records that were here are missing')
        return rows
      }
      // Else one was committed between the two queries.
      if (look === LOOKS_MAX) this.#damaged(cursor.at, 'the next record cannot be found')
    }
  }

  /** Asked of the segment itself: after a seal that was missed no bell would ring again. */
  #atEnd(cursor: Cursor): boolean {
    const { head, sealed } = insist(() => this.#at(cursor).head())
    return sealed === null && head < cursor.at
  }

  /** SQLite gives up the whole query at a damaged page; one by one, the rows before it are still there. */
  #beforeDamage(segment: Segment, cursor: Cursor, error: unknown): readonly Row[] {
    const rows: Row[] = []
    for (let at = cursor.at; rows.length < cursor.windowRows; at++) {
      try {
        rows.push(...insist(() => segment.rows(at, 1)))
      } catch {
        break
      }
    }
    if (rows.length === 0) this.#damaged(cursor.at, textOf(error))
    return rows
  }

  #assertWhole(cursor: Cursor, [seq, partition, stampMs, checksum, body]: Row): void {
    if (seq !== cursor.at) this.#damaged(cursor.at, `the next record is ${seq}`)
    if (typeof body !== 'string' || checksumOf(seq, partition, stampMs, body) !== checksum) {
      this.#damaged(seq, 'the checksum does not match')
    }
  }

  #damaged(position: number, reason: string): never {
    throw new LogError('LOG_CORRUPT', `the log in ${this.#dir} is damaged at ${position}: ${reason}`, { position })
  }

  #at(cursor: Cursor): Segment {
    return settled(this.#dir, () => {
      cursor.base ??= this.#locate(cursor.at)
      try {
        return this.#segment(cursor.base)
      } catch (error) {
        cursor.base = null
        throw error
      }
    })
  }

  #locate(position: number): number {
    const bases = this.#bases()
    const earliest = bases[0]!
    if (position < earliest) {
      throw new LogError('LOG_GONE', `position ${position} was trimmed away; the earliest is ${earliest}`, { earliest })
    }
    const i = bases.findLastIndex(base => base <= position)
    // A last segment whose predecessor is not sealed is no part of the log.
    const orphan = i > 0 && i === bases.length - 1 && this.#segment(bases[i - 1]!).sealed() === null
    return bases[orphan ? i - 1 : i]!
  }

  #last(): Segment {
    return settled(this.#dir, () => this.#segment(this.#locate(Number.MAX_SAFE_INTEGER)))
  }

  #bases(): readonly number[] {
    const bases = listSegments(this.#dir)
    if (bases.length === 0) throw new LogError('LOG_FAILED', `there is no log in ${this.#dir}`)
    return bases
  }

  #segment(base: number): Segment {
    const known = this.#open.get(base)
    return known ? this.#fresh(known) : this.#keep(base)
  }

  #fresh(segment: Segment): Segment {
    if (this.#open.size > 1) {
      this.#open.delete(segment.base)
      this.#open.set(segment.base, segment)
    }
    return segment
  }

  #keep(base: number): Segment {
    const segment = Segment.openToRead(this.#dir, base)
    const { topicId } = segment.identity()
    if (this.#identity && topicId !== this.#identity.topicId) {
      segment.close()
      this.#damaged(base, `the segment belongs to topic ${topicId}, the log is ${this.#identity.topicId}`)
    }
    this.#open.set(base, segment)
    if (this.#open.size > this.#limits.openSegmentsMax) {
      const [oldest, unused] = this.#open.entries().next().value!
      this.#open.delete(oldest)
      unused.close()
    }
    return segment
  }
}

/** Doubles while the answers are small, halves when one was large. */
function adapt(cursor: Cursor, chars: number): void {
  if (chars > WINDOW_CHARS_MAX) cursor.windowRows = Math.max(1, cursor.windowRows >> 1)
  else if (chars < WINDOW_CHARS_MAX / 4) cursor.windowRows = Math.min(WINDOW_ROWS_MAX, cursor.windowRows * 2)
}
