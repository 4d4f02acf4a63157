/** Opens the database of a projection: the engine that comes with the install, or a server that is given. */

import { join } from 'node:path'
import type { Access } from '../../projections/operational/database.ts'
import { secretsOf, startPostgres } from '../../projections/operational/embedded.ts'
import { openOperational } from '../../projections/operational/open.ts'
import type { Database } from '../../projections/runner/database.ts'
import { cool } from '../../projections/timeseries/cold.ts'
import { databaseOf, type Engine } from '../../projections/timeseries/database.ts'
import { openTimeseries } from '../../projections/timeseries/open.ts'
import type { Verifier } from '../../protocol/codec/sign.ts'
import type { Ports } from '../../protocol/ports.ts'
import { Refusal } from '../../protocol/words/errors.ts'

export const PROJECTIONS = ['operational', 'timeseries'] as const
export type ProjectionName = (typeof PROJECTIONS)[number]

export interface EngineOptions {
  readonly projection: ProjectionName
  readonly dir: string
  readonly tenant: string
  readonly site: string
  readonly verifier: Verifier
  /** `postgres://` or `http(s)://` with user and password; null: the embedded one. */
  readonly server: string | null
}
/** Months are looked at this often; what is over stays over. */
const COOL_MS = 3_600_000

/** Throws Refusal DATABASE. `fail`: it is gone. */
export function openDatabase(o: EngineOptions, ports: Ports, fail: (error: unknown) => void): Promise<Database<any>> {
  return o.projection === 'operational' ? operational(o, ports, fail) : timeseries(o, ports, fail)
}

async function operational({ dir, server, ...of }: EngineOptions, ports: Ports, fail: (error: unknown) => void) {
  if (server !== null) {
    const access = accessOf(server, dir, ports)
    return openOperational({ ...of, access, lost: fail, stop: async () => {} })
  }
  const postgres = await startPostgres({ dir, random: ports.random, note: ports.note })
  let stopping = false
  void postgres.ended.then(() => stopping || fail(new Error('Postgres has ended')))
  const stop = () => {
    stopping = true
    return postgres.stop()
  }
  return openOperational({ ...of, access: postgres.access, lost: error => stopping || fail(error), stop })
}
function accessOf(server: string, dir: string, { random }: Ports): Access {
  const url = addressOf(server, ['postgres:', 'postgresql:'])
  const { hostname: host, port, username, password, pathname } = url
  const passwords = { ...secretsOf(dir, random), admin: decodeURIComponent(password) }
  const database = pathname.slice(1) || 'postgres'
  return { host, port: Number(port || 5432), database, admin: decodeURIComponent(username), passwords }
}

async function timeseries({ dir, server, ...of }: EngineOptions, ports: Ports, fail: (error: unknown) => void) {
  const engine: Engine = server === null ? { kind: 'embedded', dir: join(dir, 'data') } : serverOf(server)
  const database = await openTimeseries({ ...of, engine })
  const coolNow = async () => {
    const { id } = await database.live()
    const files = await cool(database.client, databaseOf(id), join(dir, 'cold'))
    if (files.length > 0) ports.note('info', 'months put into files', { files })
    ports.host.after(COOL_MS, () => void coolNow().catch(fail))
  }
  await coolNow()
  return database
}
function serverOf(server: string): Engine {
  const { origin, username, password } = addressOf(server, ['http:', 'https:'])
  return { kind: 'server', url: origin, user: decodeURIComponent(username), password: decodeURIComponent(password) }
}

function addressOf(server: string, protocols: readonly string[]): URL {
  const url = URL.parse(server)
  if (url && protocols.includes(url.protocol)) return url
  throw new Refusal(
    'DATABASE',
    `an address is ${protocols[0]}//user:password@host:port, not '${server.replace(/\/\/.*@/, '//...@')}'`,
  )
}
