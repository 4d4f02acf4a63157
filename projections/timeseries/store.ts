/** One site's rows in one build of the time series, written by the rules of `schema.ts`. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { FrozenFold } from '../../actors/controller/fold.ts'
import type { Applied, Batch, Standing, Store } from '../runner/store.ts'
import { NOTHING } from '../runner/store.ts'
import { type Params, rowsOf, run } from './database.ts'
import { type Cell, type Change, COLUMNS } from './rows.ts'
import { ROLLUPS } from './schema.ts'

const NOT_ENOUGH_SPACE = '243'
const OF_SITE = 'tenant = {tenant:String} AND site = {site:String}'
const OF_TOPIC = `${OF_SITE} AND topic = {topic:String}`
const ROW_TABLES = [...Object.keys(COLUMNS), ...Object.values(ROLLUPS), 'set_aside']
type FollowedTopic = 'facts' | 'history'
interface Checkpoint {
  readonly turn: number
  readonly topic_id: string
  readonly begins: number
  readonly position: number
  readonly at_ms: number
  readonly passed: readonly number[]
}

export class TimeseriesStore implements Store<Change> {
  readonly #client: ClickHouseClient
  readonly #database: string
  readonly #of: { readonly tenant: string; readonly site: string; readonly topic: FollowedTopic }

  constructor(
    client: ClickHouseClient,
    database: string,
    tenant: string,
    site: string,
    topic: FollowedTopic = 'facts',
  ) {
    this.#client = client
    this.#database = database
    this.#of = { tenant, site, topic }
  }

  async standing(): Promise<Standing> {
    const at = await this.#checkpoint()
    if (!at) return NOTHING
    const newest = `SELECT position, fold FROM ${this.#table('frozen_folds')} WHERE ${OF_SITE} ORDER BY turn DESC LIMIT 1`
    const [kept] = await this.#rows<{ position: number; fold: string }>(newest)
    const fold = kept && kept.position <= at.position ? (JSON.parse(kept.fold) as FrozenFold) : null
    return { checkpoint: at.position, from: at.begins, topicId: at.topic_id, passed: at.passed, fold }
  }
  /** Nothing is readable from the first word on; a clearing that was cut short is done again, since no log is named. */
  async clear(topicId: string, from = 0): Promise<void> {
    if (this.#of.topic === 'facts') await this.#beside().clear('') // what is beside them was judged by them
    const former = await this.#checkpoint()
    if (former) await this.#move({ topic_id: '', begins: 0, position: -1, at_ms: 0, passed: [] })
    for (const table of former ? ROW_TABLES : [])
      await run(this.#client, `ALTER TABLE ${this.#table(table)} DELETE WHERE ${OF_TOPIC}`, this.#of)
    if (former && this.#of.topic === 'facts')
      await run(this.#client, `ALTER TABLE ${this.#table('frozen_folds')} DELETE WHERE ${OF_SITE}`, this.#of)
    await this.#move({ topic_id: topicId, begins: from, position: from - 1, at_ms: 0, passed: [] })
  }
  /** What is there of a batch that had no room is above the checkpoint, and the same when it comes again (K1). */
  async apply(batch: Batch<Change>): Promise<Applied> {
    try {
      return await this.#write(batch)
    } catch (error) {
      if (!isFull(error)) throw error
      return { kind: 'noRoom', reason: error.message }
    }
  }
  /** K3: the checkpoint after all rows; the fold after the checkpoint, so that it is never above it. */
  async #write({ expected, to, slices, passed, fold }: Batch<Change>): Promise<Applied> {
    const at = await this.#checkpoint()
    if (!at || at.position !== expected) return { kind: 'fenced', found: at?.position ?? -1 }
    for (const table of Object.keys(COLUMNS) as (keyof typeof COLUMNS)[]) {
      const rows = slices.flatMap(slice => slice.changes.filter(c => c.table === table).map(c => [slice.to, ...c.row]))
      await this.#insert(table, COLUMNS[table], rows)
    }
    const aside = slices.flatMap(s => s.setAside.map(a => [s.to, a.position, a.code, a.reason]))
    await this.#insert('set_aside', ['position', 'code', 'reason'], aside)
    const at_ms = slices.at(-1)?.atMs ?? at.at_ms
    await this.#move({ topic_id: at.topic_id, begins: at.begins, position: to, at_ms, passed }, at.turn)
    if (fold) await this.#keep(fold, at.turn).catch(ignoreFull) // without one a restart takes longer, and that is all
    return { kind: 'applied' }
  }

  #beside(): TimeseriesStore {
    const { tenant, site } = this.#of
    return new TimeseriesStore(this.#client, this.#database, tenant, site, 'history')
  }
  async #checkpoint(): Promise<Checkpoint | undefined> {
    const newest = `SELECT turn, topic_id, begins, position, at_ms, passed FROM ${this.#table('checkpoints')} WHERE ${OF_TOPIC}
      ORDER BY turn DESC LIMIT 1`
    return (await this.#rows<Checkpoint>(newest))[0]
  }
  async #move(to: Omit<Checkpoint, 'turn'>, from?: number): Promise<void> {
    const turn = 1 + (from ?? (await this.#checkpoint())?.turn ?? 0)
    await this.#client.insert({
      table: this.#table('checkpoints'),
      values: [{ ...this.#of, turn, ...to }],
      format: 'JSONEachRow',
    })
  }
  async #keep(fold: FrozenFold, turn: number): Promise<void> {
    const { tenant, site } = this.#of
    const values = [{ tenant, site, turn, position: fold.position, fold: JSON.stringify(fold) }]
    await this.#client.insert({ table: this.#table('frozen_folds'), values, format: 'JSONEachRow' })
  }
  async #insert(table: string, columns: readonly string[], rows: readonly (readonly Cell[])[]): Promise<void> {
    if (rows.length === 0) return
    const { tenant, site, topic } = this.#of
    await this.#client.insert({
      table: this.#table(table),
      columns: ['tenant', 'site', 'topic', 'slice', ...columns],
      values: rows.map(row => [tenant, site, topic, ...row]),
      format: 'JSONCompactEachRow',
    })
  }
  #table(name: string): string {
    return `${this.#database}.${name}`
  }
  #rows<T>(query: string, params: Params = {}): Promise<T[]> {
    return rowsOf<T>(this.#client, query, { ...params, ...this.#of })
  }
}

/** By its number, since the engine in this process has an error class of its own; a disk may also fill under a write. */
const isFull = (error: unknown): error is Error =>
  error instanceof Error &&
  (('code' in error && error.code === NOT_ENOUGH_SPACE) || /No space left on device/.test(error.message))
function ignoreFull(error: unknown): void {
  if (!isFull(error)) throw error
}
