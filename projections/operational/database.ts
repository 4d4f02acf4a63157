/**
 * The database that holds the builds: who may enter, which builds there are, and which one is live.
 *
 * O3  One build is live; readers find it by `live`. A switch is one transaction; the former build stays until it is
 *     dropped by name.
 * O4  A build of another VERSION is never read or written: it is left as it is, and another is made.
 */
import pg from 'pg'
import { Refusal } from '../../protocol/words/errors.ts'
import type { Build } from '../runner/database.ts'
import { buildSql, READER, VERSION, WRITER } from './schema.ts'

/** How long whoever asks waits for a server: longer than a restart of it takes. */
const CONNECT_MS_MAX = 10_000
/** A server that has not answered a statement by then hangs: whoever asked ends, and begins anew. */
const ANSWER_MS_MAX = 20_000
/** For a statement over all rows of a site. */
export const PATIENT = { query_timeout: 600_000 } as const

export interface Access {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly passwords: { readonly admin: string; readonly writer: string; readonly reader: string }
  /** May create roles and schemas. */
  readonly admin: string
}
export const schemaOf = (id: number): string => `operational_${id}`

/** `lost`: the connection is gone, and whatever was asked of it is in doubt. */
export async function connect(access: Access, as: keyof Access['passwords'], lost: (e: Error) => void) {
  const user = { admin: access.admin, writer: WRITER, reader: READER }[as]
  const { host, port, database } = access
  const client = new pg.Client({
    ...{ host, port, database, user, password: access.passwords[as] },
    connectionTimeoutMillis: CONNECT_MS_MAX,
    query_timeout: ANSWER_MS_MAX,
    application_name: `quorate ${as}`,
  })
  client.on('error', lost)
  try {
    await client.connect()
  } catch (error) {
    throw new Refusal('DATABASE', `${user} at ${host}:${port}: ${(error as Error).message}`)
  }
  return client
}

/** Roles, the list of builds, and a live one of this VERSION: whatever is missing is made. Resolves to the live one. */
export async function prepareDatabase(admin: pg.ClientBase, { passwords }: Access): Promise<Build> {
  return locked(admin, async () => {
    await role(admin, WRITER, passwords.writer)
    await role(admin, READER, passwords.reader)
    await admin.query(`CREATE SCHEMA IF NOT EXISTS quorate;
      CREATE TABLE IF NOT EXISTS quorate.builds (id int PRIMARY KEY, version int NOT NULL, state text NOT NULL);
      CREATE UNIQUE INDEX IF NOT EXISTS one_live ON quorate.builds (state) WHERE state = 'live';
      GRANT USAGE ON SCHEMA quorate TO ${WRITER}, ${READER};
      GRANT SELECT ON quorate.builds TO ${WRITER}, ${READER};`)
    const live = (await buildsOf(admin)).find(build => build.state === 'live')
    if (live?.version === VERSION) return live
    const made = await make(admin)
    await setLive(admin, made.id) // of another version nobody can read: there is nothing to wait for
    return { ...made, state: 'live' }
  })
}
/** Beside the live one. */
export const addBuild = (admin: pg.ClientBase): Promise<Build> => locked(admin, () => make(admin))
export const switchTo = (admin: pg.ClientBase, id: number): Promise<void> => locked(admin, () => setLive(admin, id))
export async function dropBuild(admin: pg.ClientBase, id: number): Promise<void> {
  await locked(admin, async () => {
    const build = (await buildsOf(admin)).find(b => b.id === id)
    if (!build || build.state === 'live') throw new Refusal('NOT_FOUND', `no build ${id} beside the live one`)
    await admin.query(`DROP SCHEMA ${schemaOf(id)} CASCADE`)
    await admin.query('DELETE FROM quorate.builds WHERE id = $1', [id])
  })
}
export async function buildsOf(client: pg.ClientBase): Promise<Build[]> {
  return (await client.query('SELECT id, version, state FROM quorate.builds ORDER BY id')).rows
}

async function make(admin: pg.ClientBase): Promise<Build> {
  const id = 1 + Math.max(0, ...(await buildsOf(admin)).map(build => build.id))
  await admin.query(buildSql(schemaOf(id)))
  await admin.query("INSERT INTO quorate.builds VALUES ($1, $2, 'building')", [id, VERSION])
  return { id, version: VERSION, state: 'building' }
}
async function setLive(admin: pg.ClientBase, id: number): Promise<void> {
  await admin.query("UPDATE quorate.builds SET state = 'former' WHERE state = 'live' AND id <> $1", [id])
  await admin.query("UPDATE quorate.builds SET state = 'live' WHERE id = $1", [id])
}

/** One at a time: several projectors begin at once. */
async function locked<T>(admin: pg.ClientBase, within: () => Promise<T>): Promise<T> {
  await admin.query('BEGIN')
  try {
    await admin.query("SELECT pg_advisory_xact_lock(hashtext('quorate builds'))")
    const result = await within()
    await admin.query('COMMIT')
    return result
  } catch (error) {
    await admin.query('ROLLBACK').catch(() => {}) // the connection is gone, and its transaction with it
    throw error
  }
}
async function role(admin: pg.ClientBase, name: string, password: string): Promise<void> {
  const { rowCount } = await admin.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name])
  const can = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD'
  await admin.query(`${rowCount ? 'ALTER' : 'CREATE'} ROLE ${name} ${can} ${pg.escapeLiteral(password)}`)
}
