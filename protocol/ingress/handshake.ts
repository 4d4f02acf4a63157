/**
 * Both ends of an uplink prove who they are before anything else passes: each signs the other's nonce together with
 * both names and the site, so that a proof is worth nothing on another link.
 */
import type { Signer, Verifier } from '../codec/sign.ts'
import type { Manifest, Role } from '../words/manifest.ts'

/** A peer that has not proved itself by then is cut. */
export const HANDSHAKE_MS_MAX = 3_000

export interface Greeting {
  readonly t: 'hello'
  readonly by: string
  readonly tenant: string
  readonly site: string
  readonly nonce: string
}
export interface ProofMessage {
  readonly t: 'proof'
  readonly signature: string
}

const text = (prover: Greeting, challenger: Greeting) =>
  `${challenger.nonce} ${prover.by} ${challenger.by} ${prover.tenant} ${prover.site}`

/** This side's answer to the other's greeting. */
export const prove = (mine: Greeting, theirs: Greeting, signer: Signer): ProofMessage => ({
  t: 'proof',
  signature: signer.sign('hello', text(mine, theirs)),
})

/** Does the other side hold the key that it names, in a role that may stand at that end? Null, or why not. */
export function notProven(
  mine: Greeting,
  theirs: Greeting,
  proof: ProofMessage,
  role: Role,
  manifest: Manifest,
  verifier: Verifier,
): string | null {
  if (theirs.tenant !== manifest.tenant || theirs.site !== manifest.site)
    return `it speaks for ${theirs.tenant}/${theirs.site}`
  const entry = manifest.keys[theirs.by]
  if (!entry) return `the manifest names no key '${theirs.by}'`
  if (!entry.roles.includes(role)) return `'${theirs.by}' is no ${role}`
  if (!verifier.verify('hello', entry.publicKey, text(theirs, mine), proof.signature))
    return `'${theirs.by}' does not hold its key`
  return null
}
