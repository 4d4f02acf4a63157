/** A node's configuration from its file. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isLoopback, TOKEN_CHARS_MIN } from '../../projections/api/access.ts'
import { LAG_MS_MAX } from '../../projections/runner/lag.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import { parse, raw } from '../../protocol/words/units.ts'
import type { InspectorConfig } from '../inspector/process.ts'
import type { NodeConfig } from '../node/open.ts'
import type { HttpConfig } from '../process/door.ts'
import type { Servers } from '../run/projectors.ts'
import { Found } from './found.ts'
import type { FileOf } from './shape.ts'

type NodeFile = FileOf<'node'>
type Grant = NodeFile['http']['grants'][number]

/** What a node has beside deciding: databases, where their rows are asked for, and whatever people look through. */
export interface Beside {
  readonly servers: Servers
  readonly views: string | null
  readonly lagMsMax: number
  readonly inspector: InspectorConfig | null
}

/** Throws CONFIG. */
export function nodeConfigOf(path: string, file: NodeFile): NodeConfig & Beside {
  const found = new Found(path)
  const sites = sitesOf(file, found)
  const http = httpOf('http', file.http, found)
  const log = file.log.driver === 'embedded' ? { ...file.log, dir: found.path(file.log.dir) } : file.log
  const inspector = inspectorOf(file, { log, http, sites }, found)
  doorsApart(file, found)
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
    inspector,
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

/** Null: it is not served here. */
function inspectorOf(
  { name, data, inspector }: NodeFile,
  { log, http, sites }: Pick<NodeConfig, 'log' | 'http' | 'sites'>,
  found: Found,
): InspectorConfig | null {
  if (!inspector || inspector.address === 'none') return null
  const { nodes = [], ...door } = inspector
  const others = nodes.filter(node => node.name !== name).map(node => [node.name, node.address])
  return {
    dir: join(found.path(data), 'inspector'),
    log,
    http: httpOf('inspector', door, found),
    sites: sites.map(({ manifest: { manifest }, definitions }) => ({ manifest, definitions })),
    ways: {
      kind: 'nodes',
      http: { [name]: fromHere(http.address), ...Object.fromEntries(others) },
      grants: http.grants,
    },
  }
}
/** What is bound on every interface is asked on this machine's own. */
const fromHere = (address: string): string => address.replace(/^(0\.0\.0\.0|\[::\])(?=:)/, '127.0.0.1')

/** Of two doors at one address, whichever opens first keeps the other shut. */
function doorsApart({ uplink, http, inspector, projections, sites }: NodeFile, found: Found): void {
  const rows = projections?.http
  const doors: (readonly [string, string | undefined])[] = [
    ['uplink', uplink],
    ['http.address', http.address],
    ...sites.map((_, nth) => ['projections.http', rows && above(rows, nth)] as const),
    ['inspector.address', inspector?.address],
  ]
  const taken: (readonly [string, string])[] = []
  for (const [at, address] of doors) {
    if (address === undefined || !/:0*[1-9]/.test(address)) continue // none, or any port that is free
    const other = taken.find(([, there]) => sameDoor(there, address))
    if (other) found.wrong(at, address, `is where ${other[0]} is`, 'give it a port of its own')
    taken.push([at, address])
  }
}
const sameDoor = (a: string, b: string): boolean =>
  portOf(a) === portOf(b) && (a === b || [a, b].some(address => address !== fromHere(address)))
const portOf = (address: string): string => address.slice(address.lastIndexOf(':'))
/** The same host, so many ports further on; any port stays any. */
export const above = (address: string, by: number): string =>
  address.replace(/\d+$/, port => (Number(port) === 0 ? port : String(Number(port) + by)))

function httpOf(at: string, { address, hosts, grants }: NodeFile['http'], found: Found): HttpConfig {
  if (!isLoopback(address) && !hosts)
    found.wrong(`${at}.hosts`, null, 'is missing', 'beyond loopback, list the names under which it is asked')
  const granted = grants.map((grant, i) => grantOf(grant, `${at}.grants.${i}`, found))
  return { address, grants: granted, ...(hosts && { hosts }) }
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
