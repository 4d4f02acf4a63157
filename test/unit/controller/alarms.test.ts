import { describe, expect, test } from 'vitest'
import { SHELVED_MS_MAX } from '../../../actors/alarms/life.ts'
import { SKEW_MS_MAX } from '../../../actors/controller/commands.ts'
import { recordAt, recordsOf } from '../../../actors/kit/keyed.ts'
import { Bench, conditionOf, DISSENT, head, START_MS } from './household.ts'

const condition = (bench: Bench) => conditionOf(bench.state, DISSENT)
const begun = () => new Bench().time(START_MS)

type Do = 'raise' | 'return' | 'acknowledge'
const LIFE: readonly [way: readonly Do[], condition: string][] = [
  [['raise'], 'activeUnacknowledged'],
  [['raise', 'acknowledge'], 'activeAcknowledged'],
  [['raise', 'return'], 'returnedUnacknowledged'],
  [['raise', 'return', 'acknowledge'], 'normal'],
  [['raise', 'acknowledge', 'return'], 'normal'],
  [['raise', 'return', 'raise'], 'activeUnacknowledged'],
  [['raise', 'acknowledge', 'raise'], 'activeAcknowledged'],
  [['return'], 'normal'],
  [['acknowledge'], 'normal'],
]
test.each(LIFE)('%j: %s', (way, expected) => {
  const bench = begun()
  for (const step of way)
    if (step === 'acknowledge') bench.acknowledged()
    else bench.observed(step === 'raise' ? 'raised' : 'returned')
  expect(condition(bench)).toBe(expected)
})

test('a flood of one condition is one record, since its beginning (S35)', () => {
  const bench = begun()
  for (let i = 0; i < 100; i++) bench.time(START_MS + i * 1_000).observed('raised')
  expect(recordsOf(bench.state.alarms).map(([, alarm]) => alarm)).toMatchObject([
    { sinceMs: START_MS, text: 'of cycle 7' },
  ])
})

test('each of another asset or about another node is one of its own', () => {
  const bench = begun()
  bench.observed('raised').observed('raised', { about: 'node-c' }).observed('raised', { asset: 'bat1' })
  expect(recordsOf(bench.state.alarms).map(([key]) => key)).toEqual([
    'bat1.dissent.node-b',
    DISSENT,
    'gateway.dissent.node-c',
  ])
})

test('a repeat of the gateway’s durable stream changes nothing', () => {
  const bench = begun().observed('raised').observed('returned')
  expect(condition(bench.observed('raised', { seq: 1 }))).toBe('returnedUnacknowledged')
})

test('a gap in the history stream is an alarm', () => {
  const bench = begun()
  bench.take({
    ...head,
    kind: 'GapRecorded',
    by: 'gateway',
    seq: 1,
    stream: 'history',
    first: 4,
    last: 9,
    reason: 'outbox full',
  })
  expect(recordAt(bench.state.alarms, 'gateway.outboxGap.history')?.text).toBe('4 to 9: outbox full')
})

describe('acknowledging', () => {
  test('an old acknowledgement, sent again, acknowledges no later alarm', () => {
    const bench = begun()
      .observed('raised')
      .acknowledged({ issuedAtMs: START_MS - SKEW_MS_MAX - 1 })
    expect(condition(bench)).toBe('activeUnacknowledged')
  })
  test('shelving hides for a time that has an end, and changes nothing else', () => {
    const bench = begun()
      .observed('raised')
      .acknowledged({ shelveUntilMs: START_MS + 60_000 })
    expect([condition(bench), recordAt(bench.state.alarms, DISSENT)!.shelvedUntilMs]).toEqual([
      'activeUnacknowledged',
      START_MS + 60_000,
    ])
    bench.acknowledged({ shelveUntilMs: Number.MAX_SAFE_INTEGER })
    expect(recordAt(bench.state.alarms, DISSENT)!.shelvedUntilMs).toBe(START_MS + SHELVED_MS_MAX)
  })
})
