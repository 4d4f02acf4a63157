/**
 * Keys on disk, one file each, readable by their owner alone. A process is given the path of its own key and of no
 * other. A lost key is enrolled anew by a manifest; there is no default and no recovery.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ed25519Signer, newSecret, type Signer } from '../codec/sign.ts'
import { Refusal } from '../words/errors.ts'
import { type KeyId, keyId } from '../words/ids.ts'

const OWNER_ONLY = 0o600

/** The key `id` of this folder; made if it is not there and `create` says so. Throws UNKNOWN_KEY. */
export function openKey(dir: string, id: KeyId, create = false): Signer {
  const file = join(dir, `${id}.key`)
  if (!existsSync(file)) {
    if (!create) throw new Refusal('UNKNOWN_KEY', `no key file for '${id}' in the keys folder`)
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    writeFileSync(file, `${newSecret()}\n`, { mode: OWNER_ONLY, flag: 'wx' })
  }
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, OWNER_ONLY)
  return ed25519Signer(id, readFileSync(file, 'utf8').trim())
}

export const listKeys = (dir: string): KeyId[] =>
  existsSync(dir)
    ? readdirSync(dir)
        .filter(name => name.endsWith('.key'))
        .sort()
        .map(name => keyId(name.slice(0, -'.key'.length)))
    : []
