/** What is asked of one site's rows as a whole: where they stand, and what they add up to. */
import type { Summed } from '../runner/database.ts'
import { TENANT } from './schema.ts'
import type { Connection } from './store.ts'
import { TABLE_NAMES, tableOf } from './tables.ts'

/** Rows and checkpoint of one moment (S22): both are read in one snapshot. */
export async function sumsOf(client: Connection, schema: string, tenant: string, site: string): Promise<Summed> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  try {
    const of = `SELECT set_config('${TENANT}', $1, true), set_config('search_path', $2, true)`
    await client.query(of, [tenant, schema])
    const at = await client.query('SELECT position FROM checkpoints WHERE tenant = $1 AND site = $2', [tenant, site])
    const sums: Record<string, string> = {}
    for (const table of TABLE_NAMES) {
      const columns = Object.keys(tableOf(table).columns).map(column => `"${column}"`)
      const sum = `SELECT count(*) AS n, coalesce(sum(hashtextextended(ROW(${columns})::text, 0)::numeric), 0) AS hash
        FROM ${table} WHERE tenant = $1 AND site = $2`
      const { rows } = await client.query(sum, [tenant, site])
      sums[table] = `${rows[0].n} rows ${rows[0].hash}`
    }
    return { checkpoint: Number(at.rows[0]?.position ?? -1), sums }
  } finally {
    await client.query('ROLLBACK')
  }
}
