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
export const administratorKey = (dir: string, manifest: Manifest, file: string | undefined): Signer =>
  file === undefined ? inFolder(dir, manifest) : keyFile(file)

export function keyFile(file: string): Signer {
  if (!existsSync(file)) throw new Refusal('UNKNOWN_KEY', `there is no key file ${file}; name one with --key`)
  return openKey(dirname(resolve(file)), keyId(basename(file, '.key')))
}
function inFolder(dir: string, manifest: Manifest): Signer {
  const here = administratorsOf(manifest).find(([id]) => listKeys(folders(dir).keys(id)).includes(keyId(id)))
  if (!here) throw new Refusal('UNKNOWN_KEY', `no administrator's key is in ${join(dir, 'keys')}; name one with --key`)
  return openKey(folders(dir).keys(here[0]), keyId(here[0]))
}
