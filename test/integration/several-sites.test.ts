/** Two sites in one node: a tree each, one door, one log, and the partition's time claimed once for both (N2). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signManifest } from '../../protocol/codec/manifest.ts'
import { openKey } from '../../protocol/identity/keyring.ts'
import { openEmbeddedLog } from '../../protocol/log/embedded/index.ts'
import { keyId } from '../../protocol/words/ids.ts'
import { type NodeConfig, type OpenNode, openNode, uplinkPath } from '../../supervisors/node/open.ts'
import { clientNet } from '../../supervisors/real/net.ts'
import { sweep } from '../../supervisors/records/sweep.ts'
import { draft } from '../../supervisors/site/draft.ts'
import { openEngine } from '../../supervisors/site/engine.ts'
import { readSiteFile } from '../../supervisors/site/file.ts'
import { NODES } from '../../supervisors/site/who.ts'
import { until } from './site-run.ts'

const dir = mkdtempSync(join(tmpdir(), 'quorate-sites-'))
const home = readSiteFile(fileURLToPath(new URL('../../sim/sites/home.yaml', import.meta.url)))
const TOKEN = 'a'.repeat(64)
const SITES = ['east', 'west'] as const
let node: OpenNode
let config: NodeConfig

beforeAll(async () => {
  process.env.QUORATE_LOG ??= 'error'
  const engine = await openEngine([])
  const key = (id: string) => openKey(join(dir, 'keys'), keyId(id), true)
  const sites = SITES.map(name => {
    const site = { ...home, file: { ...home.file, site: name } }
    const manifest = draft({ site, engine, inForce: null, replicas: NODES, publicKey: id => key(id).publicKey })
    const signed = signManifest({ manifest, signatures: {} }, key('administrator'))
    return { manifest: signed, definitions: [], data: join(dir, 'data', name) }
  })
  writeFileSync(join(dir, 'token'), TOKEN)
  config = {
    name: 'node-a',
    keys: join(dir, 'keys'),
    data: join(dir, 'data'),
    log: { driver: 'embedded', dir: join(dir, 'log') },
    sites,
    clock: { kind: 'host' },
    uplink: '127.0.0.1:0',
    lockstep: false,
    http: { address: '127.0.0.1:0', grants: [{ tenant: 'demo', tokenFile: join(dir, 'token') }] },
  }
  node = await openNode(config)
})
afterAll(async () => {
  await node?.stop()
  rmSync(dir, { recursive: true, force: true })
})
/** Who greets at a path of the door; null: nobody does. */
const greeting = (path: string): Promise<any> =>
  new Promise(resolve => {
    const events = { message: (text: string) => resolve(JSON.parse(text)), closed: () => resolve(null) }
    clientNet.connect(`${node.uplink}/${path}`, events).catch(() => resolve(null))
  })
async function claims(): Promise<any[]> {
  const facts = await openEmbeddedLog({ dir: join(dir, 'log', 'facts'), topic: 'facts', readOnly: true })
  const found: any[] = []
  for await (const records of sweep(facts, 0))
    for (const { body } of records) {
      const fact = JSON.parse(body.slice(body.indexOf(' ') + 1))
      if (fact.kind === 'TimeAdvanced') found.push(fact)
    }
  await facts.close()
  return found
}

describe('two sites in one node', () => {
  it('bring their own manifests, vote each, and are told apart at one API', async () => {
    await until(() => node.trees.every(tree => tree.part('replica').state === 'voting'))
    const ask = (path: string) =>
      fetch(`http://${node.api.address}${path}`, { headers: { Authorization: `Bearer ${TOKEN}` } })
    const { sites } = (await (await ask('/api/v1/sites')).json()) as any
    expect(sites.map((s: any) => s.site)).toEqual(['east', 'west'])
    const ready = (await (await ask('/readyz')).json()) as any
    expect(ready.parts.map((p: any) => p.part)).toEqual(['process', 'log', 'replica', 'log', 'replica'])
  })
  it('let in each gateway at a path of one port, and nobody at another', async () => {
    for (const site of SITES)
      expect(await greeting(uplinkPath({ tenant: 'demo', site }))).toMatchObject({ t: 'hello', site })
    expect(await greeting(uplinkPath({ tenant: 'demo', site: 'north' }))).toBeNull()
  })
  it('claim the time of their partition once, and go on where they were after a restart', async () => {
    await until(async () => (await claims()).length >= 3)
    const before = await claims()
    expect(new Set(before.map(c => c.epoch)).size).toBe(1)
    expect(new Set(before.map(c => c.seq)).size).toBe(before.length)
    await node.stop()
    node = await openNode({ ...config, sites: config.sites.toReversed() }) // the other one claims now
    await until(async () => (await claims()).length > before.length)
    expect((await claims()).at(-1).epoch).toBeGreaterThan(before[0].epoch)
    for (const tree of node.trees)
      await until(() => tree.part('replica').fold.state?.claims['node-a']?.epoch === before[0].epoch + 1)
  })
})
