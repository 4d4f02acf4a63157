/** A candidate's bytes, digest and signature; what the voter asks of one before it counts (S13); what two of them prove. */
import { Compile } from 'typebox/compile'
import { Candidate, type SignedCandidate } from '../words/candidate.ts'
import type { Equivocation } from '../words/facts.ts'
import type { Digest } from '../words/ids.ts'
import type { Manifest } from '../words/manifest.ts'
import { canonical, sha256 } from './canonical.ts'
import type { Signer, Verifier } from './sign.ts'

const shape = Compile(Candidate)

/** Null: it is no candidate, whoever signed it. */
export function parseCandidate(bytes: string): Candidate | null {
  try {
    const value: unknown = JSON.parse(bytes)
    return shape.Check(value) ? value : null
  } catch {
    return null
  }
}

export function signCandidate(candidate: Candidate, signer: Signer, stateHash?: string): SignedCandidate {
  const bytes = canonical(candidate)
  const signature = signer.sign('candidate', bytes)
  return { by: signer.key, bytes, signature, ...(stateHash === undefined ? {} : { stateHash }) }
}

export type OpenedCandidate =
  | {
      readonly kind: 'candidate'
      readonly by: string
      readonly candidate: Candidate
      readonly digest: Digest
      readonly signed: SignedCandidate
    }
  | {
      readonly kind: 'refused'
      readonly reason: 'unknownKey' | 'badSignature' | 'badShape' | 'wrongSite' | 'wrongManifest'
    }

/** Key, signature, shape, tenant and site, manifest: in this order, so that nothing unsigned is ever parsed. */
export function openCandidate(
  signed: SignedCandidate,
  manifest: Pick<Manifest, 'tenant' | 'site' | 'keys' | 'replicas'>,
  manifestHash: string,
  verifier: Verifier,
): OpenedCandidate {
  const entry = manifest.keys[signed.by]
  if (!entry || !manifest.replicas.includes(signed.by)) return { kind: 'refused', reason: 'unknownKey' }
  const candidate = readCandidate(signed, entry.publicKey, verifier)
  if (typeof candidate === 'string') return { kind: 'refused', reason: candidate }
  if (candidate.tenant !== manifest.tenant || candidate.site !== manifest.site)
    return { kind: 'refused', reason: 'wrongSite' }
  if (candidate.manifest !== manifestHash) return { kind: 'refused', reason: 'wrongManifest' }
  return { kind: 'candidate', by: signed.by, candidate, digest: sha256(signed.bytes), signed }
}

function readCandidate(
  { bytes, signature }: { readonly bytes: string; readonly signature: string },
  publicKey: string,
  verifier: Verifier,
): Candidate | 'badSignature' | 'badShape' {
  if (!verifier.verify('candidate', publicKey, bytes, signature)) return 'badSignature'
  return parseCandidate(bytes) ?? 'badShape'
}

/** What two candidates have in common when they answer the same question. */
const QUESTION = ['tenant', 'site', 'epoch', 'cycle', 'engine', 'manifest', 'chain'] as const

export const sameQuestion = (a: Candidate, b: Candidate): boolean => QUESTION.every(k => a[k] === b[k])

/** One key signed two answers to one question of this site. By the proof alone, whatever manifest is in force (S15). */
export function provesEquivocation(proof: Equivocation, tenant: string, site: string, verifier: Verifier): boolean {
  const first = readCandidate(proof.first, proof.publicKey, verifier)
  const second = readCandidate(proof.second, proof.publicKey, verifier)
  if (typeof first === 'string' || typeof second === 'string') return false
  if (first.tenant !== tenant || first.site !== site) return false
  return proof.first.bytes !== proof.second.bytes && sameQuestion(first, second)
}
