/**
 * Frozen folds of one site in a file: where the time machine begins its way to a position. What is lost of it is folded
 * again; so nothing waits for the disk.
 */
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import type { FrozenFold } from '../../actors/controller/fold.ts'
import type { Checkpoints } from '../../projections/inspector/checkpoints.ts'

/** Months of a site; beyond it every second one of the older half goes, and the way there is twice as long. */
const KEPT_MAX = 20_000
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = OFF;
  CREATE TABLE IF NOT EXISTS origin (topic TEXT NOT NULL, engine TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS folds (position INTEGER PRIMARY KEY, fold BLOB NOT NULL);
`
/** A fold is much alike from one to the next: speed counts more than the last byte. */
const QUICK = { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }

export class KeptCheckpoints implements Checkpoints {
  readonly #db: DatabaseSync
  readonly #newest: StatementSync
  readonly #put: StatementSync
  #count = 0

  constructor(dir: string) {
    this.#db = new DatabaseSync(join(dir, 'checkpoints.sqlite'))
    this.#db.exec(SCHEMA)
    this.#newest = this.#db.prepare('SELECT fold FROM folds WHERE position <= ? ORDER BY position DESC LIMIT 1')
    this.#put = this.#db.prepare('INSERT OR REPLACE INTO folds (position, fold) VALUES (?, ?)')
  }
  begin(topicId: string, engine: string): void {
    const origin = this.#db.prepare('SELECT topic, engine FROM origin').get()
    if (origin?.topic !== topicId || origin.engine !== engine) {
      this.#db.exec('DELETE FROM folds; DELETE FROM origin')
      this.#db.prepare('INSERT INTO origin (topic, engine) VALUES (?, ?)').run(topicId, engine)
    }
    this.#count = Number(this.#db.prepare('SELECT count(*) AS n FROM folds').get()!.n)
  }
  newest(position: number): FrozenFold | null {
    const row = this.#newest.get(position)
    return row ? JSON.parse(brotliDecompressSync(row.fold as Uint8Array).toString()) : null
  }
  put(fold: FrozenFold): void {
    this.#put.run(fold.position, brotliCompressSync(JSON.stringify(fold), QUICK))
    if (++this.#count > KEPT_MAX) this.#thin()
  }
  close(): void {
    this.#db.close()
  }
  #thin(): void {
    this.#db.exec(`
      DELETE FROM folds WHERE position IN (
        SELECT position FROM (SELECT position, row_number() OVER (ORDER BY position) AS n FROM folds)
        WHERE n < ${KEPT_MAX / 2} AND n % 2 = 0)`)
    this.#count = Number(this.#db.prepare('SELECT count(*) AS n FROM folds').get()!.n)
  }
}
