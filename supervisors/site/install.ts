/** A signed manifest into the log, where it may follow the one in force; and its file. */
import { renameSync, writeFileSync } from 'node:fs'
import { sealFact } from '../../protocol/codec/fact.ts'
import { checkManifest } from '../../protocol/codec/manifest.ts'
import { ed25519Verifier, type Signer } from '../../protocol/codec/sign.ts'
import type { EventLog } from '../../protocol/log/event-log.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { SignedManifest } from '../../protocol/words/manifest.ts'
import { succession } from './succession.ts'

/** Its position. Throws MANIFEST_VERSION, MANIFEST_SIGNATURES and their siblings. */
export async function installManifest(facts: EventLog, signed: SignedManifest, signer: Signer): Promise<number> {
  const { manifest } = signed
  const { tenant, site, partition } = manifest
  const verifier = ed25519Verifier()
  const inForce = (await succession(facts, partition, manifest, verifier)).at(-1)?.signed.manifest ?? null
  const verdict = checkManifest(signed, inForce, verifier)
  if (verdict.kind === 'refused') throw new Refusal(verdict.code, verdict.reason)
  const fact = { v: 1, kind: 'ManifestInstalled', tenant, site, by: signer.key, manifest: signed } as const
  const [position] = await facts.append([{ partition, body: sealFact(fact, signer) }])
  const now = (await succession(facts, partition, manifest, verifier)).find(i => i.position === position)
  if (!now) throw new Refusal('MANIFEST_VERSION', 'another manifest was installed meanwhile and is in force now')
  return position!
}
export const asFile = (signed: SignedManifest): string => JSON.stringify(signed, null, 2)

/** At one instant: whoever reads it finds the one or the other. */
export function keepManifest(file: string, signed: SignedManifest): void {
  writeFileSync(`${file}.new`, `${asFile(signed)}\n`)
  renameSync(`${file}.new`, file)
}
