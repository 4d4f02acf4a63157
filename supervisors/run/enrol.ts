/**
 * A person's key enters the manifest of a run, signed with the trial key: the browser that signs in at a run's inspector
 * may operate. A deployment's administrators do the same by hand.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../protocol/codec/canonical.ts'
import { signManifest } from '../../protocol/codec/manifest.ts'
import { ed25519Verifier } from '../../protocol/codec/sign.ts'
import { openKey } from '../../protocol/identity/keyring.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { keyId } from '../../protocol/words/ids.ts'
import type { Manifest } from '../../protocol/words/manifest.ts'
import { logOf, openTopic } from '../real/logs.ts'
import { installManifest, keepManifest } from '../site/install.ts'
import { enrolled } from '../site/people.ts'
import { succession } from '../site/succession.ts'
import { folders } from './prepare.ts'

/** Browsers of a trial; a manifest holds every key that counts, and each private window brings a new one. */
const BROWSERS_MAX = 32
const PREFIX = 'browser-'

/** Throws MANIFEST_SIGNATURES where no trial key is at hand, TOO_MANY. */
export async function enrol(dir: string, of: Manifest, publicKey: string): Promise<{ readonly id: string }> {
  const at = folders(dir)
  const keys = at.keys('administrator')
  if (!existsSync(join(keys, 'administrator.key')))
    throw new Refusal('MANIFEST_SIGNATURES', `no administrator's key is here to enrol ${publicKey}`)
  const signer = openKey(keys, keyId('administrator'))
  const id = `${PREFIX}${sha256(publicKey).slice(0, 12)}`
  const facts = await openTopic(logOf(dir), 'facts')
  try {
    const newest = (await succession(facts, of.partition, of, ed25519Verifier())).at(-1)?.signed.manifest ?? of
    if (newest.keys[id]) return { id } // asked for twice
    if (Object.keys(newest.keys).filter(each => each.startsWith(PREFIX)).length >= BROWSERS_MAX)
      throw new Refusal('TOO_MANY', `${BROWSERS_MAX} browsers are enrolled; take one out by a manifest`)
    const manifest = enrolled(newest, id, publicKey, ['operator'])
    const signed = signManifest({ manifest, signatures: {} }, signer)
    await installManifest(facts, signed, signer)
    keepManifest(at.manifest, signed)
    return { id }
  } finally {
    await facts.close()
  }
}
