import { expect, test } from 'vitest'
import { openCandidate, signCandidate } from '../../../protocol/codec/candidate.ts'
import { canonical, sha256 } from '../../../protocol/codec/canonical.ts'
import { manifestHash } from '../../../protocol/codec/manifest.ts'
import { Candidate } from '../../../protocol/words/candidate.ts'
import { ENGINE, manifestOf, signerOf, verifier } from '../controller/household.ts'

const manifest = manifestOf()
const hash = manifestHash(manifest)
const candidate: Candidate = {
  v: 1,
  tenant: 'demo',
  site: 'home',
  epoch: 1,
  cycle: 7,
  manifest: hash,
  engine: ENGINE,
  position: 4,
  chain: 'a'.repeat(64),
  actions: { mode: 'automatic', assets: {}, laws: [], commands: [] },
  validityMs: 5_000,
}
const by = (key: string, changes: object = {}) => signCandidate({ ...candidate, ...changes }, signerOf(key))

/** In order: what is not signed by a replica is never parsed. */
const ROWS: readonly [what: string, signed: ReturnType<typeof by>, verdict: string][] = [
  ['a replica’s', by('node-a'), 'candidate'],
  ['a stranger’s, whatever else is wrong', { ...by('stranger'), bytes: '{' }, 'unknownKey'],
  ['of a key that is no replica', by('operator'), 'unknownKey'],
  ['with bytes that were not signed, and no JSON either', { ...by('node-a'), bytes: '{' }, 'badSignature'],
  ['signed by another replica', { ...by('node-b'), by: 'node-a' }, 'badSignature'],
  [
    'signed for another purpose',
    { ...by('node-a'), signature: signerOf('node-a').sign('fact', by('node-a').bytes) },
    'badSignature',
  ],
  [
    'signed, and no JSON',
    { by: 'node-a', bytes: '{', signature: signerOf('node-a').sign('candidate', '{') },
    'badShape',
  ],
  ['of another shape and site', by('node-a', { v: 2, site: 'another' }), 'badShape'],
  ['with a surplus member', by('node-a', { surplus: 1 }), 'badShape'],
  ['with a value that is no whole number of steps', by('node-a', { validityMs: 0.5 }), 'badShape'],
  ['of another site and manifest', by('node-a', { site: 'another', manifest: 'f'.repeat(64) }), 'wrongSite'],
  ['of another tenant', by('node-a', { tenant: 'another' }), 'wrongSite'],
  ['of another manifest', by('node-a', { manifest: 'f'.repeat(64) }), 'wrongManifest'],
]
test.each(ROWS)('%s', (_, signed, verdict) => {
  const opened = openCandidate(signed, manifest, hash, verifier)
  expect(opened.kind === 'refused' ? opened.reason : opened.kind).toBe(verdict)
})

test('the digest is over the bytes, without who signed and without the state hash beside them', () => {
  const digests = ['node-a', 'node-b'].map(key => {
    const opened = openCandidate({ ...by(key), stateHash: sha256(key) }, manifest, hash, verifier)
    return opened.kind === 'candidate' ? opened.digest : opened.reason
  })
  expect(digests).toEqual(Array(2).fill(sha256(canonical(candidate))))
})

test('its schema is JSON Schema', () => {
  expect(JSON.parse(JSON.stringify(Candidate))).toMatchObject({ type: 'object', additionalProperties: false })
})
