/** A node's configuration from its file. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isLoopback, TOKEN_CHARS_MIN } from '../../projections/api/access.ts'
import { LAG_MS_MAX } from '../../projections/runner/lag.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import { parse, raw } from '../../protocol/words/units.ts'
import type { NodeConfig } from '../node/open.ts'
import type { HttpConfig } from '../process/door.ts'
import type { Servers } from '../run/projectors.ts'
import { Found } from './found.ts'
import type { FileOf } from './shape.ts'

type NodeFile = FileOf<'node'>
type Grant = NodeFile['http']['grants'][number]

/** What a node keeps beside deciding: databases, and where their rows are asked for. */
export interface Views {
  readonly servers: Servers
  readonly views: string | null
  readonly lagMsMax: number
}

/** Throws CONFIG. */
export function nodeConfigOf(path: string, file: NodeFile): NodeConfig & Views {
  const found = new Found(path)
  const sites = sitesOf(file, found)
  const http = httpOf(file, found)
  const log = file.log.driver === 'embedded' ? { ...file.log, dir: found.path(file.log.dir) } : file.log
  found.refuse()
  const lagMax = file.projections?.lagMax
  return {
    name: file.name,
    keys: found.path(file.keys),
    data: found.path(file.data),
    log,
    uplink: file.uplink,
    sites,
    http,
    servers: serversOf(file.projections ?? {}),
    views: file.projections?.http ?? null,
    lagMsMax: lagMax === undefined ? LAG_MS_MAX : raw(parse('s', lagMax, 'projections.lagMax')),
    clock: { kind: 'host' },
    lockstep: false,
  }
}

function serversOf({ postgres = 'none', clickhouse = 'none' }: NonNullable<NodeFile['projections']>): Servers {
  const server = (text: string) => (text === 'embedded' ? null : text)
  return {
    ...(postgres !== 'none' && { operational: server(postgres) }),
    ...(clickhouse !== 'none' && { timeseries: server(clickhouse) }),
  }
}
function sitesOf(file: NodeFile, found: Found): NodeConfig['sites'] {
  const signer = found.key(file.keys, file.name)
  const names = new Set<string>()
  const sites = file.sites.map((entry, i) => {
    const at = `sites.${i}`
    const definitions = (entry.definitions ?? []).map((d, j) => found.file(`${at}.definitions.${j}`, d))
    const manifest = found.manifest(`${at}.manifest`, entry.manifest)
    if (!manifest) return null
    const name = nameOf(manifest)
    if (names.has(name))
      found.wrong(`${at}.manifest`, entry.manifest, `${name} is there already`, 'name each site once')
    names.add(name)
    if (signer) found.enrolled('name', manifest.manifest, signer, 'node')
    return { manifest, definitions, data: join(found.path(file.data), name) }
  })
  return sites.filter(site => site !== null)
}
const nameOf = ({ manifest: { tenant, site } }: SignedManifest): string => `${tenant}.${site}`

function httpOf({ http }: NodeFile, found: Found): HttpConfig {
  const { address, hosts } = http
  if (!isLoopback(address) && !hosts)
    found.wrong('http.hosts', null, 'is missing', 'beyond loopback, list the names under which the API is asked')
  const grants = http.grants.map((grant, i) => grantOf(grant, `http.grants.${i}`, found))
  return { address, grants, ...(hosts && { hosts }) }
}
function grantOf({ tenant, token, tokenFile }: Grant, at: string, found: Found): HttpConfig['grants'][number] {
  if ((token === undefined) === (tokenFile === undefined))
    found.wrong(at, null, 'has not one of token and tokenFile', 'write one of them')
  const file = tokenFile === undefined ? undefined : found.file(`${at}.tokenFile`, tokenFile)
  const text = token ?? (file !== undefined && existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined)
  if (text !== undefined && text.length < TOKEN_CHARS_MIN)
    found.wrong(at, null, 'has a token that can be guessed', `give it at least ${TOKEN_CHARS_MIN} characters`)
  return { tenant, ...(token !== undefined && { token }), ...(file !== undefined && { tokenFile: file }) }
}
