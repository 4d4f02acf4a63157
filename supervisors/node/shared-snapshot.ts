/**
 * Snapshots in the topic `snapshots`: a node with nothing of its own begins at what two nodes have signed (S34).
 *
 * H1  They are made where the log says and not the node: after the first record at or above each multiple of a number
 *     of positions. So correct nodes sign the same bytes.
 * H2  One counts once two keys have signed it byte for byte, both of replicas by the manifest that this node was
 *     started with: one faulty node makes none alone, and none by two names of one key.
 * H3  It is of this very log, site and engine. Else replay takes over.
 */
import { sha256 } from '../../protocol/codec/canonical.ts'
import type { Signer, Verifier } from '../../protocol/codec/sign.ts'
import type { EventLog, NewRecord } from '../../protocol/log/event-log.ts'
import { BODY_CHARS_MAX } from '../../protocol/log/limits.ts'
import type { Manifest } from '../../protocol/words/manifest.ts'
import { findBack } from '../records/backwards.ts'
import type { Kept } from './beginning.ts'

/** Snapshots in one window of a search: each may be a megabyte. */
const WINDOW = 16
/** Of each node in a compacted topic: nodes are not equally far, and what two have in common must be among theirs. */
const KEPT = 4
/** A pair that is not among so many is too old to save much: each node keeps a few, of each site of the partition. */
const LOOKED_AT_MAX = 256

interface Shared {
  readonly v: 1
  readonly kind: 'Snapshot'
  readonly site: string
  readonly by: string
  readonly bytes: string
  readonly signature: string
}

/** `place`: how many multiples lie below it. Null: it is larger than a record may be. */
export function sealSnapshot(
  bytes: string,
  { tenant, site, partition }: Manifest,
  place: number,
  signer: Signer,
): NewRecord | null {
  const signature = signer.sign('snapshot', bytes)
  const shared: Shared = { v: 1, kind: 'Snapshot', site, by: signer.key, bytes, signature }
  const body = JSON.stringify(shared)
  return body.length > BODY_CHARS_MAX
    ? null
    : { partition, body, key: `${tenant}/${site}/${signer.key}/${place % KEPT}` }
}

export interface Trust {
  readonly manifest: Manifest
  readonly verifier: Verifier
}
export interface TwiceSigned {
  readonly kept: Kept
  readonly by: readonly string[]
}

/** The newest that two have signed and that is wanted, or the oldest; null: none. */
export async function twiceSigned(
  snapshots: EventLog,
  { manifest, verifier }: Trust,
  wanted: (kept: Kept) => boolean,
  which: 'newest' | 'oldest' = 'newest',
): Promise<TwiceSigned | null> {
  const signers = new Map<string, Map<string, string>>() // by digest: who, by public key
  let looked = 0
  let oldest: TwiceSigned | null = null
  const found = await findBack<{ readonly pair: TwiceSigned | null }>(
    snapshots,
    manifest.partition,
    ({ body }) => {
      if (++looked > LOOKED_AT_MAX) return { pair: null }
      const shared = opened(body)
      if (!shared || shared.site !== manifest.site) return null
      const publicKey = manifest.replicas.includes(shared.by) && manifest.keys[shared.by]?.publicKey
      if (!publicKey || !verifier.verify('snapshot', publicKey, shared.bytes, shared.signature)) return null
      const digest = sha256(shared.bytes)
      const who = signers.get(digest) ?? new Map<string, string>()
      signers.set(digest, who.set(publicKey, shared.by))
      if (who.size < 2) return null // H2
      const kept = JSON.parse(shared.bytes) as Kept
      const ours = kept.tenant === manifest.tenant && kept.site === manifest.site
      if (!ours || !wanted(kept)) return null
      const pair = { kept, by: [...who.values()] }
      if (which === 'newest') return { pair }
      oldest = pair
      return null
    },
    WINDOW,
  )
  return found?.pair ?? oldest
}

function opened(body: string): Shared | null {
  try {
    const shared = JSON.parse(body) as Partial<Shared> | null
    const texts = [shared?.site, shared?.by, shared?.bytes, shared?.signature]
    return shared?.kind === 'Snapshot' && texts.every(t => typeof t === 'string') ? (shared as Shared) : null
  } catch {
    return null // anybody who may append could have written it
  }
}
