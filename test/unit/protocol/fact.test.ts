import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { BODY_BYTES_MAX, mayNotSay, openFact, parseFact, sealFact } from '../../../protocol/codec/fact.ts'
import { FACTS, type FactKind } from '../../../protocol/words/facts.ts'
import { signerOf, verifier } from '../controller/household.ts'
import { as, EVERY_ROLE, FACT_OF, KINDS, manifest } from './samples.ts'

describe.each(KINDS)('%s', kind => {
  const fact = FACT_OF[kind]
  const body = (changes: object = {}) => sealFact(as(fact, changes), signerOf(fact.by))

  test('is read as it was sealed', () => {
    expect(parseFact(body())).toMatchObject({ kind: 'fact', fact })
    expect(openFact(body(), manifest, verifier).kind).toBe('fact')
  })
  test('BAD_SHAPE: with a member that its kind does not have', () => {
    expect(parseFact(body({ surplus: 1 }))).toMatchObject({ code: 'BAD_SHAPE', reason: expect.stringContaining(kind) })
  })
  test('BAD_SHAPE: without any one of its members', () => {
    const optional = ['shelveUntilMs', 'reason', 'latencyUs', 'asset', 'about']
    for (const member of Object.keys(fact).filter(m => !['v', 'kind', ...optional].includes(m)))
      expect(parseFact(body({ [member]: undefined })), member).toMatchObject({ code: 'BAD_SHAPE' })
  })
  test('UNKNOWN_VERSION: newer than this engine', () => {
    expect(parseFact(body({ v: 2 }))).toMatchObject({
      code: 'UNKNOWN_VERSION',
      reason: `${kind} version 2; this engine knows up to 1`,
    })
  })
  test('BAD_SIGNATURE: by another key of that name, or over other bytes', () => {
    expect(openFact(sealFact(fact, signerOf(fact.by, 'another')), manifest, verifier)).toMatchObject({
      code: 'BAD_SIGNATURE',
    })
    expect(openFact(body().replace('"tenant":"demo"', '"tenant":"demo" '), manifest, verifier)).toMatchObject({
      code: 'BAD_SIGNATURE',
    })
  })
  test('its schema is JSON Schema', () => {
    const schema = JSON.parse(JSON.stringify(FACTS[kind])) as {
      type: string
      required: string[]
      additionalProperties: boolean
    }
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false })
    expect(schema.required).toContain('v')
    expect(Type.IsObject(FACTS[kind])).toBe(true)
  })
})

test.each(['constructor', 'toString', '__proto__'])(
  'BAD_SHAPE: %s, which every object has, is nobody and nothing',
  name => {
    const command = FACT_OF.CommandRequested
    for (const changes of [
      { by: name },
      { target: name },
      { name },
      { id: name },
      { params: JSON.parse(`{"${name}":1}`) },
    ]) {
      const body = sealFact(as(command, changes), signerOf('operator'))
      const opened = openFact(body, manifest, verifier)
      if ('id' in changes && name.length < 8) continue
      expect(opened, JSON.stringify(changes)).toMatchObject({ kind: 'refused', code: 'BAD_SHAPE' })
    }
    const claim = sealFact(as(FACT_OF.TimeAdvanced, { by: name }), signerOf('node-a'))
    expect(openFact(claim, manifest, verifier)).toMatchObject({ kind: 'refused', code: 'BAD_SHAPE' })
  },
)

test.each([
  ['nothing', ''],
  ['no signature', '{}'],
  ['no JSON', 'sig {'],
  ['no object', 'sig []'],
  ['null', 'sig null'],
  ['no kind', 'sig {"v":1}'],
  ['an unknown kind', 'sig {"v":1,"kind":"Guessed"}'],
  ['a kind of every object', 'sig {"v":1,"kind":"constructor"}'],
  ['too long', `sig ${'x'.repeat(BODY_BYTES_MAX)}`],
])('BAD_SHAPE: %s', (_, body) => expect(parseFact(body)).toMatchObject({ kind: 'refused', code: 'BAD_SHAPE' }))

/** One row for each kind: the roles that may say it. */
const SPEAKERS: Readonly<Record<FactKind, readonly string[]>> = {
  FrameMeasured: ['gateway'],
  TimeAdvanced: ['node'],
  CommandRequested: ['administrator', 'engineer', 'operator'],
  ReceiptRecorded: ['gateway'],
  AlarmObserved: ['gateway'],
  GapRecorded: ['gateway'],
  AlarmAcknowledged: ['administrator', 'engineer', 'operator'],
  ManifestInstalled: ['administrator'],
  EquivocationProven: ['node', 'gateway', 'administrator', 'engineer', 'operator'],
  FactSkipped: ['administrator'],
}
describe.each(KINDS)('%s is said by', kind => {
  test.each(EVERY_ROLE)('%s', role => {
    const no = mayNotSay(as(FACT_OF[kind], { by: role }), manifest)
    expect(no?.code ?? 'may').toBe(SPEAKERS[kind].includes(role) ? 'may' : 'FORBIDDEN')
  })
  test('nobody unknown, and for no other site', () => {
    expect(mayNotSay(as(FACT_OF[kind], { by: 'stranger' }), manifest)?.code).toBe('UNKNOWN_KEY')
    expect(mayNotSay(as(FACT_OF[kind], { tenant: 'another' }), manifest)?.code).toBe('WRONG_SITE')
    if (kind !== 'TimeAdvanced')
      expect(mayNotSay(as(FACT_OF[kind], { site: 'another' }), manifest)?.code).toBe('WRONG_SITE')
  })
})
test('a claim of time counts in its own partition only', () => {
  expect(mayNotSay(as(FACT_OF.TimeAdvanced, { partition: 1 }), manifest)).toEqual({
    code: 'WRONG_SITE',
    reason: 'TimeAdvanced is of partition 1',
  })
})
