/** Whose key signs for the administrators: the file that is named, or one in the folder. */
import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Signer } from '../../protocol/codec/sign.ts'
import { listKeys, openKey } from '../../protocol/identity/keyring.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { keyId } from '../../protocol/words/ids.ts'
import type { Manifest } from '../../protocol/words/manifest.ts'
import { folders } from '../run/prepare.ts'
import { administratorsOf } from '../site/succession.ts'

/** Throws UNKNOWN_KEY. */
export function administratorKey(dir: string, manifest: Manifest, file: string | undefined): Signer {
  const key = heldKey(dir, manifest, file)
  if (!key) throw new Refusal('UNKNOWN_KEY', `no administrator's key is in ${join(dir, 'keys')}; name one with --key`)
  return key
}
/** Null: none is named, and none is in the folder. Throws UNKNOWN_KEY. */
export function heldKey(dir: string, manifest: Manifest, file: string | undefined): Signer | null {
  if (file !== undefined) return keyFile(file)
  const here = administratorsOf(manifest).find(([id]) => listKeys(folders(dir).keys(id)).includes(keyId(id)))
  return here ? openKey(folders(dir).keys(here[0]), keyId(here[0])) : null
}

export function keyFile(file: string): Signer {
  if (!existsSync(file)) throw new Refusal('UNKNOWN_KEY', `there is no key file ${file}; name one with --key`)
  return openKey(dirname(resolve(file)), keyId(basename(file, '.key')))
}
