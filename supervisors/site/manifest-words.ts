/** A manifest for people: what it says, who has signed it, and who still has to. */
import { canonical } from '../../protocol/codec/canonical.ts'
import { manifestHash } from '../../protocol/codec/manifest.ts'
import type { Verifier } from '../../protocol/codec/sign.ts'
import type { Manifest, SignedManifest } from '../../protocol/words/manifest.ts'
import { administratorsOf } from './succession.ts'

export interface Shown {
  readonly hash: string
  readonly signatures: Readonly<Record<string, 'valid' | 'invalid' | 'no administrator'>>
  readonly missing: readonly string[]
  /** Signatures that are still needed. */
  readonly needed: number
}
/** `authority`: the manifest whose administrators and threshold count. */
export function shownOf({ manifest, signatures }: SignedManifest, authority: Manifest, verifier: Verifier): Shown {
  const text = canonical(manifest)
  const judged = Object.entries(signatures).map(([id, signature]) => {
    const entry = authority.keys[id]
    if (!entry?.roles.includes('administrator')) return [id, 'no administrator'] as const
    return [id, verifier.verify('manifest', entry.publicKey, text, signature) ? 'valid' : 'invalid'] as const
  })
  const valid = judged.filter(([, says]) => says === 'valid').map(([id]) => id as string)
  const missing = administratorsOf(authority)
    .map(([id]) => id)
    .filter(id => !valid.includes(id))
  const needed = Math.max(0, authority.threshold - valid.length)
  return { hash: manifestHash(manifest), signatures: Object.fromEntries(judged), missing, needed }
}
export function manifestInWords(m: Manifest, s: Shown): string[] {
  const { cycleMs, deadlineMs, validityMs } = m.timing
  const signatures = Object.entries(s.signatures).map(([id, says]) => `${id} ${says}`)
  return [
    `${m.tenant}/${m.site}: ${m.title}, manifest version ${m.version}, in force ${m.fromCycle === null ? 'at its position' : `from cycle ${m.fromCycle} on`}`,
    `hash ${s.hash}, previous ${m.previous ?? 'none'}`,
    `signed by: ${signatures.join(', ') || 'nobody'}${s.missing.length > 0 ? `; not by ${s.missing.join(', ')}` : ''}; ${s.needed === 0 ? 'enough' : `${s.needed} more needed`}`,
    `next version: ${m.threshold} of ${administratorsOf(m).length} administrators (${administratorsOf(m)
      .map(([id]) => id)
      .join(', ')})`,
    `replicas: ${m.replicas.join(', ')}; cycle ${cycleMs} ms, deadline ${deadlineMs} ms, validity ${validityMs} ms`,
    ...m.engines.map(e => `engine ${e.hash} from cycle ${e.fromCycle} on`),
    ...m.assets.map(a => `asset ${a.name}: ${a.type} version ${a.version}`),
    ...m.strategies.map(t => `strategy ${t.name}: ${t.type} version ${t.version}, priority ${t.priority}`),
    ...m.laws.map(l => `gateway law ${l.law} on ${l.asset}.${l.setpoint}`),
  ]
}
