/** What a faulty node's ingress lets into the log in the names of others, signed with the only key that it has. */
import { sealFact } from '../../protocol/codec/fact.ts'
import { manifestHash, signManifest } from '../../protocol/codec/manifest.ts'
import { type Fact, NO_SLOTS } from '../../protocol/words/facts.ts'
import type { SimSite } from './site.ts'

export function forgeries(site: SimSite, target: string, nth: number): void {
  const node = target.slice(site.o.prefix.length)
  const { tenant, site: name, partition } = site.signed.manifest
  const { world, keys, topics } = site.o
  const life = world.processes.get(target)?.current
  if (!life) return
  const state = site.node(node)?.part('replica').fold.state
  const epoch = state?.epoch ?? 1
  const cycle = (state?.cycle ?? 0) + 1
  const of = { v: 1 as const, tenant, site: name }
  const made: Fact[] = [
    { ...of, by: 'gateway', kind: 'FrameMeasured', epoch: epoch + (nth % 2), cycle, assets: {}, slots: NO_SLOTS },
    {
      ...of,
      by: 'operator',
      kind: 'CommandRequested',
      id: `forged-${String(nth).padStart(6, '0')}`,
      target: 'site',
      name: 'off',
      params: {},
      issuedAtMs: world.epochMs + world.nowMs,
      expiresMs: 60_000,
    },
    {
      ...of,
      by: 'gateway',
      kind: 'ReceiptRecorded',
      seq: (state?.durable ?? 0) + 1,
      epoch,
      cycle,
      source: 'majority',
      certificate: null,
      dissent: [],
      writes: [],
      effects: [],
      commands: Object.keys(state?.commands ?? {})
        .slice(0, 4)
        .map(id => ({ id, outcome: 'confirmed' as const })),
    },
  ]
  const own = keys.signer(node)
  const { manifest } = site.signed
  const mine = { ...manifest.keys[node]!, roles: ['node' as const, 'administrator' as const] }
  const coup = {
    ...manifest,
    version: manifest.version + 1,
    previous: manifestHash(manifest),
    keys: { ...manifest.keys, [node]: mine },
  }
  made.push({
    ...of,
    by: node,
    kind: 'ManifestInstalled',
    manifest: signManifest({ manifest: coup, signatures: {} }, own),
  })
  const fact = made[nth % made.length]!
  const body = sealFact(fact, keys.signer(node))
  topics.facts.forged.add(body)
  topics.facts.append(life, [{ partition, body }]).catch(() => {})
}
