/**
 * The schema of one build in ClickHouse: a database of its own, so that the next one is made beside it.
 *
 * There is no transaction across tables. What makes the rows exact all the same:
 *
 * K1  Every row carries its slice, by the position of its last record. What a slice holds is a function of the log
 *     alone, so that a slice that is written twice is the same rows again.
 * K2  Points and decisions replace themselves by key. A roll-up is a set of pieces, one for each slice, and a piece that
 *     comes twice is in the set once: sums are made when it is read. That is what lets a plain view feed it.
 * K3  Nobody reads above the checkpoint, which is written last. Each topic has its own: rows carry whose they are.
 */

/** Raised with every change of tables, views or of what is written into them. */
export const VERSION = 3

/** Raw points are kept for so long; roll-ups for good. Months that are over can be put into files before (`cold.ts`). */
const POINTS_DAYS = 1_095
export const ROLLUPS = { 1: 'rollup_1m', 15: 'rollup_15m' } as const
export type RollupMinutes = keyof typeof ROLLUPS

const name = 'LowCardinality(String)'
const OF = `tenant ${name}, site ${name}, topic ${name}, slice UInt64 CODEC(Delta, ZSTD(1))`
const MOMENT = `position UInt64 CODEC(Delta, ZSTD(1)), at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  epoch UInt64 CODEC(Delta, ZSTD(1)), cycle UInt64 CODEC(DoubleDelta, ZSTD(1))`

/** `value`: of a number; null where the point says a word, or nothing (S24). */
const POINTS = `asset ${name}, point ${name}, value Nullable(Int64) CODEC(T64, ZSTD(1)), word ${name}, unit ${name},
  quality Enum8('good' = 0, 'uncertain' = 1, 'bad' = 2), age_ms UInt64 CODEC(T64, ZSTD(1))`
const DECISIONS = `seq UInt64 CODEC(Delta, ZSTD(1)), source ${name}, digest String CODEC(ZSTD(1)), signers Array(${name}),
  dissenters Array(${name}), latency_us Nullable(UInt64) CODEC(T64, ZSTD(1)), writes UInt32, unconfirmed UInt32`
const PIECE =
  'Tuple(slice UInt64, count UInt64, total Int64, least Int64, most Int64, latest Int64, epoch UInt64, cycle UInt64)'

export const buildSql = (database: string): string[] => {
  const of = (table: string) => `${database}.${table}`
  return [
    `CREATE DATABASE ${database}`,
    `CREATE TABLE ${of('points')} (${OF}, ${MOMENT}, ${POINTS}) ENGINE = ReplacingMergeTree PARTITION BY toYYYYMM(at)
     ORDER BY (tenant, site, asset, point, at, epoch, cycle) TTL toDateTime(at) + INTERVAL ${POINTS_DAYS} DAY`,
    `CREATE TABLE ${of('frames')} (${OF}, ${MOMENT}, cycle_ms UInt32) ENGINE = ReplacingMergeTree
     ORDER BY (tenant, site, topic, epoch, cycle)`,
    `CREATE TABLE ${of('gateways')} (${OF}, position UInt64, public_key String) ENGINE = ReplacingMergeTree
     ORDER BY (tenant, site, topic, public_key, position)`,
    `CREATE TABLE ${of('decisions')} (${OF}, ${MOMENT}, ${DECISIONS}) ENGINE = ReplacingMergeTree
     PARTITION BY toYYYYMM(at) ORDER BY (tenant, site, at, position)`,
    ...Object.entries(ROLLUPS).flatMap(([minutes, table]) => rollupSql(of, table, Number(minutes))),
    `CREATE TABLE ${of('set_aside')} (${OF}, position UInt64, code ${name}, reason String) ENGINE = ReplacingMergeTree
     ORDER BY (tenant, site, topic, position)`,
    `CREATE TABLE ${of('checkpoints')} (tenant ${name}, site ${name}, topic ${name}, turn UInt64, topic_id String, begins UInt64, position Int64,
     at_ms UInt64, passed Array(UInt64)) ENGINE = ReplacingMergeTree(turn) ORDER BY (tenant, site, topic)`,
    `CREATE TABLE ${of('frozen_folds')} (tenant ${name}, site ${name}, turn UInt64, position Int64,
     fold String CODEC(ZSTD(3))) ENGINE = ReplacingMergeTree(turn) ORDER BY (tenant, site)`,
  ]
}
const rollupSql = (of: (table: string) => string, table: string, minutes: number): string[] => [
  `CREATE TABLE ${of(table)} (tenant ${name}, site ${name}, topic ${name}, asset ${name}, point ${name}, unit ${name},
   at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
   pieces SimpleAggregateFunction(groupUniqArrayArray, Array(${PIECE})) CODEC(ZSTD(1)))
   ENGINE = AggregatingMergeTree PARTITION BY toYear(at) ORDER BY (tenant, site, asset, point, unit, at, topic)`,
  `CREATE MATERIALIZED VIEW ${of(`${table}_of`)} TO ${of(table)} AS
   SELECT tenant, site, topic, asset, point, unit, toStartOfInterval(points.at, INTERVAL ${minutes} MINUTE) AS at,
     [(slice, count(), sum(assumeNotNull(value)), min(assumeNotNull(value)), max(assumeNotNull(value)),
       argMax(assumeNotNull(value), (epoch, cycle)), max((epoch, cycle)).1, max((epoch, cycle)).2)] AS pieces
   FROM ${of('points')} WHERE value IS NOT NULL GROUP BY tenant, site, topic, asset, point, unit, at, slice`,
]
