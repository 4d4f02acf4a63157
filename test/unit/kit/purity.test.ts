import { describe, expect, test } from 'vitest'
import { ImpureStep, withinStep } from '../../../actors/kit/purity.ts'

const forbidden: readonly [string, () => unknown][] = [
  ['new Date', () => new Date()],
  ['Date()', () => Date()],
  ['Date.now', () => Date.now()],
  ['performance.now', () => performance.now()],
  ['process.hrtime.bigint', () => process.hrtime.bigint()],
  ['Math.random', () => Math.random()],
  ['Math.sin', () => Math.sin(1)],
  ['Math.hypot', () => Math.hypot(1, 2)],
  ['Math.pow', () => Reflect.apply(Math.pow, Math, [2, 0.5])],
  ['crypto.randomUUID', () => crypto.randomUUID()],
  ['crypto.getRandomValues', () => crypto.getRandomValues(new Uint8Array(1))],
  ['setTimeout', () => clearTimeout(setTimeout(() => {}, 0))],
  ['setInterval', () => clearInterval(setInterval(() => {}, 1_000))],
  ['setImmediate', () => clearImmediate(setImmediate(() => {}))],
  ['queueMicrotask', () => queueMicrotask(() => {})],
  ['process.nextTick', () => process.nextTick(() => {})],
  ['localeCompare', () => 'a'.localeCompare('b')],
  ['toLocaleString', () => (1.5).toLocaleString()],
]

describe('inside a step', () => {
  for (const [name, use] of forbidden)
    test(`${name} throws with its reason, and works again outside`, () => {
      expect(() => withinStep(use)).toThrow(ImpureStep)
      expect(use).not.toThrow()
    })
  test('fetch and console throw', () => {
    expect(() => withinStep(() => fetch('http://127.0.0.1:1'))).toThrow('fetch: something outside the step')
    expect(() => withinStep(() => console.log('x'))).toThrow('console.log: something outside the step')
  })
  test('the reason says what to use', () => {
    expect(() => withinStep(() => Date.now())).toThrow('Date.now: a clock; use `now`, which is log time')
  })
  test('exact arithmetic is allowed', () => {
    expect(withinStep(() => Math.sqrt(Math.abs(-16)) + Math.trunc(1.5) + Math.max(1, 2))).toBe(7)
  })
})

test('a step that throws leaves the guard lowered (G1)', () => {
  expect(() =>
    withinStep(() => {
      throw new Error('x')
    }),
  ).toThrow('x')
  expect(() => Date.now()).not.toThrow()
})

test('steps nest (G2)', () => {
  withinStep(() => {
    withinStep(() => {})
    expect(() => Date.now()).toThrow(ImpureStep)
  })
  expect(() => Date.now()).not.toThrow()
})

test('outside, a Date is a Date', () => {
  withinStep(() => {})
  const date = new Date(0)
  expect([date instanceof Date, date.toISOString(), Object.getPrototypeOf(date) === Date.prototype]).toEqual([
    true,
    '1970-01-01T00:00:00.000Z',
    true,
  ])
  expect(Date.UTC(1970, 0, 2)).toBe(86_400_000)
  class Day extends Date {}
  expect(new Day(0) instanceof Day).toBe(true)
})

test('costs next to nothing', () => {
  const run = () => 1
  const times = 200_000
  const startMs = performance.now()
  for (let i = 0; i < times; i++) withinStep(run)
  expect((performance.now() - startMs) / times).toBeLessThan(0.002)
})
