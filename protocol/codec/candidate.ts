/** A candidate's bytes, digest and signature; and what the voter asks of one before it counts (S13). */
import { Compile } from 'typebox/compile'
import { Candidate, type SignedCandidate } from '../words/candidate.ts'
import type { Digest } from '../words/ids.ts'
import type { Manifest } from '../words/manifest.ts'
import { canonical, sha256 } from './canonical.ts'
import type { Signer, Verifier } from './sign.ts'

const shape = Compile(Candidate)

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
  manifest: Manifest,
  manifestHash: string,
  verifier: Verifier,
): OpenedCandidate {
  const entry = manifest.keys[signed.by]
  if (!entry || !manifest.replicas.includes(signed.by)) return { kind: 'refused', reason: 'unknownKey' }
  if (!verifier.verify('candidate', entry.publicKey, signed.bytes, signed.signature))
    return { kind: 'refused', reason: 'badSignature' }
  let candidate: unknown
  try {
    candidate = JSON.parse(signed.bytes)
  } catch {
    return { kind: 'refused', reason: 'badShape' }
  }
  if (!shape.Check(candidate)) return { kind: 'refused', reason: 'badShape' }
  if (candidate.tenant !== manifest.tenant || candidate.site !== manifest.site)
    return { kind: 'refused', reason: 'wrongSite' }
  if (candidate.manifest !== manifestHash) return { kind: 'refused', reason: 'wrongManifest' }
  return { kind: 'candidate', by: signed.by, candidate, digest: sha256(signed.bytes), signed }
}
