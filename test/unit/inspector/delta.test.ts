import fc from 'fast-check'
import { expect, it } from 'vitest'
import { deltaOf, patched } from '../../../projections/inspector/delta.ts'

/** As it comes off a wire: without -0. */
const json = fc.jsonValue({ maxDepth: 4 }).map(value => JSON.parse(JSON.stringify(value)))

it('what is patched is what was wanted, for every two values (D1)', () => {
  fc.assert(
    fc.property(json, json, (before, after) => {
      const kept = JSON.stringify(before)
      expect(patched(before, deltaOf(before, after))).toEqual(after)
      expect(JSON.stringify(before)).toBe(kept)
    }),
  )
})
it('survives the wire', () => {
  fc.assert(
    fc.property(json, json, (before, after) => {
      const sent = JSON.parse(JSON.stringify(deltaOf(before, after)))
      expect(patched(before, sent)).toEqual(after)
    }),
  )
})
it('knows what every object answers to from what is there', () => {
  for (const name of ['valueOf', 'toString', 'constructor', '__proto__'])
    for (const value of ['', null, { a: 1 }]) {
      const one = JSON.parse(`{"${name}":${JSON.stringify(value)}}`)
      expect(patched(one, deltaOf(one, {}))).toEqual({})
      expect(JSON.stringify(patched({}, deltaOf({}, one)))).toBe(JSON.stringify(one))
    }
})
it('of equal values is nothing, and names only what changed', () => {
  const value = { a: [1, { b: 2 }], c: 'x' }
  expect(deltaOf(value, structuredClone(value))).toEqual([])
  expect(deltaOf(value, { a: [1, { b: 3 }], c: 'x', d: null })).toEqual([
    [['a', 1, 'b'], 3],
    [['d'], null],
  ])
  expect(deltaOf(value, { a: [1] })).toEqual([[['c']], [['a', 1]]])
})
it('shares what it leaves alone', () => {
  const before = { a: { deep: true }, b: 1 }
  const after = patched(before, [[['b'], 2]]) as typeof before
  expect(after.a).toBe(before.a)
})
