import { expect, test } from 'vitest'
import { createMachine, setup } from 'xstate'
import { battery } from '../../../actors/assets/battery.ts'
import { plainJson } from '../../../projections/inspector/machine/plain.ts'
import { findSubject, unresolvedOf } from '../../../projections/inspector/machine/subject.ts'
import { supervisorMachine } from '../../../supervisors/kit/chart.ts'

const one = createMachine({ id: 'one' })
const two = createMachine({ id: 'two' })
const found = (exported: Record<string, unknown>, wanted?: string) => {
  const answer = findSubject(exported, wanted)
  return answer.kind === 'found' ? answer.subject.name : `${answer.trouble.code}: ${answer.trouble.text}`
}

test.each([
  ['a machine', { one, other: 1 }, undefined, 'one'],
  ['an asset', { battery }, undefined, 'battery'],
  ['a machine of the system', { supervisorMachine }, undefined, 'supervisorMachine'],
  ['one machine under two names', { default: one, one }, undefined, 'default'],
  ['the one that is asked for', { one, two }, 'two', 'two'],
  ['several', { one, two }, undefined, 'MACHINE_AMBIGUOUS: it exports several machines: one, two'],
  ['none', { x: 1, y: {} }, undefined, 'MACHINE_NOT_FOUND: it exports x, y, none of them a machine'],
  ['nothing', {}, undefined, 'MACHINE_NOT_FOUND: it exports nothing, none of them a machine'],
  ['one that is not there', { one }, 'three', "MACHINE_NOT_FOUND: no export 'three' is a machine; machines: one"],
] as const)('%s', (_what, exported, wanted, answer) => {
  expect(found(exported, wanted)).toBe(answer)
})

test('names with nothing behind them are found wherever they stand', () => {
  const machine = setup({ guards: { there: () => true }, actions: { there: () => {} } }).createMachine({
    initial: 'a',
    entry: 'there',
    states: {
      a: {
        entry: 'enter' as never,
        exit: { type: 'leave' } as never,
        invoke: { src: 'actor' } as never,
        after: { soon: 'b', 100: 'b' } as never,
        on: { E: { guard: 'guard' as never, target: 'b', actions: ['there', 'act' as never] } },
        always: { guard: 'there', target: 'b' },
      },
      b: {},
    },
  })
  expect(unresolvedOf(machine).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'action enter',
    'action leave',
    'action act',
    'guard guard',
    'delay soon',
    'actor actor',
  ])
})

test('any context can be shown', () => {
  const itself: Record<string, unknown> = {
    n: 1n,
    run: function go() {},
    map: new Map([['a', 1]]),
    set: new Set([2]),
    at: new Date(0),
  }
  itself.again = itself
  const shared = { x: 1 }
  expect(JSON.parse(plainJson({ itself, twice: [shared, shared] }))).toEqual({
    itself: {
      n: '1n',
      run: 'function go',
      map: { 'a Map': [['a', 1]] },
      set: { 'a Set': [2] },
      at: '1970-01-01T00:00:00.000Z',
      again: 'itself',
    },
    twice: [{ x: 1 }, { x: 1 }],
  })
  expect(plainJson(undefined)).toBe('undefined')
  expect(plainJson('x'.repeat(100_000)).length).toBeLessThan(65_000)
})
