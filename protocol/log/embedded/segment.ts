import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { threadId } from 'node:worker_threads'
import { crc32 } from 'node:zlib'
import { LogError, type Topic } from '../event-log.ts'
import { insist } from './retry.ts'

/**
 * One SQLite file of the log, named by the first position that it may hold. Positions are dense over the whole topic, so
 * a hole is damage; a partition sees the gaps that the others make. No index but the position: with the few partitions of
 * one machine a scan that drops foreign records is cheaper than a second page written for each commit.
 *
 * S1 Never open or close the file, its `-wal` or its `-shm` with `fs` while a connection of this process has them open:
 *    the close drops the process's POSIX locks, and another process gets the write lock that is held here.
 * S2 Always `mode=rw`: a plain open of a deleted segment would make an empty one.
 */
export const SCHEMA = `
create table meta(k text primary key, v) without rowid;
create table rec(seq integer primary key, part integer not null, ts integer not null, crc integer not null, body text not null);`

/** Records of one statement, the largest first: each run costs as much as the row that it writes. */
const INSERT_ROWS = [32, 8, 1]

/** position, partition, stamp, checksum, body. */
export type Row = readonly [number, number, number, number, string]

export interface Identity {
  readonly topic: Topic
  readonly topicId: string
}

/** What a segment knows of the whole log, carried from one to the next. */
export interface Carried extends Identity {
  readonly partitions: readonly number[]
  /** By partition: the position below which `trim` gave everything up. */
  readonly trims: ReadonlyMap<number, number>
}

const NAME = /^(\d{16})\.db$/
export const segmentFile = (dir: string, base: number): string => path.join(dir, `${String(base).padStart(16, '0')}.db`)

/** The bases of the segments, ascending. */
export function listSegments(dir: string): readonly number[] {
  const bases: number[] = []
  for (const name of fs.readdirSync(dir)) {
    const match = NAME.exec(name)
    if (match) bases.push(Number(match[1]))
  }
  return bases.sort((a, b) => a - b)
}

/** Over everything that a reader is given, so that no flipped bit of a record goes unseen. */
export function checksumOf(seq: number, part: number, stampMs: number, body: string): number {
  let seed = Math.imul(seq | 0, 0x9e3779b1) ^ Math.imul(Math.floor(seq / 2 ** 32), 0x85ebca6b)
  seed = Math.imul(seed ^ part, 0xc2b2ae35) ^ Math.imul(stampMs | 0, 0x27d4eb2f)
  return crc32(body, (seed ^ Math.floor(stampMs / 2 ** 32)) >>> 0)
}

export class Segment {
  readonly base: number
  readonly db: DatabaseSync
  readonly #head: StatementSync
  readonly #rows: StatementSync
  readonly #inserts: readonly { readonly rows: number; readonly statement: StatementSync }[]
  readonly #meta: StatementSync
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  #sealed: number | null = null

  private constructor(base: number, db: DatabaseSync) {
    this.base = base
    this.db = db
    this.#head = db.prepare("select (select max(seq) from rec), (select v from meta where k = 'sealed')")
    this.#head.setReturnArrays(true)
    this.#rows = db.prepare('select seq, part, ts, crc, body from rec where seq >= ? order by seq limit ?')
    this.#rows.setReturnArrays(true)
    this.#inserts = INSERT_ROWS.map(rows => {
      const values = Array(rows).fill('(?, ?, ?, ?, ?)').join()
      return { rows, statement: db.prepare(`insert into rec(seq, part, ts, crc, body) values ${values}`) }
    })
    this.#meta = db.prepare('select v from meta where k = ?')
    this.#begin = db.prepare('begin immediate')
    this.#commit = db.prepare('commit')
  }

  /** Throws SQLITE_CANTOPEN where it is not there. */
  static open(dir: string, base: number, pageCountMax = 0): Segment {
    return Segment.#connect(dir, base, '?mode=rw', db => {
      db.exec('pragma synchronous=full')
      if (pageCountMax > 0) db.exec(`pragma max_page_count=${pageCountMax}`)
    })
  }

  /**
   * For reading. A sealed segment that is folded together needs neither locks nor a `-shm`, so it also opens on a full
   * disk; any other is opened like a writer's.
   */
  static openToRead(dir: string, base: number): Segment {
    if (!fs.existsSync(`${segmentFile(dir, base)}-wal`)) {
      try {
        const segment = Segment.#connect(dir, base, '?mode=ro&immutable=1', () => {})
        if (segment.sealed() !== null) return segment
        segment.close()
      } catch {
        // Somebody is writing it just now.
      }
    }
    return Segment.open(dir, base)
  }

  static #connect(dir: string, base: number, search: string, prepare: (db: DatabaseSync) => void): Segment {
    const url = pathToFileURL(segmentFile(dir, base))
    url.search = search
    const db = new DatabaseSync(url, { timeout: 0 })
    try {
      return insist(() => {
        prepare(db)
        const segment = new Segment(base, db)
        segment.sealed()
        return segment
      })
    } catch (error) {
      db.close()
      throw error
    }
  }

  /** Takes the write lock, or throws SQLITE_BUSY at once. */
  begin(): void {
    this.#begin.run()
  }

  commit(): void {
    this.#commit.run()
  }

  /** The newest position, `base - 1` where there is none; and the last one for good, where it is sealed. */
  head(): { head: number; sealed: number | null } {
    const [head, sealed] = this.#head.get() as unknown as [number | null, number | null]
    this.#sealed = sealed
    return { head: head ?? this.base - 1, sealed }
  }

  sealed(): number | null {
    return this.#sealed ?? this.head().sealed
  }

  rows(from: number, max: number): readonly Row[] {
    return this.#rows.all(from, max) as unknown as Row[]
  }

  /** Records with dense positions from `first` on. */
  insert(first: number, partitions: readonly number[], stampMs: number, bodies: readonly string[]): void {
    let i = 0
    for (const { rows, statement } of this.#inserts)
      while (bodies.length - i >= rows) {
        const values: (number | string)[] = []
        for (const end = i + rows; i < end; i++) {
          const part = partitions[i]!
          const body = bodies[i]!
          values.push(first + i, part, stampMs, checksumOf(first + i, part, stampMs, body), body)
        }
        statement.run(...values)
      }
  }

  carried(): Carried {
    const partitions: number[] = []
    const trims = new Map<number, number>()
    const rows = this.db.prepare("select k, v from meta where k like 'part:%' or k like 'trim:%'").all()
    for (const { k, v } of rows as unknown as { k: string; v: number }[]) {
      const partition = Number(k.slice(5))
      if (k.startsWith('part:')) partitions.push(partition)
      else trims.set(partition, v)
    }
    return { ...this.identity(), partitions: partitions.sort((a, b) => a - b), trims }
  }

  identity(): Identity {
    const topic = this.#value('topic')
    const topicId = this.#value('topicId')
    if (typeof topic !== 'string' || typeof topicId !== 'string') {
      throw new LogError('LOG_CORRUPT', `segment ${this.base} does not say which topic it is`, { position: this.base })
    }
    return { topic: topic as Topic, topicId }
  }

  put(key: string, value: string | number): void {
    this.db.prepare('insert into meta(k, v) values(?, ?) on conflict(k) do update set v = excluded.v').run(key, value)
  }

  rollback(): void {
    if (this.db.isTransaction) this.db.exec('rollback')
  }

  close(): void {
    this.db.close()
  }

  #value(key: string): unknown {
    return (this.#meta.get(key) as { v?: unknown } | undefined)?.v
  }
}

/**
 * A new segment appears whole or not at all: built under a name that nobody looks for, then linked. An existing one of the
 * same name wins (two processes that open a new log at once).
 */
export function createSegment(dir: string, base: number, carried: Carried): void {
  const building = path.join(dir, `building-${process.pid}-${threadId}-${randomUUID()}`)
  try {
    const db = new DatabaseSync(building)
    try {
      db.exec('pragma synchronous=off; pragma journal_mode=wal;')
      db.exec(`begin immediate; ${SCHEMA}`)
      const put = db.prepare('insert into meta(k, v) values(?, ?)')
      put.run('topic', carried.topic)
      put.run('topicId', carried.topicId)
      for (const partition of carried.partitions) put.run(`part:${partition}`, 1)
      for (const [partition, before] of carried.trims) put.run(`trim:${partition}`, before)
      db.exec('commit')
    } finally {
      db.close()
    }
    syncPath(building)
    try {
      fs.linkSync(building, segmentFile(dir, base))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    syncPath(dir)
  } finally {
    removeDatabase(building)
  }
}

export function removeDatabase(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) fs.rmSync(file + suffix, { force: true })
}

export function syncPath(file: string): void {
  const fd = fs.openSync(file, 'r')
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
