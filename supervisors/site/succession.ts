/**
 * A site's manifests as the log holds them: each one that may follow the one before, in order. The last is in force, or
 * will be from the cycle that it names.
 */
import { parseFact } from '../../protocol/codec/fact.ts'
import { checkManifest, manifestHash } from '../../protocol/codec/manifest.ts'
import type { Verifier } from '../../protocol/codec/sign.ts'
import type { EventLog } from '../../protocol/log/event-log.ts'
import type { KeyEntry, Manifest, SignedManifest } from '../../protocol/words/manifest.ts'
import { sweep } from '../records/sweep.ts'

export interface Installed {
  readonly position: number
  readonly signed: SignedManifest
}

export async function succession(
  facts: EventLog,
  partition: number,
  { tenant, site }: { readonly tenant: string; readonly site: string },
  verifier: Verifier,
): Promise<Installed[]> {
  const installed: Installed[] = []
  for await (const records of sweep(facts, partition))
    for (const { position, body } of records) {
      if (!body.includes('"kind":"ManifestInstalled"')) continue
      const parsed = parseFact(body)
      if (parsed.kind === 'refused' || parsed.fact.kind !== 'ManifestInstalled') continue
      const { fact } = parsed
      if (fact.tenant !== tenant || fact.site !== site) continue
      const before = installed.at(-1)?.signed.manifest ?? null
      if (checkManifest(fact.manifest, before, verifier).kind === 'valid')
        installed.push({ position, signed: fact.manifest })
    }
  return installed
}

/** Who may sign a manifest: the administrators of the one before it; of a first one, its own. */
export function authorityOf(manifest: Manifest, installed: readonly Installed[]): Manifest {
  const before = installed.find(i => manifestHash(i.signed.manifest) === manifest.previous)
  return before?.signed.manifest ?? manifest
}
export const administratorsOf = ({ keys }: Manifest): [string, KeyEntry][] =>
  Object.entries(keys).filter(([, key]) => key.roles.includes('administrator'))
