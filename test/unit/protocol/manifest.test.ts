import { describe, expect, test } from 'vitest'
import { checkManifest, manifestHash, signManifest } from '../../../protocol/codec/manifest.ts'
import { engineAt, type Manifest, majorityOf } from '../../../protocol/words/manifest.ts'
import { manifestOf, signerOf, verifier } from '../controller/household.ts'

const ADMINISTRATORS = ['ann', 'bo', 'cy']
const entry = (id: string, generation = 'first') => ({
  publicKey: signerOf(id, generation).publicKey as string,
  roles: ['administrator' as const],
})
const own = manifestOf()
const first: Manifest = {
  ...own,
  threshold: 2,
  keys: {
    ...own.keys,
    ...Object.fromEntries(ADMINISTRATORS.map(id => [id, entry(id)])),
    administrator: { ...own.keys.administrator!, roles: ['engineer'] },
  },
}
const next = (changes: Partial<Manifest> = {}): Manifest => ({
  ...first,
  version: 2,
  previous: manifestHash(first),
  ...changes,
})
const by = (manifest: Manifest, ...signers: readonly (readonly [string, string?])[]) =>
  signers.reduce((signed, [id, generation]) => signManifest(signed, signerOf(id, generation)), {
    manifest,
    signatures: {},
  })

/** In order of precedence; two of ann, bo and cy must sign. */
const ROWS: readonly [what: string, next: ReturnType<typeof by>, verdict: string][] = [
  ['two of three', by(next(), ['ann'], ['cy']), 'valid'],
  ['all three', by(next(), ['ann'], ['bo'], ['cy']), 'valid'],
  ['one of three', by(next(), ['ann']), 'MANIFEST_SIGNATURES'],
  ['one of three, twice', by(next(), ['ann'], ['ann']), 'MANIFEST_SIGNATURES'],
  ['one, and one of another key of that name', by(next(), ['ann'], ['bo', 'another']), 'MANIFEST_SIGNATURES'],
  ['one, and an engineer', by(next(), ['ann'], ['administrator']), 'MANIFEST_SIGNATURES'],
  ['one, and an operator', by(next(), ['ann'], ['operator']), 'MANIFEST_SIGNATURES'],
  ['one that lowers the bar for itself', by(next({ threshold: 1 }), ['ann']), 'MANIFEST_SIGNATURES'],
  [
    'one that brings its own administrator',
    by(next({ keys: { ...first.keys, dee: entry('dee') } }), ['ann'], ['dee']),
    'MANIFEST_SIGNATURES',
  ],
  [
    'two, over other bytes',
    { manifest: next({ title: 'another' }), signatures: by(next(), ['ann'], ['bo']).signatures },
    'MANIFEST_SIGNATURES',
  ],
  ['the same version', by({ ...next(), version: 1 }, ['ann'], ['bo']), 'MANIFEST_VERSION'],
  ['an older version', by({ ...next(), version: 1, previous: null }, ['ann'], ['bo']), 'MANIFEST_VERSION'],
  ['a version that skips some', by(next({ version: 9 }), ['ann'], ['bo']), 'valid'],
  ['after another one than is in force', by(next({ previous: 'f'.repeat(64) }), ['ann'], ['bo']), 'MANIFEST_VERSION'],
  ['after none', by(next({ previous: null }), ['ann'], ['bo']), 'MANIFEST_VERSION'],
  ['of another site', by(next({ site: 'another' }), ['ann'], ['bo']), 'WRONG_SITE'],
  ['of another tenant', by(next({ tenant: 'another' }), ['ann'], ['bo']), 'WRONG_SITE'],
  ['of no shape', by(next({ replicas: [] }), ['ann'], ['bo']), 'BAD_SHAPE'],
]
describe('succession', () => {
  test.each(ROWS)('%s', (_, signed, expected) => {
    const verdict = checkManifest(signed, first, verifier)
    expect(verdict.kind === 'valid' ? 'valid' : verdict.code).toBe(expected)
  })
  test('the first is its own authority', () => {
    expect(checkManifest(by(first, ['ann'], ['bo']), null, verifier).kind).toBe('valid')
    expect(checkManifest(by(first, ['ann']), null, verifier)).toMatchObject({
      reason: '1 of 2 needed administrators have signed version 1',
    })
  })
})

test('a hash is of everything that it says, and of no signature', () => {
  expect(manifestHash(next({ title: 'another' }))).not.toBe(manifestHash(next()))
  expect(manifestHash(by(next(), ['ann']).manifest)).toBe(manifestHash(next()))
})

test.each([
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 3],
  [5, 3],
  [7, 4],
])('of %i replicas %i are a quorum', (replicas, quorum) => expect(majorityOf(replicas)).toBe(quorum))

test('the engine that votes is the last that has begun', () => {
  const [a, b] = ['a'.repeat(64), 'b'.repeat(64)]
  const manifest = {
    ...first,
    engines: [
      { hash: a, fromCycle: 0 },
      { hash: b, fromCycle: 100 },
    ],
  }
  expect([0, 99, 100, 101].map(cycle => engineAt(manifest, cycle))).toEqual([a, a, b, b])
})
