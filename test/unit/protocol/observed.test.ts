/** What processes tell of their actors: who may tell of whom, and what fits. */
import { expect, test } from 'vitest'
import { canonical } from '../../../protocol/codec/canonical.ts'
import { parseObserved, readObserved } from '../../../protocol/codec/observed.ts'
import { CONTEXT_CHARS_MAX, OBSERVED_CHARS_MAX, type ProcessObserved } from '../../../protocol/words/observed.ts'
import { manifestOf, signerOf, verifier } from '../controller/household.ts'
import { observed, sealed } from './observation.ts'

const manifest = manifestOf()
const read = (body: string) => readObserved(body, manifest, verifier)
const codeOf = (body: string) => {
  const found = read(body)
  return found.kind === 'refused' ? found.code : found.kind
}

test('what was sealed is read: canonical, and as it was told', () => {
  const body = sealed()
  expect(read(body)).toEqual({ kind: 'observed', observed: observed() })
  expect(canonical(JSON.parse(body))).toBe(body)
  expect(codeOf(sealed({ by: 'node-a', process: 'node-a' }))).toBe('observed')
  expect(codeOf(sealed({ by: 'node-a', process: 'run' }))).toBe('observed')
})

const REFUSED: readonly [what: string, body: string, code: string][] = [
  ['no JSON', '{', 'BAD_SHAPE'],
  ['another kind', sealed().replace('ProcessObserved', 'Decided'), 'BAD_SHAPE'],
  ['a field more', sealed().replace('{', '{"more":1,'), 'BAD_SHAPE'],
  ['a state that is none', sealed().replace('"idle"', '[1]'), 'BAD_SHAPE'],
  ['another version', sealed().replace('"v":1', '"v":2'), 'BAD_SHAPE'],
  ['more than a record may hold', sealed().replace('"asked"', `"asked"${' '.repeat(OBSERVED_CHARS_MAX)}`), 'BAD_SHAPE'],
  ['another tenant', sealed({ tenant: 'rival' }), 'WRONG_SITE'],
  ['another site', sealed({ site: 'other' }), 'WRONG_SITE'],
  ['nobody', sealed({ by: 'nobody', process: 'nobody' }), 'UNKNOWN_KEY'],
  ['a name that every object has', sealed({ by: 'constructor', process: 'constructor' }), 'BAD_SHAPE'],
  ['a node of another', sealed({ by: 'node-a', process: 'node-b' }), 'FORBIDDEN'],
  ['a node of the gateway', sealed({ by: 'node-a' }), 'FORBIDDEN'],
  ['the gateway of the run', sealed({ process: 'run' }), 'FORBIDDEN'],
  ['a person', sealed({ by: 'operator', process: 'operator' }), 'FORBIDDEN'],
  ['another key in its name', sealed({}, signerOf('gateway', 'stolen name')), 'BAD_SIGNATURE'],
  ['other words under its signature', sealed().replace('"seq":1', '"seq":2'), 'BAD_SIGNATURE'],
]
test.each(REFUSED)('refused: %s', (_, body, code) => {
  expect(codeOf(body)).toBe(code)
})

const many = (context?: object): ProcessObserved['charts'] =>
  Array.from({ length: 1_000 }, (_, i) => ({
    path: `gateway/channel/a${i}`,
    chart: 'channel',
    value: 'following',
    sinceMs: 1_750_000_000_000,
    ...(context && { context: { ...context } }),
  }))

test('what does not fit is left out and said to be: the tree stands, charts as many as fit', () => {
  const body = sealed({ charts: many() })
  const { observed: told } = parseObserved(body)!
  expect(body.length).toBeLessThanOrEqual(OBSERVED_CHARS_MAX)
  expect(body.length).toBeGreaterThan(OBSERVED_CHARS_MAX - 400)
  expect(told.truncated).toBe(true)
  expect(told.tree).toEqual(observed().tree)
  expect(told.charts).toEqual(many().slice(0, told.charts.length))
  expect(codeOf(body)).toBe('observed')
  expect(parseObserved(sealed())!.observed).not.toHaveProperty('truncated')
})

test('a context that is a dump is left out, and said to be', () => {
  const [chart] = many()
  const charts = [chart!, { ...chart!, context: { dump: 'x'.repeat(CONTEXT_CHARS_MAX) } }]
  const { observed: told } = parseObserved(sealed({ charts }))!
  expect([told.charts, told.truncated]).toEqual([[chart, chart], true])
})
