/** Who takes part at a site that this platform prepares: each with a key of its own. */
import type { KeyEntry, Role } from '../../protocol/words/manifest.ts'

export const NODES = ['node-a', 'node-b', 'node-c'] as const
export const ROLES: Readonly<Record<string, Role>> = {
  administrator: 'administrator',
  operator: 'operator',
  gateway: 'gateway',
  'node-a': 'node',
  'node-b': 'node',
  'node-c': 'node',
}
/** As a manifest has them. */
export const keysOf = (publicKeyOf: (id: string) => string, roles = ROLES): Record<string, KeyEntry> =>
  Object.fromEntries(Object.entries(roles).map(([id, role]) => [id, { publicKey: publicKeyOf(id), roles: [role] }]))
