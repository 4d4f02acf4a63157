/** The gateway's durable stream in the step: no holes, whatever the nodes' ingresses make of it. */

import { describe, expect, test } from 'vitest'
import { recordAt, recordsOf } from '../../../actors/kit/keyed.ts'
import type { Fact } from '../../../protocol/words/facts.ts'
import { Bench, byAdministrator, FoldBench, head, manifestOf, START_MS, signerOf } from './household.ts'

const alarm = (seq: number): Fact => ({
  ...head,
  kind: 'AlarmObserved',
  by: 'gateway',
  seq,
  alarm: `alarm${seq}`,
  state: 'raised',
  text: 'x',
})
const gap = (first: number, last: number): Fact => ({
  ...head,
  kind: 'GapRecorded',
  by: 'gateway',
  seq: last,
  stream: 'durable',
  first,
  last,
  reason: 'outbox full',
})

/** What is appended, in this order; how far the stream is taken then; which alarms stand; which gap was told. */
const TABLE: readonly [what: string, facts: readonly Fact[], durable: number, alarms: string, told?: string][] = [
  ['in order', [alarm(1), alarm(2), alarm(3)], 3, '1 2 3'],
  ['a repeat', [alarm(1), alarm(2), alarm(1)], 2, '1 2'],
  ['one was swallowed: nothing behind it counts', [alarm(1), alarm(3), alarm(4)], 1, '1'],
  ['sent again through another node', [alarm(1), alarm(3), alarm(2), alarm(3)], 3, '1 2 3'],
  ['two nodes append one batch', [alarm(1), alarm(2), alarm(1), alarm(2), alarm(3)], 3, '1 2 3'],
  ['batches in the wrong order', [alarm(3), alarm(4), alarm(1), alarm(2), alarm(3), alarm(4)], 4, '1 2 3 4'],
  ['a gap in the place of what was dropped', [alarm(1), gap(2, 3), alarm(4)], 4, '1 4', '2 to 3'],
  [
    'a gap of which some had come: told is what is missing',
    [alarm(1), alarm(2), gap(1, 4), alarm(5)],
    5,
    '1 2 5',
    '3 to 4',
  ],
  ['a gap behind a hole comes too early', [alarm(1), gap(3, 4)], 1, '1'],
  ['a gap of what has come already', [alarm(1), alarm(2), gap(1, 2)], 2, '1 2'],
  ['what a gap stands for, appended after it', [gap(1, 2), alarm(2), alarm(3)], 3, '3', '1 to 2'],
  ['a gap that has grown', [gap(1, 2), gap(1, 4), alarm(5)], 5, '5', '1 to 2'],
]
test.each(TABLE)('%s', (_, facts, durable, alarms, told) => {
  const bench = new Bench().time(START_MS)
  for (const fact of facts) bench.take(fact)
  expect(bench.state.durable).toBe(durable)
  const raised = recordsOf(bench.state.alarms).map(([, record]) => record)
  const gapTold = recordAt(bench.state.alarms, 'gateway.outboxGap.durable')
  expect(
    raised
      .filter(a => a !== gapTold)
      .map(a => a.alarm.slice('alarm'.length))
      .sort((a, b) => Number(a) - Number(b))
      .join(' '),
  ).toBe(alarms)
  expect(gapTold?.text).toBe(told === undefined ? undefined : `${told}: outbox full`)
})

test('a gap of the history stream is an ordinary fact of the durable stream', () => {
  const of = { ...gap(1, 900), stream: 'history', seq: 2 } as Fact
  const bench = new Bench().time(START_MS).take(of)
  expect([bench.state.durable, recordsOf(bench.state.alarms)]).toEqual([0, []])
  bench.take(alarm(1)).take(of)
  expect(bench.state.durable).toBe(2)
  expect(recordAt(bench.state.alarms, 'gateway.outboxGap.history')?.text).toBe('1 to 900: outbox full')
})

describe('a proof of equivocation', () => {
  const said = { bytes: '{}', signature: 'x' }
  const proof = (by: string, seq?: number): Fact => ({
    ...head,
    kind: 'EquivocationProven',
    by,
    ...(seq === undefined ? {} : { seq }),
    key: 'node-b',
    publicKey: signerOf('node-b').publicKey,
    first: said,
    second: said,
  })
  test('by the gateway has its turn like anything else', () => {
    const bench = new Bench().time(START_MS).take(proof('gateway', 2))
    expect(bench.state.disqualified).toEqual([])
    bench.take(alarm(1)).take(proof('gateway', 2))
    expect([bench.state.durable, bench.state.disqualified]).toEqual([2, ['node-b']])
  })
  test('by anybody else counts at once, and moves nothing of the gateway’s stream', () => {
    const bench = new Bench().time(START_MS).take(proof('node-c', 1))
    expect([bench.state.durable, bench.state.disqualified]).toEqual([0, ['node-b']])
  })
})

test('a node cannot speak in the gateway’s stream', () => {
  const bench = new FoldBench()
  bench.install(byAdministrator(manifestOf()))
  expect(bench.take({ ...gap(1, 9), by: 'node-b' } as Fact)).toMatchObject({ code: 'FORBIDDEN' })
})
