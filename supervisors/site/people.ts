/**
 * Whose keys count, changed by hand: a manifest that differs from the one in force in one person's key and in nothing
 * else. Keys of processes are not people's: a node's new key is a new node, and enters by a manifest of the site file.
 */
import { manifestHash } from '../../protocol/codec/manifest.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { type KeyEntry, type Manifest, PEOPLE, type Role } from '../../protocol/words/manifest.ts'
import { administratorsOf } from './succession.ts'

/** Throws USAGE where the name or the key is somebody's already. */
export function enrolled(inForce: Manifest, id: string, publicKey: string, roles: readonly Role[]): Manifest {
  const [there] = Object.entries(inForce.keys).find(([name, key]) => name === id || key.publicKey === publicKey) ?? []
  if (there !== undefined)
    throw new Refusal('USAGE', `${there === id ? `'${id}'` : 'this key'} is enrolled, as '${there}'; revoke it first`)
  return next(inForce, { ...inForce.keys, [id]: { publicKey, roles: [...roles] } })
}

/** Throws UNKNOWN_KEY, FORBIDDEN for a process, MANIFEST_SIGNATURES where too few administrators would be left. */
export function revoked(inForce: Manifest, id: string): Manifest {
  const { [id]: entry, ...keys } = inForce.keys
  if (!entry) throw new Refusal('UNKNOWN_KEY', `nobody is enrolled as '${id}'`)
  const own = entry.roles.find(role => !PEOPLE.includes(role))
  if (own) throw new Refusal('FORBIDDEN', `'${id}' is a ${own} of the site, and no person`)
  const manifest = next(inForce, keys)
  const left = administratorsOf(manifest).length
  if (left < inForce.threshold)
    throw new Refusal('MANIFEST_SIGNATURES', `${left} administrators would be left, and ${inForce.threshold} must sign`)
  return manifest
}

/** From the same cycle on: at once, it would bring forward what still waits for its own. */
const next = (inForce: Manifest, keys: Readonly<Record<string, KeyEntry>>): Manifest => ({
  ...inForce,
  version: inForce.version + 1,
  previous: manifestHash(inForce),
  keys,
})
