/**
 * Months that are long over, as Parquet files: smaller, for any reader, and no longer in the engine.
 *
 * F1  A file has its name before its rows leave the table, so that at every moment they are in one of the two.
 * F2  Months go whole, once log time has left them behind for every site in them: nothing can be added to them.
 * F3  Only points go. Roll-ups and decisions stay where they are.
 */
import { closeSync, createWriteStream, fstatSync, mkdirSync, openSync, readSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { rowsOf, run } from './database.ts'

/** A year and a month: whoever compares with last year finds it hot. */
const HOT_MONTHS = 13
/** Every Parquet file ends with it; one that was cut short does not. */
const MAGIC = 'PAR1'

interface Site {
  readonly tenant: string
  readonly site: string
}

/** Resolves to the files written. */
export async function cool(
  client: ClickHouseClient,
  database: string,
  dir: string,
  hotMonths = HOT_MONTHS,
): Promise<string[]> {
  const files: string[] = []
  for (const month of await monthsOver(client, database, hotMonths)) {
    const of = `SELECT DISTINCT tenant, site FROM ${database}.points WHERE toYYYYMM(at) = ${month} ORDER BY tenant, site`
    for (const site of await rowsOf<Site>(client, of)) files.push(await write(client, database, dir, month, site))
    await run(client, `ALTER TABLE ${database}.points DROP PARTITION ${month}`) // F1
  }
  return files
}

/** F2: by the site that is furthest behind. */
async function monthsOver(client: ClickHouseClient, database: string, hotMonths: number): Promise<number[]> {
  const newest = `SELECT min(newest) FROM (SELECT max(at) AS newest FROM ${database}.points GROUP BY tenant, site)`
  const over = `SELECT DISTINCT toYYYYMM(at) AS month FROM ${database}.points
    WHERE toStartOfMonth(at) < addMonths(toStartOfMonth((${newest})), -${hotMonths}) ORDER BY month`
  return (await rowsOf<{ month: number }>(client, over)).map(({ month }) => month)
}

async function write(
  client: ClickHouseClient,
  database: string,
  dir: string,
  month: number,
  { tenant, site }: Site,
): Promise<string> {
  const file = join(dir, tenant, site, `points-${month}.parquet`)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const { stream } = await client.exec({
    query: `SELECT * FROM ${database}.points FINAL WHERE toYYYYMM(at) = ${month} AND tenant = {tenant:String}
      AND site = {site:String} ORDER BY asset, point, position FORMAT Parquet`,
    query_params: { tenant, site },
  })
  await pipeline(stream, createWriteStream(`${file}.new`, { mode: 0o600, flush: true }))
  if (endOf(`${file}.new`) !== MAGIC) throw new Error(`${file} was cut short`)
  renameSync(`${file}.new`, file)
  return file
}
function endOf(file: string): string {
  const fd = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(MAGIC.length)
    readSync(fd, bytes, 0, bytes.length, Math.max(0, fstatSync(fd).size - bytes.length))
    return bytes.toString('latin1')
  } finally {
    closeSync(fd)
  }
}
