/**
 * Signatures for a simulation: a keyed hash that only the holder of a signer can make, a hundred times as fast as
 * Ed25519. The verifier knows every secret; no simulated process is given it in a form that it could sign with.
 */
import { hash } from 'node:crypto'
import { ed25519Signer, ed25519Verifier, type Signer, type Verifier } from '../../protocol/codec/sign.ts'
import { keyId, type PublicKey, type Signature } from '../../protocol/words/ids.ts'

export interface Keys {
  signer(id: string): Signer
  readonly verifier: Verifier
}

/** `namespace`: keys of one site are worth nothing at another. */
export function quickKeys(seed: number, namespace: string): Keys {
  const secretOf = (publicKey: string) => hash('sha1', `${seed} ${publicKey} secret`, 'hex')
  const publicKeyOf = (id: string) => hash('sha1', `${seed} ${namespace} ${id}`, 'base64url') as PublicKey
  const mac = (secret: string, purpose: string, text: string) =>
    hash('sha1', `${secret} ${purpose}\n${text}`, 'base64url') as Signature
  return {
    signer(id) {
      const publicKey = publicKeyOf(id)
      const secret = secretOf(publicKey)
      return { key: keyId(id), publicKey, sign: (purpose, text) => mac(secret, purpose, text) }
    },
    verifier: {
      verify: (purpose, publicKey, text, signature) => mac(secretOf(publicKey), purpose, text) === signature,
    },
  }
}

/** DER of an Ed25519 secret (RFC 8410): what precedes its 32 bytes. */
const PKCS8 = '302e020100300506032b657004220420'

/** The product's own signatures; Ed25519 is deterministic, so that the trace of a seed is too. */
export function realKeys(seed: number, namespace: string): Keys {
  const signers = new Map<string, Signer>()
  const made = (id: string) => {
    const der = Buffer.from(PKCS8 + hash('sha256', `${seed} ${namespace} ${id}`, 'hex'), 'hex')
    return ed25519Signer(keyId(id), der.toString('base64url'))
  }
  return {
    signer(id) {
      const signer = signers.get(id) ?? made(id)
      signers.set(id, signer)
      return signer
    },
    verifier: ed25519Verifier(),
  }
}
