/**
 * A site's first manifest comes with its nodes' configuration: a node that has kept nothing of the site and finds none
 * in the log brings it. It authenticates itself by the administrators' signatures, whoever brings it; where several
 * bring it at once, the first counts and the others are refused in the step.
 */
import { parseFact, sealFact } from '../../protocol/codec/fact.ts'
import type { Signer } from '../../protocol/codec/sign.ts'
import type { EventLog } from '../../protocol/log/event-log.ts'
import type { Disk } from '../../protocol/ports.ts'
import type { Manifest, SignedManifest } from '../../protocol/words/manifest.ts'
import { sweep } from '../records/sweep.ts'

export interface Bringer {
  readonly facts: EventLog
  /** What this node keeps of the site. */
  readonly disk: Disk
  readonly signer: Signer
}

export async function bringFirst(signed: SignedManifest, { facts, disk, signer }: Bringer): Promise<void> {
  const { tenant, site, partition } = signed.manifest
  const snapshot = await (await disk.open('snapshot')).read()
  if (snapshot.length > 0 || (await isThere(facts, signed.manifest))) return
  const fact = { v: 1, kind: 'ManifestInstalled', tenant, site, by: signer.key as string, manifest: signed } as const
  await facts.append([{ partition, body: sealFact(fact, signer) }])
}

async function isThere(facts: EventLog, { tenant, site, partition }: Manifest): Promise<boolean> {
  for await (const records of sweep(facts, partition))
    for (const { body } of records) {
      if (!body.includes('"kind":"ManifestInstalled"')) continue
      const parsed = parseFact(body)
      if (parsed.kind === 'refused' || parsed.fact.kind !== 'ManifestInstalled') continue
      if (parsed.fact.tenant === tenant && parsed.fact.site === site) return true
    }
  return false
}
