import { describe, expect, test } from 'vitest'
import { type ChildSpec, checkSpec, type SupervisorSpec } from '../../../supervisors/kit/spec.ts'
import { addRestart, affected, backoffMs, restarts } from '../../../supervisors/kit/strategy.ts'

describe('restarts', () => {
  test.each([
    ['permanent', 'ended', true],
    ['permanent', 'failed', true],
    ['transient', 'ended', false],
    ['transient', 'failed', true],
    ['temporary', 'ended', false],
    ['temporary', 'failed', false],
  ] as const)('%s that %s: %s', (restart, exit, again) => {
    expect(restarts(restart, exit)).toBe(again)
  })
})

describe('affected, of a b c d, when one falls', () => {
  test.each([
    ['oneForOne', 'b', 'b'],
    ['oneForAll', 'b', 'a b c d'],
    ['restForOne', 'a', 'a b c d'],
    ['restForOne', 'b', 'b c d'],
    ['restForOne', 'd', 'd'],
  ] as const)('%s, %s: %s', (strategy, id, ids) => {
    expect(affected(strategy, ['a', 'b', 'c', 'd'], id).join(' ')).toBe(ids)
  })
})

describe('addRestart, two in ten seconds', () => {
  test.each([
    { before: [], nowMs: 0, restarts: [0], tooMany: false },
    { before: [0], nowMs: 5_000, restarts: [0, 5_000], tooMany: false },
    { before: [0, 5_000], nowMs: 9_999, restarts: [0, 5_000, 9_999], tooMany: true },
    { before: [0, 5_000], nowMs: 10_000, restarts: [5_000, 10_000], tooMany: false },
    { before: [0, 5_000], nowMs: 60_000, restarts: [60_000], tooMany: false },
  ])('$before and now $nowMs', ({ before, nowMs, restarts, tooMany }) => {
    expect(addRestart(before, nowMs, 2, 10_000)).toEqual({ restarts, tooMany })
  })
  test('an intensity of 0 allows none', () => expect(addRestart([], 0, 0, 10_000).tooMany).toBe(true))
})

describe('backoffMs, from 50 to 2000', () => {
  test.each([
    [1, 0, 50],
    [1, 0xffff_ffff, 74],
    [2, 0, 100],
    [3, 0, 200],
    [6, 0, 1_600],
    [7, 0, 2_000],
    [7, 0x8000_0000, 2_500],
    [1_000, 0, 2_000],
  ])('restart %i, random %i: %i ms', (recent, random, ms) => {
    expect(backoffMs(recent, 50, 2_000, random)).toBe(ms)
  })
})

describe('checkSpec echoes what is wrong', () => {
  const child = (change: Partial<ChildSpec> = {}): ChildSpec => ({
    id: 'a',
    restart: 'permanent',
    stopMs: 100,
    start: async () => ({}),
    ...change,
  })
  const spec = (change: object): SupervisorSpec => ({
    id: 'tree',
    strategy: 'oneForOne',
    intensity: 1,
    periodMs: 1_000,
    children: [child()],
    ...change,
  })
  test.each<[object, string]>([
    [{ strategy: 'oneForNone' }, 'tree: bad strategy: "oneForNone"'],
    [{ intensity: -1 }, 'tree: bad intensity: -1'],
    [{ intensity: 1.5 }, 'tree: bad intensity: 1.5'],
    [{ periodMs: 0 }, 'tree: bad periodMs: 0'],
    [{ children: [child(), child()] }, 'tree: bad child id, there twice: "a"'],
    [{ children: [child({ id: '' })] }, 'tree: bad child id: ""'],
    [{ children: [child({ restart: 'always' as never })] }, 'tree: bad restart of a: "always"'],
    [{ children: [child({ stopMs: -5 })] }, 'tree: bad stopMs of a: -5'],
  ])('%j', (change, message) => {
    expect(() => checkSpec(spec(change))).toThrow(new TypeError(message))
  })
  test('a sound one', () => expect(() => checkSpec(spec({}))).not.toThrow())
})
