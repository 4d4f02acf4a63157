/**
 * What may be asked of one site's time series. Each answer is of one prefix of the log: the checkpoint is read first,
 * and no row above it is shown (S22).
 */
import type { ClickHouseClient } from '@clickhouse/client'
import type { Sums } from '../runner/store.ts'
import { type Params, rowsOf } from './database.ts'
import { ROLLUPS, type RollupMinutes } from './schema.ts'

/** Rows in one answer, whatever is asked for. */
const ROWS_MAX = 10_000
/** Later than any log time that the tables hold. */
const EVER_MS = 4_000_000_000_000

export interface Span {
  readonly fromMs: number
  /** Not in it. */
  readonly toMs: number
  readonly max?: number
  /** A checkpoint read before: of that prefix, where more than one question is one answer. */
  readonly upTo?: number
}
interface Moment {
  readonly position: number
  readonly atMs: number
  readonly epoch: number
  readonly cycle: number
}
/** Empty: every one. */
export interface Which {
  readonly asset?: string
  readonly point?: string
}
/** The last row that a reader has; only what comes after it is wanted. */
interface AfterPoint extends OfPoint {
  readonly position: number
}
interface AfterRollup extends OfPoint {
  readonly atMs: number
  readonly unit: string
}
/** Dissent: only what somebody was outvoted in. */
interface WhichVerdicts {
  readonly source?: string
  readonly dissent?: boolean
  readonly afterPosition?: number
}
export interface Reached {
  /** Rows are of this position and above. */
  readonly from: number
  /** -1: nothing is there. */
  readonly position: number
  /** Log time there. */
  readonly atMs: number
}
interface OfPoint {
  readonly asset: string
  readonly point: string
}
export interface PointRow extends Moment, OfPoint {
  readonly value: number | null
  readonly word: string
  readonly unit: string
  readonly quality: 'good' | 'uncertain' | 'bad'
  readonly ageMs: number
}
export interface RollupRow extends OfPoint {
  readonly atMs: number
  readonly unit: string
  readonly count: number
  readonly total: number
  readonly least: number
  readonly most: number
  readonly latest: number
}
export interface DecisionRow extends Moment {
  readonly seq: number
  readonly source: string
  readonly digest: string
  readonly signers: readonly string[]
  readonly dissenters: readonly string[]
  readonly latencyUs: number | null
  readonly writes: number
  readonly unconfirmed: number
}
export interface SetAsideRow {
  readonly position: number
  readonly code: string
  readonly reason: string
}

const OF_SITE = 'tenant = {tenant:String} AND site = {site:String} AND slice <= {checkpoint:UInt64}'
const IN_SPAN = 'at >= fromUnixTimestamp64Milli({fromMs:Int64}) AND at < fromUnixTimestamp64Milli({toMs:Int64})'
const OF_POINT = `({asset:String} = '' OR asset = {asset:String}) AND ({point:String} = '' OR point = {point:String})`
const MOMENT = 'position, toUnixTimestamp64Milli(at) AS atMs, epoch, cycle'

export class TimeseriesReader {
  readonly #client: ClickHouseClient
  readonly #database: string
  readonly #of: { readonly tenant: string; readonly site: string }

  constructor(client: ClickHouseClient, database: string, tenant: string, site: string) {
    this.#client = client
    this.#database = database
    this.#of = { tenant, site }
  }

  /** By (epoch, cycle), which is the order of the log. */
  points({ asset = '', point = '' }: Which, span: Span, after: AfterPoint = FIRST): Promise<PointRow[]> {
    return this.#ask(
      `SELECT ${MOMENT}, asset, point, value, word, unit, quality, age_ms AS ageMs FROM ${this.#database}.points FINAL
       WHERE ${OF_SITE} AND ${OF_POINT} AND ${IN_SPAN}
         AND (position, asset, point) > ({afterPosition:UInt64}, {afterAsset:String}, {afterPoint:String})
       ORDER BY position, asset, point`,
      { asset, point, ...paramsOf(span), ...afterOf(after), afterPosition: after.position },
      span,
    )
  }
  /** Of the numbers that were measured; a slot in which none was has no row. */
  rollup(
    minutes: RollupMinutes,
    { asset = '', point = '' }: Which,
    span: Span,
    after: AfterRollup = FIRST,
  ): Promise<RollupRow[]> {
    const from = { afterMs: after.atMs, afterUnit: after.unit }
    return this.#ask(
      `SELECT toInt64(toUnixTimestamp(at)) * 1000 AS atMs, asset, point, unit, sum(p.count) AS count, sum(p.total) AS total,
         min(p.least) AS least, max(p.most) AS most, argMax(p.latest, p.slice) AS latest
       FROM (SELECT at, asset, point, unit, arrayJoin(groupUniqArrayArray(pieces)) AS p FROM ${this.#database}.${ROLLUPS[minutes]}
         WHERE tenant = {tenant:String} AND site = {site:String} AND ${OF_POINT}
           AND at >= toDateTime(intDiv({fromMs:Int64} + 999, 1000), 'UTC') AND at < toDateTime(intDiv({toMs:Int64} + 999, 1000), 'UTC')
           AND (at, asset, point, unit)
             > (toDateTime(intDiv({afterMs:Int64}, 1000), 'UTC'), {afterAsset:String}, {afterPoint:String}, {afterUnit:String})
         GROUP BY at, asset, point, unit)
       WHERE p.slice <= {checkpoint:UInt64} GROUP BY at, asset, point, unit
       ORDER BY at, asset, point, unit`,
      { asset, point, ...paramsOf(span), ...afterOf(after), ...from },
      span,
    )
  }
  decisions(span: Span, { source = '', dissent, afterPosition = -1 }: WhichVerdicts = {}): Promise<DecisionRow[]> {
    const outvoted = dissent === undefined ? '' : `AND ${dissent ? 'notEmpty' : 'empty'}(dissenters)`
    return this.#ask(
      `SELECT ${MOMENT}, seq, source, digest, signers, dissenters, latency_us AS latencyUs, writes, unconfirmed
       FROM ${this.#database}.decisions FINAL WHERE ${OF_SITE} AND ${IN_SPAN} ${outvoted}
         AND ({source:String} = '' OR source = {source:String}) AND position >= {next:UInt64} ORDER BY position`,
      { ...paramsOf(span), source, next: afterPosition + 1 },
      span,
    )
  }
  setAside(): Promise<SetAsideRow[]> {
    return this.#ask(
      `SELECT position, code, reason FROM ${this.#database}.set_aside FINAL WHERE ${OF_SITE} ORDER BY position`,
      {},
      {},
    )
  }
  /**
   * Of all rows up to a position at or below the checkpoint: equal for two builds of one log. Points before `hotFromMs`
   * are left out: they may be in files.
   */
  async sums(upTo: number, hotFromMs: number): Promise<Sums> {
    const params = { ...this.#of, checkpoint: upTo, fromMs: hotFromMs, toMs: EVER_MS }
    const sum = async (rows: string) => {
      const all = `SELECT toString(count()) AS n, toString(sum(cityHash64(*))) AS hash FROM (${rows})`
      const [found] = await rowsOf<{ n: string; hash: string }>(this.#client, all, params)
      return `${found!.n} rows ${found!.hash}`
    }
    const pieces = (table: string) =>
      `SELECT asset, point, unit, at, arrayJoin(groupUniqArrayArray(pieces)) AS p FROM ${this.#database}.${table}
       WHERE tenant = {tenant:String} AND site = {site:String} GROUP BY asset, point, unit, at HAVING p.slice <= {checkpoint:UInt64}`
    const sums: Record<string, string> = {}
    for (const table of ['points', 'decisions', 'set_aside']) {
      const hot = table === 'points' ? `AND ${IN_SPAN}` : ''
      sums[table] = await sum(`SELECT * FROM ${this.#database}.${table} FINAL WHERE ${OF_SITE} ${hot}`)
    }
    for (const table of Object.values(ROLLUPS)) sums[table] = await sum(`SELECT * FROM (${pieces(table)})`)
    return sums
  }
  /** The first moment of the first month that has points. */
  async hotFromMs(): Promise<number> {
    const first = `SELECT toInt64(toUnixTimestamp(toStartOfMonth(min(at)))) * 1000 AS ms FROM ${this.#database}.points
      WHERE tenant = {tenant:String} AND site = {site:String}`
    return (await rowsOf<{ ms: number }>(this.#client, first, this.#of))[0]?.ms ?? 0
  }
  async setAsideCount(upTo: number): Promise<number> {
    const count = `SELECT uniqExact(position) AS n FROM ${this.#database}.set_aside WHERE ${OF_SITE}`
    const params = { ...this.#of, checkpoint: Math.max(0, upTo) }
    return (await rowsOf<{ n: number }>(this.#client, count, params))[0]?.n ?? 0
  }
  /** No row of this kind is older, of whomever: what is before need not be looked through. */
  async beginsAtMs(table: 'points' | 'decisions' | (typeof ROLLUPS)[RollupMinutes]): Promise<number> {
    const first = `SELECT toInt64(toUnixTimestamp(toDateTime(min(at), 'UTC'))) * 1000 AS ms FROM ${this.#database}.${table}`
    return (await rowsOf<{ ms: number }>(this.#client, first))[0]?.ms ?? 0
  }
  async reached(): Promise<Reached> {
    const newest = `SELECT begins AS "from", position, at_ms AS atMs FROM ${this.#database}.checkpoints
      WHERE tenant = {tenant:String} AND site = {site:String} ORDER BY turn DESC LIMIT 1`
    return (await rowsOf<Reached>(this.#client, newest, this.#of))[0] ?? { from: 0, position: -1, atMs: 0 }
  }

  async #ask<T>(query: string, params: Params, { max = ROWS_MAX, upTo }: Pick<Span, 'max' | 'upTo'>): Promise<T[]> {
    const checkpoint = upTo ?? (await this.reached()).position
    if (checkpoint < 0) return []
    const limit = Math.min(max, ROWS_MAX)
    return rowsOf<T>(this.#client, `${query} LIMIT ${limit}`, { ...params, ...this.#of, checkpoint })
  }
}
/** Before every row: no asset has an empty name. */
const FIRST = { position: 0, atMs: 0, asset: '', point: '', unit: '' }
const afterOf = ({ asset, point }: OfPoint): Params => ({ afterAsset: asset, afterPoint: point })
const paramsOf = ({ fromMs, toMs }: Span): Params => ({ fromMs, toMs })
