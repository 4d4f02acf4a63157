/**
 * What may be asked of one site's time series. Each answer is of one prefix of the log: the checkpoint is read first,
 * and no row above it is shown (S22).
 */
import type { ClickHouseClient } from '@clickhouse/client'
import type { Summed } from '../runner/database.ts'
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
  /** Checkpoints read before: of that prefix, where more than one question is one answer. */
  readonly upTo?: Reached
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
  readonly atMs: number
  readonly epoch: number
  readonly cycle: number
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
  /** Of the history. */
  readonly beside: number
  /** Log time there. */
  readonly atMs: number
}
export interface FrameKey {
  readonly epoch: number
  readonly cycle: number
}
export interface FrameRow extends FrameKey {
  readonly position: number
  readonly atMs: number
  readonly cycleMs: number
}
export interface Around {
  /** At or before it. */
  readonly last: FrameRow | null
  readonly next: FrameRow | null
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
  readonly late: boolean
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
  readonly topic: string
  readonly position: number
  readonly code: string
  readonly reason: string
}

const WITHIN = "if(topic = 'history', {beside:Int64}, {checkpoint:Int64})"
const OF_SITE = `tenant = {tenant:String} AND site = {site:String} AND slice <= ${WITHIN}`
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

  /** By log time and (epoch, cycle): a frame that came too late stands where it was measured. */
  async points({ asset = '', point = '' }: Which, span: Span, after: AfterPoint = FIRST): Promise<PointRow[]> {
    const frame = { afterMs: after.atMs, afterEpoch: after.epoch, afterCycle: after.cycle }
    const rows = await this.#ask<PointRow>(
      `SELECT ${MOMENT}, asset, point, value, word, unit, quality, age_ms AS ageMs,
         topic = 'history' AS late FROM ${this.#database}.points FINAL
       WHERE ${OF_SITE} AND ${OF_POINT} AND ${IN_SPAN}
         AND (toUnixTimestamp64Milli(at), epoch, cycle, asset, point)
           > ({afterMs:Int64}, {afterEpoch:UInt64}, {afterCycle:UInt64}, {afterAsset:String}, {afterPoint:String})
       ORDER BY at, epoch, cycle, asset, point`,
      { asset, point, ...paramsOf(span), ...afterOf(after), ...frame },
      span,
    )
    return rows.map(row => ({ ...row, late: Boolean(row.late) }))
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
         min(p.least) AS least, max(p.most) AS most, argMax(p.latest, (p.epoch, p.cycle)) AS latest
       FROM (SELECT topic, at, asset, point, unit, arrayJoin(groupUniqArrayArray(pieces)) AS p FROM ${this.#database}.${ROLLUPS[minutes]}
         WHERE tenant = {tenant:String} AND site = {site:String} AND ${OF_POINT}
           AND at >= toDateTime(intDiv({fromMs:Int64} + 999, 1000), 'UTC') AND at < toDateTime(intDiv({toMs:Int64} + 999, 1000), 'UTC')
           AND (at, asset, point, unit)
             > (toDateTime(intDiv({afterMs:Int64}, 1000), 'UTC'), {afterAsset:String}, {afterPoint:String}, {afterUnit:String})
         GROUP BY topic, at, asset, point, unit)
       WHERE p.slice <= ${WITHIN} GROUP BY at, asset, point, unit
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
      `SELECT topic, position, code, reason FROM ${this.#database}.set_aside FINAL WHERE ${OF_SITE} ORDER BY topic, position`,
      {},
      {},
    )
  }
  /**
   * Of all rows up to checkpoints at or below those of the rows: equal for two builds of one log. Points before
   * `hotFromMs` are left out: they may be in files.
   */
  async sums(upTo: Reached, hotFromMs: number): Promise<Summed> {
    const { position: checkpoint, beside } = upTo
    const of = async (topic: 'facts' | 'history'): Promise<Sums> => {
      const params = { ...this.#of, topic, checkpoint, beside, fromMs: hotFromMs, toMs: EVER_MS }
      const sum = async (rows: string) => {
        const all = `SELECT toString(count()) AS n, toString(sum(cityHash64(*))) AS hash FROM (${rows})`
        const [found] = await rowsOf<{ n: string; hash: string }>(this.#client, all, params)
        return `${found!.n} rows ${found!.hash}`
      }
      const pieces = (table: string) =>
        `SELECT topic, asset, point, unit, at, arrayJoin(groupUniqArrayArray(pieces)) AS p FROM ${this.#database}.${table}
         WHERE tenant = {tenant:String} AND site = {site:String} AND topic = {topic:String}
         GROUP BY topic, asset, point, unit, at HAVING p.slice <= ${WITHIN}`
      const sums: Record<string, string> = {}
      for (const table of ['points', 'frames', 'gateways', 'decisions', 'set_aside']) {
        const hot = table === 'points' ? `AND ${IN_SPAN}` : ''
        const rows = `SELECT * FROM ${this.#database}.${table} FINAL WHERE ${OF_SITE} AND topic = {topic:String} ${hot}`
        sums[`${table} of ${topic}`] = await sum(rows)
      }
      for (const table of Object.values(ROLLUPS))
        sums[`${table} of ${topic}`] = await sum(`SELECT * FROM (${pieces(table)})`)
      return sums
    }
    return {
      facts: { checkpoint, sums: await of('facts') },
      beside: { checkpoint: beside, sums: await of('history') },
    }
  }
  /** The first moment of the first month that has points. */
  async hotFromMs(): Promise<number> {
    const first = `SELECT toInt64(toUnixTimestamp(toStartOfMonth(min(at)))) * 1000 AS ms FROM ${this.#database}.points
      WHERE tenant = {tenant:String} AND site = {site:String}`
    return (await rowsOf<{ ms: number }>(this.#client, first, this.#of))[0]?.ms ?? 0
  }
  async setAsideCount({ position, beside }: Reached): Promise<number> {
    const count = `SELECT uniqExact(topic, position) AS n FROM ${this.#database}.set_aside WHERE ${OF_SITE}`
    const params = { ...this.#of, checkpoint: position, beside }
    return (await rowsOf<{ n: number }>(this.#client, count, params))[0]?.n ?? 0
  }
  /** No row of this kind is older, of whomever: what is before need not be looked through. */
  async beginsAtMs(table: 'points' | 'decisions' | (typeof ROLLUPS)[RollupMinutes]): Promise<number> {
    const first = `SELECT toInt64(toUnixTimestamp(toDateTime(min(at), 'UTC'))) * 1000 AS ms FROM ${this.#database}.${table}`
    return (await rowsOf<{ ms: number }>(this.#client, first))[0]?.ms ?? 0
  }
  async reached(): Promise<Reached> {
    const newest = `SELECT topic, begins, position, at_ms FROM ${this.#database}.checkpoints FINAL
      WHERE tenant = {tenant:String} AND site = {site:String}`
    type Row = { topic: string; begins: number; position: number; at_ms: number }
    const rows = await rowsOf<Row>(this.#client, newest, this.#of)
    const facts = rows.find(({ topic }) => topic === 'facts')
    const beside = rows.find(({ topic }) => topic === 'history')?.position ?? -1
    return { from: facts?.begins ?? 0, position: facts?.position ?? -1, beside, atMs: facts?.at_ms ?? 0 }
  }
  /** Of the frames of the facts: those next to one that is not among them, and itself where it is. */
  async framesAround(epoch: number, cycle: number, checkpoint: number): Promise<Around> {
    const ask = async (which: string, order: 'ASC' | 'DESC') => {
      const sql = `SELECT position, toUnixTimestamp64Milli(at) AS atMs, epoch, cycle, cycle_ms AS cycleMs
        FROM ${this.#database}.frames WHERE ${OF_SITE} AND topic = 'facts' AND ${which} ORDER BY epoch ${order}, cycle ${order} LIMIT 1`
      const params = { ...this.#of, checkpoint, beside: -1, epoch, cycle }
      return (await rowsOf<FrameRow>(this.#client, sql, params))[0] ?? null
    }
    const upTo = 'epoch <= {epoch:UInt64} AND (epoch < {epoch:UInt64} OR cycle <= {cycle:UInt64})'
    const after = 'epoch >= {epoch:UInt64} AND (epoch > {epoch:UInt64} OR cycle > {cycle:UInt64})'
    return { last: await ask(upTo, 'DESC'), next: await ask(after, 'ASC') }
  }
  /** Public keys of the gateways that the site has had. */
  async gateways(checkpoint: number): Promise<readonly string[]> {
    const sql = `SELECT DISTINCT public_key AS key FROM ${this.#database}.gateways WHERE ${OF_SITE}`
    const rows = await rowsOf<{ key: string }>(this.#client, sql, { ...this.#of, checkpoint, beside: -1 })
    return rows.map(({ key }) => key)
  }
  /** Those of the history that stand between them. */
  async lateBetween({ last, next }: Around, beside: number): Promise<readonly FrameKey[]> {
    const sql = `SELECT DISTINCT epoch, cycle FROM ${this.#database}.frames WHERE ${OF_SITE} AND topic = 'history'
      AND (epoch, cycle) > ({fromEpoch:UInt64}, {fromCycle:UInt64}) AND (epoch, cycle) < ({toEpoch:UInt64}, {toCycle:UInt64})`
    const from = { fromEpoch: last?.epoch ?? 0, fromCycle: last?.cycle ?? 0 }
    const to = { toEpoch: next?.epoch ?? 0, toCycle: next?.cycle ?? 0 }
    return rowsOf<FrameKey>(this.#client, sql, { ...this.#of, checkpoint: -1, beside, ...from, ...to })
  }

  async #ask<T>(query: string, params: Params, { max = ROWS_MAX, upTo }: Pick<Span, 'max' | 'upTo'>): Promise<T[]> {
    const { position: checkpoint, beside } = upTo ?? (await this.reached())
    if (checkpoint < 0) return []
    const limit = Math.min(max, ROWS_MAX)
    return rowsOf<T>(this.#client, `${query} LIMIT ${limit}`, { ...params, ...this.#of, checkpoint, beside })
  }
}
/** Before every row: no asset has an empty name. */
const FIRST = { atMs: 0, epoch: 0, cycle: 0, asset: '', point: '', unit: '' }
const afterOf = ({ asset, point }: OfPoint): Params => ({ afterAsset: asset, afterPoint: point })
const paramsOf = ({ fromMs, toMs }: Span): Params => ({ fromMs, toMs })
