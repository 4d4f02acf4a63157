import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SiteFold } from '../../../actors/controller/fold.ts'
import { openFact, parseFact } from '../../../protocol/codec/fact.ts'
import { upcast } from '../../../protocol/codec/upcast.ts'
import { byAdministrator, FoldBench, head, manifestOf, verifier } from '../controller/household.ts'

/** Written by the first version of the shapes, kept as it was: signatures are over the old bytes. */
const recorded = readFileSync(new URL('../../histories/facts-v0.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
const bodies = recorded.map(line => (JSON.parse(line) as { body: string }).body)

test('old facts are read in the present shape, under the signature of the old bytes', () => {
  const frames = bodies.map(body => openFact(body, manifestOf(), verifier))
  const slots = { onTime: 0, late: 0, held: 0, uncovered: 0, fieldDown: 0 }
  expect(frames.map(opened => opened.kind === 'fact' && opened.fact)).toMatchObject([
    { v: 1, kind: 'TimeAdvanced' },
    { v: 1, kind: 'TimeAdvanced' },
    { v: 1, kind: 'FrameMeasured', cycle: 1, slots },
    { v: 1, kind: 'FrameMeasured', cycle: 2, slots },
  ])
  expect(bodies.filter(body => body.includes('"v":0'))).toHaveLength(2)
})

test('a history of the first version is folded by this engine, frame by frame', () => {
  const fold = new SiteFold(FoldBench.options)
  const install = new FoldBench()
  install.install(byAdministrator(manifestOf()))
  const taken = [...install.bodies, ...bodies].map((body, position) => fold.take(position, body))
  const candidates = taken.flatMap(t => (t.kind === 'stepped' && t.candidate ? [t.candidate] : []))
  expect(candidates.map(c => [c.cycle, c.actions.mode])).toEqual([
    [1, 'off'],
    [2, 'off'],
  ])
})

test.each([
  ['a kind that never had a version 0', { v: 0, kind: 'CommandRequested' }, 'UNKNOWN_VERSION'],
  ['a version that never was', { v: -1, kind: 'FrameMeasured' }, 'UNKNOWN_VERSION'],
  ['no version', { kind: 'FrameMeasured' }, 'UNKNOWN_VERSION'],
  ['a version between two', { v: 0.5, kind: 'FrameMeasured' }, 'UNKNOWN_VERSION'],
])('%s is refused', (_, value, code) =>
  expect(upcast({ ...head, ...value, v: (value as { v?: number }).v })).toMatchObject({ code }),
)

test('what an old fact lacks is refused as it would be today', () => {
  expect(parseFact('sig {"kind":"FrameMeasured","v":0}')).toMatchObject({ code: 'BAD_SHAPE' })
})
