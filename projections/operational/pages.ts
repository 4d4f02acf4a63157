/**
 * What readers ask of the operational rows: pages, each of one snapshot with its checkpoint (S22), as the reader's role
 * and under row-level security by the tenant who asks (S23).
 */
import pg from 'pg'
import { Refusal } from '../../protocol/words/errors.ts'
import type {
  AlarmKey,
  AlarmRow,
  Asked,
  Checkpoint,
  CommandKey,
  CommandRow,
  OfAlarm,
  OfCommand,
  Page,
} from '../views/view.ts'
import { type Access, schemaOf } from './database.ts'
import { READER, TENANT, VERSION } from './schema.ts'

/** Readers of one door at once: the server has few connections, and the projector comes first. */
const CONNECTIONS_MAX = 3
const CONNECT_MS_MAX = 2_000
/** A question that takes longer is given up. */
const ANSWER_MS_MAX = 10_000
/** A connection that nobody uses is closed. */
const IDLE_MS = 30_000

export interface ReaderAccess extends Pick<Access, 'host' | 'port' | 'database'> {
  readonly password: string
}
export const readerOf = ({ host, port, database, passwords }: Access): ReaderAccess => ({
  ...{ host, port, database },
  password: passwords.reader,
})

/** `lost`: a connection that nobody was using is gone. */
export function openReaders({ host, port, database, password }: ReaderAccess, lost: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({
    ...{ host, port, database, user: READER, password },
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    idleTimeoutMillis: IDLE_MS,
    statement_timeout: ANSWER_MS_MAX,
    query_timeout: ANSWER_MS_MAX,
    application_name: 'quorate views',
  })
  return pool.on('error', lost)
}

/** Of one site. Throws whatever the database has to say. */
export class OperationalReader {
  readonly #pool: pg.Pool
  readonly #of: readonly [tenant: string, site: string]

  constructor(pool: pg.Pool, tenant: string, site: string) {
    this.#pool = pool
    this.#of = [tenant, site]
  }

  /** Newest first, by the senders' stamps. */
  commands({ state, target, by }: OfCommand, asked: Asked<CommandKey>): Promise<Page<CommandRow>> {
    const [issuedMs = null, id = null] = asked.after ?? []
    const sql = `SELECT * FROM commands WHERE tenant = $1 AND site = $2 AND issued_ms >= $3 AND issued_ms < $4
      AND ($5::text IS NULL OR state = $5) AND ($6::text IS NULL OR target = $6) AND ($7::text IS NULL OR by = $7)
      AND ($8::bigint IS NULL OR (issued_ms, id) < ($8, $9)) ORDER BY issued_ms DESC, id DESC LIMIT $10`
    return this.#page(asked, sql, [state ?? null, target ?? null, by ?? null, issuedMs, id], commandRow)
  }
  /** By key: each alarm that ever was has one row. */
  alarms({ condition, asset }: OfAlarm, asked: Asked<AlarmKey>): Promise<Page<AlarmRow>> {
    const [key = null] = asked.after ?? []
    const sql = `SELECT * FROM alarms WHERE tenant = $1 AND site = $2 AND since_ms >= $3 AND since_ms < $4
      AND ($5::text IS NULL OR condition = $5) AND ($6::text IS NULL OR asset = $6)
      AND ($7::text IS NULL OR alarm_key > $7) ORDER BY alarm_key LIMIT $8`
    return this.#page(asked, sql, [condition ?? null, asset ?? null, key], alarmRow)
  }
  standing(): Promise<{ readonly checkpoint: Checkpoint; readonly setAside: number }> {
    return this.#snapshot(async (client, checkpoint) => {
      const aside = 'SELECT count(*) AS n FROM set_aside WHERE tenant = $1 AND site = $2'
      const { rows } = await client.query(aside, [...this.#of])
      return { checkpoint, setAside: Number(rows[0].n) }
    })
  }

  #page<Row>(
    { fromMs, toMs, limit }: Asked<readonly (string | number)[]>,
    sql: string,
    values: readonly (string | number | null)[],
    rowOf: (row: any) => Row,
  ): Promise<Page<Row>> {
    return this.#snapshot(async (client, checkpoint) => {
      const { rows } = await client.query(sql, [...this.#of, fromMs, toMs, ...values, limit + 1])
      return { rows: rows.slice(0, limit).map(rowOf), more: rows.length > limit, checkpoint }
    })
  }
  async #snapshot<T>(within: (client: pg.ClientBase, checkpoint: Checkpoint) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect()
    let fault: Error | undefined
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
      const schema = await liveSchema(client)
      const as = `SELECT set_config('${TENANT}', $1, true), set_config('search_path', $2, true)`
      await client.query(as, [this.#of[0], schema])
      const checkpoint = await checkpointOf(client, this.#of)
      const found = await within(client, checkpoint)
      await client.query('COMMIT')
      return found
    } catch (error) {
      fault = error as Error
      throw error
    } finally {
      client.release(fault) // one in doubt is not used again
    }
  }
}

async function checkpointOf(client: pg.ClientBase, of: readonly [string, string]): Promise<Checkpoint> {
  const at = 'SELECT topic, begins, position, at_ms FROM checkpoints WHERE tenant = $1 AND site = $2'
  const { rows } = await client.query(at, [...of])
  const facts = rows.find(row => row.topic === 'facts')
  const beside = rows.find(row => row.topic === 'decisions')
  return {
    from: Number(facts?.begins ?? 0),
    position: Number(facts?.position ?? -1),
    beside: Number(beside?.position ?? -1),
    atMs: Number(facts?.at_ms ?? 0),
  }
}
async function liveSchema(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query("SELECT id, version FROM quorate.builds WHERE state = 'live'")
  if (rows[0]?.version === VERSION) return schemaOf(rows[0].id)
  throw new Refusal('DATABASE', `its rows are of version ${rows[0]?.version ?? 'none'}, not ${VERSION}`)
}

const commandRow = (row: any): CommandRow => ({
  ...{ id: row.id, by: row.by, target: row.target, name: row.name, state: row.state, reason: row.reason },
  epoch: Number(row.epoch),
  issuedAtMs: Number(row.issued_ms),
  expiresAtMs: Number(row.expires_ms),
  endedAtMs: row.ended_ms === null ? null : Number(row.ended_ms),
  position: Number(row.position),
  atMs: Number(row.at_ms),
})
const alarmRow = (row: any): AlarmRow => ({
  ...{ key: row.alarm_key, asset: row.asset, alarm: row.alarm, about: row.about },
  ...{ condition: row.condition, text: row.text },
  sinceMs: Number(row.since_ms),
  shelvedUntilMs: Number(row.shelved_until_ms),
  position: Number(row.position),
  atMs: Number(row.at_ms),
})
