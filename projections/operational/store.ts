/**
 * One site's rows in one build of the operational tables.
 *
 * O2  Rows and checkpoint change in one transaction, which begins by moving the checkpoint from where it is expected to
 *     be: a second projector waits for the first one's row lock, and then finds another checkpoint (S22).
 */
import pg from 'pg'
import type { FrozenFold } from '../../actors/controller/fold.ts'
import type { Applied, Batch, Standing, Store } from '../runner/store.ts'
import { NOTHING } from '../runner/store.ts'
import type { Electorate } from './ballots.ts'
import { PATIENT } from './database.ts'
import { TENANT } from './schema.ts'
import { type Change, OLD_MS, put, TABLE_NAMES, tableOf, topicOf } from './tables.ts'
import { statementsOf } from './upsert.ts'

const HOUR_MS = 3_600_000
/** SQLSTATE classes of what a statement carries: data exceptions, integrity, limits of a row. */
const OF_CONTENT = ['22', '23', '54']
const DISK_FULL = '53100'

/** A connection of the writer's role, and nobody else's meanwhile. */
export type Connection = Pick<pg.ClientBase, 'query'>

export class OperationalStore implements Store<Change> {
  readonly #client: Connection
  readonly #of: readonly [tenant: string, site: string]
  readonly #topic: 'facts' | 'decisions'
  readonly #schema: string
  #atMs = 0
  #last: Promise<void> = Promise.resolve()
  /** Why nothing more is asked of the connection; null: it answers. */
  #inDoubt: unknown = null

  constructor(
    client: Connection,
    schema: string,
    tenant: string,
    site: string,
    topic: 'facts' | 'decisions' = 'facts',
  ) {
    this.#client = client
    this.#schema = schema
    this.#of = [tenant, site]
    this.#topic = topic
  }

  async standing(): Promise<Standing> {
    const [found] = await this.#transaction(async () => {
      const result = await this.#client.query(
        `SELECT c.topic_id, c.begins, c.position, c.at_ms, c.passed, f.fold FROM checkpoints c
         LEFT JOIN frozen_folds f USING (tenant, site) WHERE tenant = $1 AND site = $2 AND topic = $3`,
        [...this.#of, this.#topic],
      )
      return result.rows
    })
    if (!found) return NOTHING
    this.#atMs = Number(found.at_ms)
    return {
      checkpoint: Number(found.position),
      from: Number(found.begins),
      topicId: found.topic_id,
      passed: found.passed,
      fold: found.fold === null ? null : (JSON.parse(found.fold) as FrozenFold),
    }
  }
  async clear(topicId: string, from = 0): Promise<void> {
    await this.#transaction(async () => {
      await this.#forgetAll()
      await this.#client.query(
        `INSERT INTO checkpoints (tenant, site, topic, topic_id, begins, position, at_ms, passed)
         VALUES ($1, $2, $3, $4, $5, $6, 0, '[]')`,
        [...this.#of, this.#topic, topicId, from, from - 1],
      )
    })
    this.#atMs = 0
  }
  /** With the rows of the facts go all: what is beside them was judged by them. */
  async #forgetAll(): Promise<void> {
    const whole = this.#topic === 'facts'
    const own = TABLE_NAMES.filter(name => whole || topicOf(name) === this.#topic)
    for (const table of whole ? [...own, 'frozen_folds', 'checkpoints'] : own)
      await this.#client.query({
        ...PATIENT,
        text: `DELETE FROM ${table} WHERE tenant = $1 AND site = $2`,
        values: [...this.#of],
      })
    for (const table of whole ? [] : ['set_aside', 'checkpoints'])
      await this.#client.query(`DELETE FROM ${table} WHERE tenant = $1 AND site = $2 AND topic = $3`, [
        ...this.#of,
        this.#topic,
      ])
  }
  async apply(batch: Batch<Change>): Promise<Applied> {
    try {
      return await this.#transaction(() => this.#write(batch))
    } catch (error) {
      if (error instanceof Fenced) return { kind: 'fenced', found: error.found }
      if (!(error instanceof pg.DatabaseError)) throw error
      const reason = `${error.code}: ${error.message}`
      if (error.code === DISK_FULL) return { kind: 'noRoom', reason }
      if (OF_CONTENT.includes(error.code?.slice(0, 2) ?? '')) return { kind: 'refused', reason }
      throw error
    }
  }

  /** As the rows of the facts have it; null: they have none of this hash. */
  async electorate(hash: string): Promise<Electorate | null> {
    const asked = 'SELECT keys, replicas FROM manifests WHERE tenant = $1 AND site = $2 AND hash = $3'
    return this.#transaction(async () => (await this.#client.query(asked, [...this.#of, hash])).rows[0] ?? null)
  }

  async #write({ expected, to, slices, passed, fold }: Batch<Change>): Promise<Applied> {
    const { atMs } = slices.at(-1) ?? { atMs: this.#atMs }
    const moved = await this.#client.query({
      name: 'move checkpoint',
      text: `UPDATE checkpoints SET position = $4, at_ms = $5, passed = $6
             WHERE tenant = $1 AND site = $2 AND position = $3 AND topic = $7`,
      values: [...this.#of, expected, to, atMs, JSON.stringify(passed), this.#topic],
    })
    if (moved.rowCount === 0) throw new Fenced(await this.#found())
    const aside = slices.flatMap(slice => slice.setAside.map(a => put('set_aside', { topic: this.#topic, ...a })))
    const changes = slices.flatMap(slice => slice.changes)
    for (const { name, text, values } of statementsOf(...this.#of, [...changes, ...aside]))
      await this.#client.query({ name, text, values: [...values] })
    if (fold)
      await this.#client.query({
        name: 'keep fold',
        text: `INSERT INTO frozen_folds (tenant, site, fold) VALUES ($1, $2, $3)
               ON CONFLICT (tenant, site) DO UPDATE SET fold = excluded.fold`,
        values: [...this.#of, JSON.stringify(fold)],
      })
    await this.#forget(atMs)
    this.#atMs = atMs
    return { kind: 'applied' }
  }
  /** By whole hours of log time, so that what is left does not depend on where batches ended. */
  async #forget(atMs: number): Promise<void> {
    const hour = Math.floor(atMs / HOUR_MS)
    if (hour === Math.floor(this.#atMs / HOUR_MS)) return
    for (const name of TABLE_NAMES) {
      const { ages } = tableOf(name)
      if (!ages || topicOf(name) !== this.#topic) continue
      const old = `DELETE FROM ${name} WHERE tenant = $1 AND site = $2 AND ${ages} < $3`
      await this.#client.query(old, [...this.#of, hour * HOUR_MS - OLD_MS])
    }
  }
  async #found(): Promise<number> {
    const at = 'SELECT position FROM checkpoints WHERE tenant = $1 AND site = $2 AND topic = $3'
    const result = await this.#client.query(at, [...this.#of, this.#topic])
    return Number(result.rows[0]?.position ?? -1)
  }

  /** One after the other: they share the connection. */
  #transaction<T>(within: () => Promise<T>): Promise<T> {
    const result = this.#last.then(() => this.#alone(within))
    this.#last = result.then(
      () => {},
      () => {}, // whoever asked is told
    )
    return result
  }
  /** Without an answer nobody knows whether a transaction is open: the next one would be a part of it (O2). */
  async #rollBack(error: unknown): Promise<void> {
    const answered = error instanceof pg.DatabaseError || error instanceof Fenced
    const rolledBack = answered && (await this.#client.query('ROLLBACK').then(Boolean, () => false))
    if (!rolledBack) this.#inDoubt = error
  }
  /** As this tenant alone (O1). */
  async #alone<T>(within: () => Promise<T>): Promise<T> {
    if (this.#inDoubt !== null) throw new Error('the connection is in doubt', { cause: this.#inDoubt })
    try {
      await this.#client.query('BEGIN')
      await this.#client.query({
        name: 'of tenant',
        text: `SELECT set_config('${TENANT}', $1, true), set_config('search_path', $2, true)`,
        values: [this.#of[0], this.#schema],
      })
      const result = await within()
      await this.#client.query('COMMIT')
      return result
    } catch (error) {
      await this.#rollBack(error)
      throw error
    }
  }
}

class Fenced extends Error {
  readonly found: number
  constructor(found: number) {
    super(`the checkpoint is ${found}`)
    this.found = found
  }
}
