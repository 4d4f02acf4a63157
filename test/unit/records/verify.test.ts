import { describe, expect, test } from 'vitest'
import { canonical } from '../../../protocol/codec/canonical.ts'
import { sealFact } from '../../../protocol/codec/fact.ts'
import { type Fact, NO_SLOTS } from '../../../protocol/words/facts.ts'
import { type Problem, Verification } from '../../../supervisors/records/verify.ts'
import { byAdministrator, FoldBench, frame, head, installed, manifestOf, signerOf } from '../controller/household.ts'
import { sealed } from '../protocol/observation.ts'
import { CYCLES, decided, receipt, recorded } from './recorded-site.ts'

const history = recorded()
const seal = (fact: Fact, by = fact.by) => sealFact(fact, signerOf(by))
function verified(facts: readonly string[], decisions: readonly string[] = [], backfill: readonly string[] = []) {
  const problems: Problem[] = []
  const verification = new Verification({
    fold: FoldBench.options,
    passed: () => new Set(),
    from: 0,
    problem: p => problems.push(p),
  })
  const records = (bodies: readonly string[]) => bodies.map((body, position) => ({ position, stampMs: 0, body }))
  for (const record of records(facts)) verification.fact(record)
  for (const record of records(decisions)) verification.decision(record)
  for (const record of records(backfill)) verification.backfill(record)
  return {
    ...verification.end(),
    found: problems.map(p => `${p.topic} ${p.position} ${p.code}`),
    reasons: problems.map(p => p.reason),
  }
}
const end = history.facts.length
const lastCandidate = history.candidates.at(-1)!

test('a sound log has no problem; repeats are counted', () => {
  expect(verified(history.facts, history.decisions)).toMatchObject({
    found: [],
    records: end,
    sites: ['demo/home'],
    manifests: 1,
    certificates: CYCLES,
    decisions: 3 * CYCLES,
    repeats: CYCLES,
  })
})

const lie = { ...lastCandidate, validityMs: 1 }
const good = receipt(CYCLES + 1, lastCandidate)
type Receipt = Extract<Fact, { kind: 'ReceiptRecorded' }>
const certified = (change: object): Fact =>
  ({ ...good, certificate: { ...(good as Receipt).certificate!, ...change } }) as Fact
const { signatures } = (good as Receipt).certificate!

/** One record appended to a sound log. */
const PLANTED: readonly [what: string, body: string, code: string][] = [
  ['no record', 'x', 'BAD_SHAPE'],
  [
    'JSON that is not canonical',
    (() => {
      const text = canonical(frame(90)).replace('{', '{ ')
      return `${signerOf('gateway').sign('fact', text)} ${text}`
    })(),
    'BAD_SHAPE',
  ],
  ['a signature of another key', sealFact(frame(90), signerOf('gateway', 'another')), 'BAD_SIGNATURE'],
  ['a byte that changed', seal(frame(90)).replace('"cycle":90', '"cycle":91'), 'BAD_SIGNATURE'],
  ['an author without the role', seal(frame(90, { by: 'operator' })), 'FORBIDDEN'],
  ['two frames of one cycle', seal(frame(CYCLES, { slots: { ...NO_SLOTS, onTime: 9 } })), 'CONFLICT'],
  ['a durable record that is missing', seal({ ...good, seq: CYCLES + 3 } as Fact), 'OUT_OF_ORDER'],
  [
    'a manifest that nobody signed',
    seal(installed({ manifest: manifestOf({ version: 2 }), signatures: {} })),
    'MANIFEST_VERSION',
  ],
  ['a fact before its site’s manifest', seal(frame(1, { site: 'another' })), 'UNKNOWN_KEY'],
  ['a certificate of another digest', seal(receipt(CYCLES + 1, lie)), 'CERTIFICATE'],
  [
    'a certificate of one signature',
    seal(certified({ signatures: { 'node-a': signatures['node-a'] } })),
    'CERTIFICATE',
  ],
  [
    'one signature under two names',
    seal(certified({ signatures: { 'node-a': signatures['node-a'], 'node-b': signatures['node-a'] } })),
    'CERTIFICATE',
  ],
  [
    'a certificate signed by the gateway',
    seal(certified({ signatures: { ...signatures, gateway: 'x' } })),
    'CERTIFICATE',
  ],
  ['a certificate of a cycle that never was', seal(certified({ cycle: 900 })), 'CERTIFICATE'],
  ['a majority without a certificate', seal({ ...good, certificate: null } as Fact), 'CERTIFICATE'],
]
test.each(PLANTED)('%s: %3$s', (_, body, code) => {
  const { found } = verified([...history.facts, body])
  expect(found).toEqual([`facts ${end} ${code}`])
})

describe('what is no problem', () => {
  test('a fallback without a certificate', () => {
    expect(
      verified([...history.facts, seal({ ...good, source: 'localLaw', certificate: null } as Fact)]).found,
    ).toEqual([])
  })
  test('one replica alone, where the verdict says so', () => {
    const one = { ...certified({ signatures: { 'node-a': signatures['node-a'] } }), source: 'single' } as Fact
    expect(verified([...history.facts, seal(one)]).found).toEqual([])
  })
  test('a durable record before its turn, that is sent again; a gap in the place of what is missing', () => {
    const gap: Fact = {
      ...head,
      kind: 'GapRecorded',
      by: 'gateway',
      seq: CYCLES + 2,
      stream: 'durable',
      first: CYCLES + 1,
      last: CYCLES + 2,
      reason: 'outbox full',
    }
    const after = { ...good, seq: CYCLES + 3 } as Fact
    const dropped = { ...good, seq: CYCLES + 1 } as Fact // somebody had appended it after all
    const whole = [seal(after), seal(gap), seal(after), seal(dropped)]
    expect(verified([...history.facts, ...whole])).toMatchObject({ found: [], late: 1 })
    const short = { ...gap, seq: CYCLES + 1, last: CYCLES + 1 } as Fact
    expect(verified([...history.facts, seal(after), seal(short), seal(after)]).reasons).toEqual([
      `durable records of 'gateway' are missing from ${CYCLES + 2} on, and no GapRecorded stands for them`,
    ])
  })
  test('a frame that comes after a later one: the step drops it', () => {
    expect(verified([...history.facts, seal(frame(90)), seal(frame(80))])).toMatchObject({ found: [], late: 1 })
  })
})

test('a manifest brought by a stranger authenticates itself, and its bringer does not', () => {
  const body = sealFact(installed(byAdministrator(manifestOf())), signerOf('stranger'))
  expect(verified([body, ...history.facts.slice(1)]).found).toContain('facts 0 BAD_SIGNATURE')
})

test('recorded decisions are signed by who is named, over what it says', () => {
  const own = decided(lastCandidate, 'node-a')
  const decisions = [
    own,
    'x',
    own.replace('node-a', 'node-b'),
    own.replace(/"position":\d+,"sig/, '"position":1,"sig'),
    decided({ ...lastCandidate, manifest: 'f'.repeat(64) }, 'node-a'),
  ]
  expect(verified(history.facts, decisions).found).toEqual([
    'decisions 1 BAD_SHAPE',
    'decisions 2 BAD_SIGNATURE',
    'decisions 3 BAD_SHAPE',
    'decisions 4 UNKNOWN_KEY',
  ])
})

test('what processes tell of themselves is signed by them, under a manifest that was in force', () => {
  const told = [sealed(), sealed({ by: 'node-a', process: 'run' }), sealed({ by: 'node-a', process: 'node-b' })]
  const stolen = sealed({}, signerOf('gateway', 'stolen name'))
  expect(verified(history.facts, [...told, ...history.decisions, stolen])).toMatchObject({
    decisions: 3 * CYCLES,
    observations: 4,
    found: ['decisions 2 FORBIDDEN', `decisions ${3 + 3 * CYCLES} BAD_SIGNATURE`],
  })
})

test('backfill is signed by the gateway', () => {
  expect(
    verified(history.facts, [], [seal(frame(70)), sealFact(frame(71), signerOf('gateway', 'another'))]).found,
  ).toEqual(['history 1 BAD_SIGNATURE'])
})
