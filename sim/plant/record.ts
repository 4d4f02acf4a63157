/**
 * The plant's own record, written by the plant alone: every write request that reached it, what it made of it, and the
 * state of its physics. One SQLite file; a write and the state that it led to are one transaction, made before the
 * reply leaves. It survives the death of the process at any moment; a cut of power may lose its last moments (WAL with
 * synchronous=NORMAL), since the plant stands for the world and not for a computer.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { meters, type PlantMeters } from './meters.ts'
import type { PlantWrite } from './plant.ts'
import type { WriteLog } from './requests.ts'
import type { PlantState } from './state.ts'

export interface RecordedWrite extends PlantWrite {
  /** One number for each request; a request that hits several registers has several rows. */
  readonly number: number
  /** Plant time, UTC ms. */
  readonly atMs: number
  readonly unit: number
  readonly space: string
  readonly address: number
  readonly words: readonly number[]
  /** Peer of the connection; `second-writer` for the plant's own. */
  readonly source: string
}

export interface PlantRecord {
  readonly writes: readonly RecordedWrite[]
  readonly state: PlantState
  readonly meters: PlantMeters
  /** Times during which the plant did not run for longer than it catches up, ms. */
  readonly skippedMs: number
  /** The plant's time less the wall's, ms: it begins with the moment that its first start was prepared. */
  readonly aheadMs: number
}

const FILE = 'plant.sqlite'
/** Older writes are dropped above this many, so that a plant can run for months. */
const MOST_WRITES = 1_000_000
const SCHEMA = `
  create table if not exists write (row integer primary key, number integer not null, body text not null) strict;
  create index if not exists write_number on write (number);
  create table if not exists memory (name text primary key, body text not null) strict;
`

export class RecordFile implements WriteLog {
  readonly #db: DatabaseSync
  #next: number

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true })
    this.#db = new DatabaseSync(join(folder, FILE), { timeout: 5_000 })
    this.#db.exec('pragma journal_mode = wal; pragma synchronous = normal')
    this.#db.exec(SCHEMA)
    const row = this.#db.prepare('select max(number) as n from write').get() as { n: number | null }
    this.#next = (row.n ?? 0) + 1
  }

  /** What was remembered under a name: `state`, `skipped`. */
  recall<T>(name: string): T | undefined {
    const row = this.#db.prepare('select body from memory where name = ?').get(name) as { body: string } | undefined
    return row && (JSON.parse(row.body) as T)
  }
  remember(name: string, value: unknown): void {
    this.#db
      .prepare('insert into memory values (?, ?) on conflict (name) do update set body = excluded.body')
      .run(name, JSON.stringify(value))
  }

  /** The number that the next write request gets. */
  get next(): number {
    return this.#next
  }

  append(rows: readonly RecordedWrite[], state: PlantState): void {
    this.#together(() => {
      const insert = this.#db.prepare('insert into write (number, body) values (?, ?)')
      for (const row of rows) insert.run(row.number, JSON.stringify(row))
      this.remember('state', state)
      if (this.#next % 1000 === 0) this.#db.prepare('delete from write where number < ?').run(this.#next - MOST_WRITES)
    })
    this.#next += 1
  }

  /** The state after steps, with the late writes that took effect in them. */
  stepped(state: PlantState, tookEffect: readonly { readonly write: number; readonly atMs: number }[]): void {
    this.#together(() => {
      const mark = this.#db.prepare(
        `update write set body = json_set(body, '$.effectAtMs', cast(? as integer)) where number = ? and body ->> '$.register' in ('setpoint', 'ceiling')`,
      )
      for (const late of tookEffect) mark.run(late.atMs, late.write)
      this.remember('state', state)
    })
  }

  #together(work: () => void): void {
    this.#db.exec('begin immediate')
    try {
      work()
      this.#db.exec('commit')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('rollback')
      throw error
    }
  }

  close(): void {
    this.#db.close()
  }
}

/** The record of a plant, running or not, with the writes from a number on. */
export function readRecord(folder: string, fromNumber = 0): PlantRecord {
  const db = new DatabaseSync(join(folder, FILE), { readOnly: true, timeout: 5_000 })
  try {
    const rows = db.prepare('select body from write where number >= ? order by row').all(fromNumber) as {
      body: string
    }[]
    const memory = (name: string) =>
      (db.prepare('select body from memory where name = ?').get(name) as { body: string } | undefined)?.body
    const body = memory('state')
    if (body === undefined) throw new Error(`PLANT_RECORD_EMPTY: no plant has run in ${folder}`)
    const state = JSON.parse(body) as PlantState
    return {
      writes: rows.map(r => JSON.parse(r.body) as RecordedWrite),
      state,
      meters: meters(state),
      skippedMs: Number(memory('skipped') ?? 0),
      aheadMs: Number(memory('ahead') ?? 0),
    }
  } finally {
    db.close()
  }
}
