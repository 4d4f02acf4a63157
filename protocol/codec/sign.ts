import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import type { KeyId, PublicKey, Signature } from '../words/ids.ts'

/** What a signature is for; a signature for one purpose is worth nothing for another. */
export type Purpose = 'fact' | 'candidate' | 'manifest' | 'hello' | 'snapshot' | 'observed'

/** One key that can sign. The simulator hands in a cheap keyed stand-in. */
export interface Signer {
  readonly key: KeyId
  readonly publicKey: PublicKey
  sign(purpose: Purpose, text: string): Signature
}
export interface Verifier {
  verify(purpose: Purpose, publicKey: string, text: string, signature: string): boolean
}

const bytes = (purpose: Purpose, text: string) => Buffer.from(`quorate ${purpose}\n${text}`)
/** DER prefix of an Ed25519 public key (RFC 8410): what precedes its 32 raw bytes. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')

export function ed25519Signer(key: KeyId, pkcs8: string): Signer {
  const secret = createPrivateKey({ key: Buffer.from(pkcs8, 'base64url'), format: 'der', type: 'pkcs8' })
  return {
    key,
    publicKey: publicKeyOf(secret),
    sign: (purpose, text) => sign(null, bytes(purpose, text), secret).toString('base64url') as Signature,
  }
}

function publicKeyOf(secret: KeyObject): PublicKey {
  const der = createPublicKey(secret).export({ format: 'der', type: 'spki' })
  return der.subarray(SPKI.length).toString('base64url') as PublicKey
}

/** A fresh secret, PKCS 8 in base64url. */
export function newSecret(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64url')
}

/** Keys of a site are few: this many parsed ones are kept. */
const KEYS_MAX = 256

export function ed25519Verifier(): Verifier {
  const parsed = new Map<string, KeyObject>()
  const keyOf = (raw: string): KeyObject => {
    let key = parsed.get(raw)
    if (!key) {
      if (parsed.size >= KEYS_MAX) parsed.clear()
      const der = Buffer.concat([SPKI, Buffer.from(raw, 'base64url')])
      key = createPublicKey({ key: der, format: 'der', type: 'spki' })
      parsed.set(raw, key)
    }
    return key
  }
  return {
    verify(purpose, publicKey, text, signature) {
      try {
        return verify(null, bytes(purpose, text), keyOf(publicKey), Buffer.from(signature, 'base64url'))
      } catch {
        return false // a key or signature that is not one never verifies (S26)
      }
    },
  }
}
