/** What is asked of one site's rows as a whole: where they stand, and what they add up to. */
import type { Added, Summed } from '../runner/database.ts'
import { PATIENT } from './database.ts'
import { TENANT } from './schema.ts'
import type { Connection } from './store.ts'
import { TABLE_NAMES, type TableName, tableOf, topicOf } from './tables.ts'

/** Rows and checkpoints of one moment (S22): all are read in one snapshot. */
export async function sumsOf(client: Connection, schema: string, tenant: string, site: string): Promise<Summed> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  try {
    const of = `SELECT set_config('${TENANT}', $1, true), set_config('search_path', $2, true)`
    await client.query(of, [tenant, schema])
    const sum = async (table: TableName, which = 'true'): Promise<string> => {
      const columns = Object.keys(tableOf(table).columns).map(column => `"${column}"`)
      const all = `SELECT count(*) AS n, coalesce(sum(hashtextextended(ROW(${columns})::text, 0)::numeric), 0) AS hash
        FROM ${table} WHERE tenant = $1 AND site = $2 AND ${which}`
      const { rows } = await client.query({ ...PATIENT, text: all, values: [tenant, site] })
      return `${rows[0].n} rows ${rows[0].hash}`
    }
    const added = async (topic: 'facts' | 'decisions'): Promise<Added> => {
      const at = 'SELECT position FROM checkpoints WHERE tenant = $1 AND site = $2 AND topic = $3'
      const { rows } = await client.query(at, [tenant, site, topic])
      const sums: Record<string, string> = { [`set_aside of ${topic}`]: await sum('set_aside', `topic = '${topic}'`) }
      for (const table of TABLE_NAMES)
        if (table !== 'set_aside' && topicOf(table) === topic) sums[table] = await sum(table)
      return { checkpoint: Number(rows[0]?.position ?? -1), sums }
    }
    return { facts: await added('facts'), beside: await added('decisions') }
  } finally {
    await client.query('ROLLBACK')
  }
}
