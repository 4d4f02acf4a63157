/** A manifest that nobody has signed yet: the site file resolved, with the keys that the site shall know. */
import { manifestHash } from '../../protocol/codec/manifest.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { KeyEntry, Manifest, Role } from '../../protocol/words/manifest.ts'
import type { Engine } from './engine.ts'
import type { OpenedSiteFile } from './file.ts'
import { resolveSite } from './resolve.ts'
import { administratorsOf } from './succession.ts'

export interface DraftOptions {
  readonly site: OpenedSiteFile
  readonly engine: Engine
  /** Null: the first of its site. */
  readonly inForce: Manifest | null
  readonly replicas: readonly string[]
  /** Absent: as they are; at first, one named `administrator`. */
  readonly administrators?: readonly string[]
  readonly threshold?: number
  readonly cycleMs?: number
  readonly fromCycle?: number
  /** The public key of this name; made where it is missing. */
  publicKey(id: string): string
}

/** Throws SITE_FILE and its siblings, USAGE for a threshold that nobody can meet, WRONG_SITE. */
export function draft(o: DraftOptions): Manifest {
  const { inForce } = o
  const administrators = o.administrators ?? (inForce ? administratorsOf(inForce).map(([id]) => id) : ['administrator'])
  const threshold = o.threshold ?? inForce?.threshold ?? 1
  if (threshold < 1 || threshold > administrators.length)
    throw new Refusal('USAGE', `--threshold ${threshold}: there are ${administrators.length} administrators`)
  const who = { keys: keysOf(o, administrators), replicas: o.replicas, threshold, engine: o.engine.hash }
  const manifest = resolveSite(o.site.file, o.engine.definitions, who, {
    ...(o.cycleMs !== undefined && { cycleMs: o.cycleMs }),
    version: (inForce?.version ?? 0) + 1,
    previous: inForce && manifestHash(inForce),
    partition: inForce?.partition ?? 0,
  })
  if (inForce && (inForce.tenant !== manifest.tenant || inForce.site !== manifest.site))
    throw new Refusal('WRONG_SITE', `${inForce.tenant}/${inForce.site} is in force; the file says ${manifest.site}`)
  return { ...manifest, fromCycle: o.fromCycle ?? null }
}

function keysOf(o: DraftOptions, administrators: readonly string[]): Record<string, KeyEntry> {
  const kept = Object.entries(o.inForce?.keys ?? {}).filter(([, key]) => !key.roles.includes('administrator'))
  const wanted: [string, Role][] = [
    ...(o.inForce
      ? []
      : [
          ...o.replicas.map((id): [string, Role] => [id, 'node']),
          ['gateway', 'gateway'] as [string, Role],
          ['operator', 'operator'] as [string, Role],
        ]),
    ...administrators.map((id): [string, Role] => [id, 'administrator']),
  ]
  const made = wanted.map(([id, role]): [string, KeyEntry] => {
    const there = o.inForce?.keys[id]
    const publicKey = there?.roles.includes(role) ? there.publicKey : o.publicKey(id)
    return [id, { publicKey, roles: [role] }]
  })
  return Object.fromEntries([...kept, ...made])
}
