/** A manifest's hash, its signatures, and when it may follow another. */
import { Compile } from 'typebox/compile'
import type { ErrorCode } from '../words/errors.ts'
import type { Digest } from '../words/ids.ts'
import { type KeyEntry, Manifest, PEOPLE, type SignedManifest } from '../words/manifest.ts'
import { canonical, sha256 } from './canonical.ts'
import type { Signer, Verifier } from './sign.ts'

const shape = Compile(Manifest)

export const manifestHash = (manifest: Manifest): Digest => sha256(canonical(manifest))

export function signManifest(signed: SignedManifest, signer: Signer): SignedManifest {
  const signature = signer.sign('manifest', canonical(signed.manifest))
  return { manifest: signed.manifest, signatures: { ...signed.signatures, [signer.key]: signature } }
}

type Verdict =
  | { readonly kind: 'valid' }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly reason: string }
const no = (code: ErrorCode, reason: string): Verdict => ({ kind: 'refused', code, reason })

/**
 * May this manifest follow the one in force (null: the first)? The administrators and the threshold are those of the
 * one in force: a manifest cannot lower the bar that it has to pass. The first is its own authority, at commissioning.
 */
export function checkManifest(next: SignedManifest, inForce: Manifest | null, verifier: Verifier): Verdict {
  const m = next.manifest
  if (!shape.Check(m)) {
    const first = shape.Errors(m)[0]
    return no('BAD_SHAPE', `manifest${first?.instancePath ?? ''} ${first?.message ?? ''}`)
  }
  if (inForce && (m.tenant !== inForce.tenant || m.site !== inForce.site))
    return no('WRONG_SITE', `${m.tenant}/${m.site}`)
  if (inForce && m.version <= inForce.version)
    return no('MANIFEST_VERSION', `version ${m.version} is not above ${inForce.version}, which is in force`)
  if (inForce && m.previous !== manifestHash(inForce))
    return no('MANIFEST_VERSION', `it names ${m.previous} as previous, not the one in force`)
  const authority = inForce ?? m
  const text = canonical(m)
  const signers = Object.entries(next.signatures).filter(([key, signature]) => {
    const entry = authority.keys[key]
    return entry?.roles.includes('administrator') && verifier.verify('manifest', entry.publicKey, text, signature)
  })
  if (signers.length < authority.threshold)
    return no(
      'MANIFEST_SIGNATURES',
      `${signers.length} of ${authority.threshold} needed administrators have signed version ${m.version}`,
    )
  return { kind: 'valid' }
}

/** Nothing that decides is another, nor any key of a process: only whom of the people the site listens to. */
export const changesOnlyPeople = (before: Manifest, next: Manifest): boolean =>
  canonical(withoutPeople(before)) === canonical(withoutPeople(next))

function withoutPeople({ version: _, previous: _p, fromCycle: _c, threshold: _t, keys, ...rest }: Manifest) {
  const isPerson = ([id, { roles }]: [string, KeyEntry]): boolean =>
    !rest.replicas.includes(id) && roles.every(role => PEOPLE.includes(role))
  return { ...rest, keys: Object.fromEntries(Object.entries(keys).filter(entry => !isPerson(entry))) }
}
