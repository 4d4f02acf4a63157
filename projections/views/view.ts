/**
 * What is answered from the projections: rows as they are in the databases, in the units' smallest steps. The schemas are
 * what the OpenAPI document and the tests are made from.
 */
import Type from 'typebox'
import { VerdictSource } from '../../protocol/words/facts.ts'
import { COMMAND } from '../../protocol/words/ids.ts'
import { Quality } from '../../protocol/words/quality.ts'
import { Count, closed, Integer, Name, orNull, Slug } from '../api/shapes.ts'
import { AlarmView, CommandState } from '../api/view.ts'
import type { Key } from './cursor.ts'
import type { Span } from './times.ts'

const moment = { position: Count, atMs: Count, epoch: Count, cycle: Count }

const Position = Type.Integer({ minimum: -1 })
/**
 * Of which part of the log an answer is: its first position, where the log's beginning was gone when the rows were made,
 * its last one, and log time there; and up to where the topic beside the facts is in it (`history` of the time series,
 * `decisions` of the operational rows). -1: nothing is projected yet.
 */
export const Checkpoint = Type.Object({ from: Count, position: Position, beside: Position, atMs: Count }, closed)
export type Checkpoint = Type.Static<typeof Checkpoint>

export const PointRow = Type.Object(
  {
    ...moment,
    asset: Name,
    point: Name,
    /** Null where nothing was measured (S24). */
    value: Type.Union([Integer, Type.String(), Type.Null()]),
    unit: orNull(Type.String()),
    quality: Quality,
    ageMs: Count,
    /** Of a frame that came too late to control: `position` is that of the first one after it that did not. */
    late: Type.Boolean(),
  },
  closed,
)
export type PointRow = Type.Static<typeof PointRow>

/** Of the numbers measured in one slot that is over; `atMs`: its beginning. */
export const RollupRow = Type.Object(
  {
    atMs: Count,
    asset: Name,
    point: Name,
    unit: Type.String(),
    count: Count,
    total: Integer,
    least: Integer,
    most: Integer,
    latest: Integer,
  },
  closed,
)
export type RollupRow = Type.Static<typeof RollupRow>

/** What the gateway made of a cycle. */
export const VerdictRow = Type.Object(
  {
    ...moment,
    seq: Count,
    source: VerdictSource,
    digest: orNull(Type.String()),
    signers: Type.Array(Slug),
    dissenters: Type.Array(Slug),
    latencyUs: orNull(Count),
    writes: Count,
    unconfirmed: Count,
  },
  closed,
)
export type VerdictRow = Type.Static<typeof VerdictRow>

export const CommandRow = Type.Object(
  {
    id: Type.String({ pattern: COMMAND }),
    by: Slug,
    target: Name,
    name: Name,
    state: CommandState,
    reason: Type.String(),
    epoch: Count,
    issuedAtMs: Count,
    expiresAtMs: Count,
    endedAtMs: orNull(Count),
    /** Of its last change. */
    position: Count,
    atMs: Count,
  },
  closed,
)
export type CommandRow = Type.Static<typeof CommandRow>

export const AlarmCondition = AlarmView.properties.condition
export const AlarmRow = Type.Object(
  {
    key: Type.String(),
    asset: Type.String(),
    alarm: Type.String(),
    about: Type.String(),
    condition: AlarmCondition,
    text: Type.String(),
    sinceMs: Count,
    shelvedUntilMs: Count,
    /** Of its last change. */
    position: Count,
    atMs: Count,
  },
  closed,
)
export type AlarmRow = Type.Static<typeof AlarmRow>

/** `after`: the key of the last row that the reader has. */
export interface Asked<K extends Key> extends Span {
  readonly after: K | null
  readonly limit: number
}
/** Rows of one prefix of the log (S22), in the order of their keys. */
export interface Page<Row> {
  readonly rows: readonly Row[]
  /** There were more of them when this was read. */
  readonly more: boolean
  readonly checkpoint: Checkpoint
}
export type PointKey = readonly [atMs: number, epoch: number, cycle: number, asset: string, point: string]
export type RollupKey = readonly [atMs: number, asset: string, point: string, unit: string]
export type VerdictKey = readonly [atMs: number, position: number]
export type CommandKey = readonly [issuedAtMs: number, id: string]
export type AlarmKey = readonly [key: string]

export interface OfPoint {
  readonly asset?: string
  readonly point?: string
}
export interface OfVerdict {
  readonly source?: VerdictSource
  readonly dissent?: boolean
}
export interface OfCommand {
  readonly state?: CommandState
  readonly target?: string
  readonly by?: string
}
export interface OfAlarm {
  readonly condition?: AlarmRow['condition']
  readonly asset?: string
}

/** How far one database is. */
export interface Standing {
  readonly checkpoint: Checkpoint
  readonly behindRecords: number
  /** By the log's stamps. */
  readonly behindMs: number
  /** Records that are in no row, each with its reason in the table `set_aside`. */
  readonly setAside: number
}
export const DATABASES = ['operational', 'timeseries'] as const
export type DatabaseName = (typeof DATABASES)[number]

/** One site's rows in both databases. Each question throws Refusal DATABASE where the database does not answer. */
export interface SiteViews {
  readonly tenant: string
  readonly site: string
  points(which: OfPoint, asked: Asked<PointKey>): Promise<Page<PointRow>>
  rollup(minutes: 1 | 15, which: OfPoint, asked: Asked<RollupKey>): Promise<Page<RollupRow>>
  verdicts(which: OfVerdict, asked: Asked<VerdictKey>): Promise<Page<VerdictRow>>
  commands(which: OfCommand, asked: Asked<CommandKey>): Promise<Page<CommandRow>>
  alarms(which: OfAlarm, asked: Asked<AlarmKey>): Promise<Page<AlarmRow>>
  standing(database: DatabaseName): Promise<Standing>
}
