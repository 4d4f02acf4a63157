/**
 * A node as a process has it: one log for each topic, one door for the gateways and one for people, and beside one
 * another a tree for each of its sites. Each site has its own path behind the one port of the gateways' door: what a
 * firewall lets through does not grow with the sites.
 *
 * N1  The logs close last: what a site has taken in, it has appended.
 * N2  A partition's time is claimed once for all sites of a tenant in it, under a count of lives that belongs to the
 *     node and not to a site: with two counts, the claims of the lower one would be passed over as repeats.
 */
import { ApiMetrics } from '../../projections/api/metrics.ts'
import { ed25519Verifier, type Signer } from '../../protocol/codec/sign.ts'
import { openKey } from '../../protocol/identity/keyring.ts'
import type { EventLog } from '../../protocol/log/event-log.ts'
import type { Logs, Ports } from '../../protocol/ports.ts'
import { keyId } from '../../protocol/words/ids.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import type { LogConfig } from '../config/shape.ts'
import { openClock } from '../process/child.ts'
import type { HttpConfig } from '../process/door.ts'
import type { ClockSpec } from '../process/messages.ts'
import { StepMark } from '../process/step-mark.ts'
import type { OwnedClock } from '../real/clock.ts'
import { realDisk } from '../real/disk.ts'
import { closeLogs, openLogs } from '../real/logs.ts'
import { WsDoor } from '../real/net.ts'
import { hostPorts } from '../real/ports.ts'
import { openEngine } from '../site/engine.ts'
import { NodeApi } from './api.ts'
import { bringFirst } from './first-manifest.ts'
import { NodeTree } from './tree.ts'

export interface NodeConfig {
  readonly name: string
  /** The folder with this node's own key. */
  readonly keys: string
  /** This node's own folder. */
  readonly data: string
  readonly log: LogConfig
  readonly sites: readonly NodeSite[]
  readonly clock: ClockSpec
  /** `host:port` of the gateways' door; port 0 for any. */
  readonly uplink: string
  readonly lockstep: boolean
  readonly http: HttpConfig
}
export interface NodeSite {
  readonly manifest: SignedManifest
  readonly definitions: readonly string[]
  /** What this node keeps of the site. */
  readonly data: string
}

export interface OpenNode {
  readonly trees: readonly NodeTree[]
  readonly api: NodeApi
  readonly metrics: ApiMetrics
  readonly owned: OwnedClock | null
  /** Of the gateways' door, with the real port. */
  readonly uplink: string
  stop(): Promise<void>
}

/** Where a site's gateway is let in, behind a node's door. */
export const uplinkPath = ({ tenant, site }: { readonly tenant: string; readonly site: string }): string =>
  `${tenant}/${site}`

export async function openNode(config: NodeConfig): Promise<OpenNode> {
  const { name, data, sites } = config
  const { clock, owned } = openClock(config.clock)
  const ports: Ports = { ...hostPorts(name, data, { of: { node: name } }), clock }
  const signer = openKey(config.keys, keyId(name))
  const metrics = new ApiMetrics()
  const logs = await openLogs(config.log, ports.note)
  for (const site of sites) await bringFirst(site.manifest, { facts: logs.facts, disk: realDisk(site.data), signer })
  const door = await WsDoor.open(config.uplink)
  const kept = new Set<string>() // N2
  const trees: NodeTree[] = []
  for (const site of sites) {
    const { tenant, partition } = site.manifest.manifest
    const first = !kept.has(`${tenant} ${partition}`)
    kept.add(`${tenant} ${partition}`)
    trees.push(await treeOf(config, site, { signer, metrics, logs, door, clock, claims: first }))
  }
  const views = trees.map(tree => tree.view)
  const api = new NodeApi(ports, config.http, views, metrics)
  await api.start() // before the replicas: whoever asks is told how far they are
  await Promise.all(trees.map(tree => tree.start()))
  return {
    trees,
    api,
    metrics,
    owned,
    uplink: door.address,
    async stop() {
      api.drain() // it answers as long as the sites end, so that whoever asks is told
      await Promise.all(trees.map(tree => tree.stop()))
      await api.stop()
      door.close()
      await closeLogs(logs)
    },
  }
}

interface Shared {
  readonly signer: Signer
  readonly metrics: ApiMetrics
  readonly logs: Logs
  readonly door: WsDoor
  readonly clock: Ports['clock']
  /** It claims the time of its partition. */
  readonly claims: boolean
}
async function treeOf(config: NodeConfig, site: NodeSite, shared: Shared): Promise<NodeTree> {
  const { name, lockstep } = config
  const { manifest } = site
  const { tenant, site: siteName } = manifest.manifest
  const of = { node: name, tenant, site: siteName }
  const mark = new StepMark(site.data)
  return new NodeTree({
    name,
    ports: { ...hostPorts(name, site.data, { of, net: shared.door.net }), clock: shared.clock },
    signer: shared.signer,
    verifier: ed25519Verifier(),
    engine: await openEngine(site.definitions),
    manifest,
    openLogs: async () => lent(shared.logs),
    uplink: uplinkPath(manifest.manifest),
    lockstep,
    lives: shared.claims ? realDisk(config.data) : null,
    appended: seconds => shared.metrics.appended(seconds),
    stepping: position => mark.set(position),
  })
}

/** For a tree, whose end is not the end of the logs. */
const lent = (logs: Logs): Logs =>
  Object.fromEntries(Object.entries(logs).map(([topic, log]) => [topic, unclosed(log)])) as Logs
const unclosed = (log: EventLog): EventLog => ({
  append: batch => log.append(batch),
  read: (partition, from, max) => log.read(partition, from, max),
  follow: (partition, from, on) => log.follow(partition, from, on),
  ends: partition => log.ends(partition),
  trim: (partition, before) => log.trim(partition, before),
  describe: () => log.describe(),
  close: async () => {},
})
