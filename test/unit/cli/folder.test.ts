import { expect, test } from 'vitest'
import { sealFact } from '../../../protocol/codec/fact.ts'
import { signManifest } from '../../../protocol/codec/manifest.ts'
import { ed25519Signer, newSecret } from '../../../protocol/codec/sign.ts'
import { keyId } from '../../../protocol/words/ids.ts'
import { foldOptions } from '../../../supervisors/cli/folder.ts'
import type { Call } from '../../../supervisors/cli/verb.ts'
import { head, manifestOf } from '../controller/household.ts'
import { logOf } from '../records/recorded-site.ts'

test('whoever folds a recorded log passes what an administrator has had passed', async () => {
  const administrator = ed25519Signer(keyId('administrator'), newSecret())
  const { publicKey } = administrator
  const { keys } = manifestOf()
  const manifest = manifestOf({ keys: { ...keys, administrator: { ...keys.administrator!, publicKey } } })
  const signed = signManifest({ manifest, signatures: {} }, administrator)
  const by = 'administrator'
  const bodies = [
    sealFact({ ...head, kind: 'ManifestInstalled', by, manifest: signed }, administrator),
    'whatever nobody can step',
    sealFact({ ...head, kind: 'FactSkipped', by, position: 1, reason: 'its step does not end' }, administrator),
  ]
  const log = { manifest, facts: await logOf('facts', bodies) }
  const { fold } = await foldOptions(log, { text: () => undefined } as unknown as Call)
  expect([...(fold.passed ?? [])]).toEqual([1])
})
