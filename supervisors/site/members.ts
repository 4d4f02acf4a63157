import type { Role } from '../../protocol/words/manifest.ts'

/** The nodes of a site on one machine. */
export const NODES = ['node-a', 'node-b', 'node-c'] as const
/** Whose keys its manifest lists. */
export const ROLES: Readonly<Record<string, Role>> = {
  administrator: 'administrator',
  operator: 'operator',
  gateway: 'gateway',
  'node-a': 'node',
  'node-b': 'node',
  'node-c': 'node',
}
