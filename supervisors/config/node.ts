/** A node's configuration from its file. */
import { join } from 'node:path'
import { isLoopback } from '../../projections/api/access.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import type { HttpConfig } from '../node/api.ts'
import type { NodeConfig } from '../node/open.ts'
import { Found } from './found.ts'
import type { FileOf } from './shape.ts'

type NodeFile = FileOf<'node'>

/** Throws CONFIG. */
export function nodeConfigOf(path: string, file: NodeFile): NodeConfig {
  const found = new Found(path)
  const sites = sitesOf(file, found)
  const http = httpOf(file, found)
  const log = file.log.driver === 'embedded' ? { ...file.log, dir: found.path(file.log.dir) } : file.log
  found.refuse()
  return {
    name: file.name,
    keys: found.path(file.keys),
    data: found.path(file.data),
    log,
    uplink: file.uplink,
    sites,
    http,
    clock: { kind: 'host' },
    lockstep: false,
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
  if (!isLoopback(http.address) && !http.hosts)
    found.wrong('http.hosts', null, 'is missing', 'beyond loopback, list the names under which the API is asked')
  const grants = http.grants.map((grant, i) => {
    const { tenant, token, tokenFile } = grant
    const at = `http.grants.${i}`
    if ((token === undefined) === (tokenFile === undefined))
      found.wrong(at, null, 'has not one of token and tokenFile', 'write one of them')
    return {
      tenant,
      ...(token !== undefined && { token }),
      ...(tokenFile !== undefined && { tokenFile: found.file(`${at}.tokenFile`, tokenFile) }),
    }
  })
  return { address: http.address, grants, ...(http.hosts && { hosts: http.hosts }) }
}
