/**
 * ClickHouse, in this process or elsewhere, behind the one client; and the builds in it.
 *
 * K4  The engine in this process holds its folder alone, and lives in the main thread of a process of its own.
 * K5  One build is live: the newest row of `live` says which, and one row is one insert. The former stays until it is
 *     dropped by name; a build of another VERSION is never read or written.
 */
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { Refusal } from '../../protocol/words/errors.ts'
import type { Build } from '../runner/database.ts'
import { buildSql, VERSION } from './schema.ts'

export type Engine =
  | { readonly kind: 'embedded'; readonly dir: string }
  | { readonly kind: 'server'; readonly url: string; readonly user: string; readonly password: string }
export const databaseOf = (id: number): string => `quorate_${id}`

/** The same for both engines: a slice must come in one block, and a whole number as a number. */
const SETTINGS = {
  input_format_parallel_parsing: 0,
  max_insert_block_size: '1000000',
  min_insert_block_size_rows: '1000000',
  async_insert: 0,
  output_format_json_quote_64bit_integers: 0,
  mutations_sync: '2',
} as const
/** A statement that takes longer is given up: the service does not answer. */
const REQUEST_MS_MAX = 120_000

/** Throws Refusal DATABASE. */
export async function connect(engine: Engine): Promise<ClickHouseClient> {
  const client = createClient({
    ...(engine.kind === 'embedded' ? { connection: await embedded(engine.dir) } : serverOf(engine)),
    clickhouse_settings: SETTINGS,
    request_timeout: REQUEST_MS_MAX,
    log: { level: ClickHouseLogLevel.OFF },
  } as Parameters<typeof createClient>[0])
  const { success, ...said } = await client.ping({ select: true })
  if (success) return client
  await client.close()
  throw new Refusal('DATABASE', `ClickHouse: ${'error' in said ? said.error : 'no answer'}`)
}
const serverOf = ({ url, user, password }: Extract<Engine, { kind: 'server' }>) => ({ url, username: user, password })

/** It comes with the install, and may be left out where a server is given. */
async function embedded(path: string): Promise<unknown> {
  try {
    const { createChdbConnection } = await import('chdb/connection')
    return createChdbConnection({ path })
  } catch (error) {
    throw new Refusal('DATABASE', `the engine in this process cannot be used: ${(error as Error).message}`)
  }
}

/** A live build of this VERSION, made where there is none. */
export async function prepareDatabase(client: ClickHouseClient): Promise<Build> {
  await run(client, 'CREATE DATABASE IF NOT EXISTS quorate')
  await run(
    client,
    'CREATE TABLE IF NOT EXISTS quorate.builds (id UInt32, version UInt32) ENGINE = ReplacingMergeTree ORDER BY id',
  )
  await run(client, 'CREATE TABLE IF NOT EXISTS quorate.live (turn UInt64, id UInt32) ENGINE = MergeTree ORDER BY turn')
  const live = (await buildsOf(client)).find(build => build.state === 'live')
  if (live?.version === VERSION) return live
  const made = await addBuild(client)
  await switchTo(client, made.id)
  return { ...made, state: 'live' }
}
export async function buildsOf(client: ClickHouseClient): Promise<Build[]> {
  const builds = await rowsOf<{ id: number; version: number }>(
    client,
    'SELECT id, version FROM quorate.builds FINAL ORDER BY id',
  )
  const lives = await rowsOf<{ id: number }>(client, 'SELECT id FROM quorate.live ORDER BY turn DESC')
  const ever = new Set(lives.map(({ id }) => id))
  return builds.map(build => {
    const state = build.id === lives[0]?.id ? 'live' : ever.has(build.id) ? 'former' : 'building'
    return { ...build, state }
  })
}
/** Beside the live one. What a build that was not finished has left of this number goes first. */
export async function addBuild(client: ClickHouseClient): Promise<Build> {
  const id = 1 + Math.max(0, ...(await buildsOf(client)).map(build => build.id))
  await run(client, `DROP DATABASE IF EXISTS ${databaseOf(id)}`)
  for (const sql of buildSql(databaseOf(id))) await run(client, sql)
  await run(client, `INSERT INTO quorate.builds VALUES (${id}, ${VERSION})`)
  return { id, version: VERSION, state: 'building' }
}
export async function switchTo(client: ClickHouseClient, id: number): Promise<void> {
  const [last] = await rowsOf<{ turn: number }>(client, 'SELECT max(turn) AS turn FROM quorate.live')
  await run(client, `INSERT INTO quorate.live VALUES (${(last?.turn ?? 0) + 1}, ${id})`)
}
export async function dropBuild(client: ClickHouseClient, id: number): Promise<void> {
  const build = (await buildsOf(client)).find(b => b.id === id)
  if (!build || build.state === 'live') throw new Refusal('NOT_FOUND', `no build ${id} beside the live one`)
  await run(client, `DROP DATABASE ${databaseOf(id)}`)
  await run(client, `ALTER TABLE quorate.builds DELETE WHERE id = ${id}`)
}

export async function run(client: ClickHouseClient, query: string, query_params: Params = {}): Promise<void> {
  await client.command({ query, query_params })
}
export type Params = Readonly<Record<string, string | number | null | readonly string[]>>
export async function rowsOf<T>(client: ClickHouseClient, query: string, query_params: Params = {}): Promise<T[]> {
  const result = await client.query({ query, query_params, format: 'JSONEachRow' })
  return result.json<T>() as Promise<T[]>
}
