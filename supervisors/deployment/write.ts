/**
 * A first deployment of a site, as folders to be carried to its machines: one for each process, with its configuration,
 * the signed manifest and its own key; beside them what belongs to people, as in the data folder of a run: their keys,
 * the manifest, the token, and where the APIs are. A process's folder holds nothing that another one needs.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { stringify } from 'yaml'
import { isLoopback } from '../../projections/api/access.ts'
import { signManifest } from '../../protocol/codec/manifest.ts'
import { openKey } from '../../protocol/identity/keyring.ts'
import type { Random } from '../../protocol/ports.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { keyId } from '../../protocol/words/ids.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import { above } from '../config/node.ts'
import type { FileOf, LogConfig } from '../config/shape.ts'
import { logFile } from '../real/logs.ts'
import { apisFile } from '../run/apis-file.ts'
import { folders } from '../run/prepare.ts'
import { draft } from '../site/draft.ts'
import { openEngine } from '../site/engine.ts'
import type { OpenedSiteFile } from '../site/file.ts'
import { NODES } from '../site/who.ts'

export interface Deployment {
  readonly dir: string
  readonly site: OpenedSiteFile
  readonly random: Random
  readonly cycleMs?: number
  /** Of each node's door for gateways, as the gateway reaches it; API, inspector and rows are at the next ports. */
  readonly nodes: readonly string[]
  /** Where the gateway reaches the simulated plant; its health is one port above. */
  readonly plant: string
  /** Of the gateway's health. */
  readonly gateway: string
  /** Empty: the embedded log, for processes of one machine. */
  readonly brokers: readonly string[]
  /** Where people and programs ask; empty: each node. */
  readonly apis: readonly string[]
  /** `https://host:port` where people look on; null: at each node. */
  readonly inspector: string | null
}

/** Of a node's doors, above the one for gateways. The rows are last: those of further sites are above them. */
const API = 1
const INSPECTOR = 2
const ROWS = 3

/** What differs between a machine and the next is said by its environment. */
const fromEnvironment = (name: string, otherwise: string): string => `\${${name}:-${otherwise}}`
const DATA = fromEnvironment('QUORATE_DATA', 'data')
const HOST = fromEnvironment('QUORATE_HOST', 'localhost')

/** Throws FILE_EXISTS, SITE_FILE and its siblings. Returns the folders of the processes. */
export async function writeDeployment(o: Deployment): Promise<string[]> {
  const at = folders(o.dir)
  if (existsSync(at.manifest)) throw new Refusal('FILE_EXISTS', `${at.manifest}: ${o.dir} holds a deployment already`)
  const signed = await signedManifest(o)
  const { tenant } = signed.manifest
  const token = `${o.random.id()}${o.random.id()}\n`
  writeFileSync(at.token, token, { mode: 0o600 })
  const process = (name: string, config: object): string => {
    const folder = at.of(name)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, `${kindOf(name)}.yaml`), stringify(config))
    return folder
  }
  const written = NODES.map((name, i) => {
    const address = o.nodes[i]!
    const folder = process(name, nodeFile(o, name, address, tenant))
    writeFileSync(join(folder, 'manifest.json'), asJson(signed))
    writeFileSync(join(folder, 'token'), token, { mode: 0o600 })
    return folder
  })
  written.push(process('gateway', gatewayFile(o)))
  writeFileSync(join(at.of('gateway'), 'manifest.json'), asJson(signed))
  if (o.site.file.plant !== undefined) written.push(process('plant', plantFile(o)))
  const apis = o.apis.length > 0 ? o.apis : o.nodes.map(node => above(node, API))
  const inspectors = o.inspector === null ? o.nodes.map(node => `http://${above(node, INSPECTOR)}`) : [o.inspector]
  writeFileSync(
    apisFile(o.dir),
    asJson({ http: Object.fromEntries(apis.map((a, i) => [`api-${i + 1}`, a])), token: 'token', inspectors }),
  )
  const log = replicated(o)
  if (log) writeFileSync(logFile(o.dir), asJson(log)) // for the tools
  writeFileSync(at.manifest, asJson(signed)) // last: with it the deployment is whole
  return written
}

async function signedManifest(o: Deployment): Promise<SignedManifest> {
  const engine = await openEngine(o.site.definitions)
  mkdirSync(o.dir, { recursive: true, mode: 0o700 })
  const manifest = draft({
    site: o.site,
    engine,
    inForce: null,
    replicas: NODES,
    ...(o.cycleMs !== undefined && { cycleMs: o.cycleMs }),
    publicKey: id => openKey(keysFolder(o.dir, id), keyId(id), true).publicKey,
  })
  return signManifest({ manifest, signatures: {} }, openKey(keysFolder(o.dir, 'administrator'), keyId('administrator')))
}
/** A process's key goes with it; people's stay where the deployment is made. */
const keysFolder = (dir: string, id: string): string =>
  [...NODES, 'gateway'].includes(id) ? join(folders(dir).of(id), 'keys') : folders(dir).keys(id)

function nodeFile(o: Deployment, name: string, address: string, tenant: string): FileOf<'node'> {
  const log = replicated(o) ?? { driver: 'embedded', dir: '../log' }
  const definitions = o.site.definitions.map(file => relative(folders(o.dir).of(name), file))
  const http = bindOf(above(address, API))
  const grants = () => [{ tenant, tokenFile: 'token' }] // one each: shared, it would be written as an alias
  const hosts = [hostOf(address), HOST]
  const front = o.inspector === null ? [] : [new URL(o.inspector).hostname]
  return {
    kind: 'node',
    name,
    data: DATA,
    keys: 'keys',
    log,
    uplink: bindOf(address),
    http: { address: http, ...(!isLoopback(http) && { hosts }), grants: grants() },
    sites: [{ manifest: 'manifest.json', ...(definitions.length > 0 && { definitions }) }],
    inspector: {
      address: fromEnvironment('QUORATE_INSPECTOR', bindOf(above(address, INSPECTOR))),
      hosts: [...hosts, ...front],
      grants: grants(),
      nodes: NODES.map((other, i) => ({ name: other, address: above(o.nodes[i]!, API) })),
    },
    projections: {
      postgres: fromEnvironment('QUORATE_POSTGRES', 'none'),
      clickhouse: fromEnvironment('QUORATE_CLICKHOUSE', 'none'),
      http: bindOf(above(address, ROWS)),
    },
  }
}
/** Null: the log of one machine, in the folder. */
const replicated = ({ brokers }: Deployment): LogConfig | null =>
  brokers.length > 0 ? { driver: 'redpanda', brokers: [...brokers] } : null

function gatewayFile(o: Deployment): FileOf<'gateway'> {
  const { assets, plant } = o.site.file
  const units = new Map(
    ((plant as { assets?: { name: string; unit: number }[] })?.assets ?? []).map(a => [a.name, a.unit]),
  )
  const addressOf = (address: string): string => {
    const simulated = /^plant:\/\/(\w+)$/.exec(address)?.[1]
    return simulated === undefined ? address : `${o.plant}/${units.get(simulated)}`
  }
  return {
    kind: 'gateway',
    data: DATA,
    keys: 'keys',
    manifest: 'manifest.json',
    nodes: NODES.map((name, i) => ({ name, address: o.nodes[i]! })),
    devices: Object.fromEntries(Object.entries(assets).map(([name, { field }]) => [name, addressOf(field.address)])),
    http: o.gateway,
  }
}
function plantFile(o: Deployment): FileOf<'plant'> {
  const plant = o.site.file.plant as FileOf<'plant'>['plant']
  return { kind: 'plant', data: DATA, address: bindOf(o.plant), plant, http: bindOf(above(o.plant, 1)) }
}

const kindOf = (name: string): string => name.split('-')[0]!
const asJson = (value: object): string => `${JSON.stringify(value, null, 2)}\n`
const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(':'))
/** What others reach by a name is bound on every interface of its machine; loopback stays loopback. */
const bindOf = (address: string): string =>
  isLoopback(address) ? address : `0.0.0.0${address.slice(hostOf(address).length)}`
