import { describe, expect, test } from 'vitest'
import { ed25519Signer, ed25519Verifier, newSecret, type Purpose } from '../../../protocol/codec/sign.ts'
import { keyId } from '../../../protocol/words/ids.ts'

const signer = ed25519Signer(keyId('node-a'), newSecret())
const verifier = ed25519Verifier()
const PURPOSES: readonly Purpose[] = ['fact', 'candidate', 'manifest', 'hello']

describe.each(PURPOSES)('a signature for %s', purpose => {
  const signature = signer.sign(purpose, 'text')
  test.each(PURPOSES)('as one for %s', other =>
    expect(verifier.verify(other, signer.publicKey, 'text', signature)).toBe(other === purpose),
  )
  test('is the same each time', () => expect(signer.sign(purpose, 'text')).toBe(signature))
  test('is of this text and this key only', () => {
    expect(verifier.verify(purpose, signer.publicKey, 'Text', signature)).toBe(false)
    const other = ed25519Signer(keyId('node-a'), newSecret())
    expect(verifier.verify(purpose, other.publicKey, 'text', signature)).toBe(false)
  })
})

test.each(['', 'x', '!!', 'A'.repeat(43), 'A'.repeat(86)])(
  '%j is neither key nor signature, and throws nothing',
  junk => {
    expect(verifier.verify('fact', junk, 'text', signer.sign('fact', 'text'))).toBe(false)
    expect(verifier.verify('fact', signer.publicKey, 'text', junk)).toBe(false)
  },
)

test('RFC 8032, test 1: the public key of a known secret', () => {
  const seed = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'
  const pkcs8 = Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex').toString('base64url')
  const publicKey = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex')
  expect(ed25519Signer(keyId('test'), pkcs8).publicKey).toBe(publicKey.toString('base64url'))
})
