import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allocate, largestRemainder, type Share } from '../../../actors/laws/allocate.ts'

const bat = (name: string, min: number, max: number, discharge: number, charge = discharge): Share => ({
  name,
  min,
  max,
  discharge,
  charge,
})
const rows: readonly [what: string, total: number, assets: Share[], shares: number[], shortfall: number][] = [
  ['by weight', 900, [bat('a', -1000, 1000, 2), bat('b', -1000, 1000, 1)], [600, 300], 0],
  ['charging by its own weight', -900, [bat('a', -999, 999, 2, 1), bat('b', -999, 999, 1, 2)], [-300, -600], 0],
  ['clipped, and handed on', 1500, [bat('a', -500, 500, 2), bat('b', -2000, 2000, 1)], [500, 1000], 0],
  ['the odd watt to the first', 101, [bat('a', 0, 900, 1), bat('b', 0, 900, 1)], [51, 50], 0],
  ['to the greatest remainder', 100, [bat('a', 0, 90, 1), bat('b', 0, 90, 5)], [17, 83], 0],
  ['short, and said', 5000, [bat('a', -1, 1000, 1), bat('b', -1, 500, 1)], [1000, 500], 3500],
  ['short of charging', -50, [bat('a', -20, 9, 1)], [-20], -30],
  ['without weights by room', 300, [bat('a', 0, 100, 0), bat('b', 0, 500, 0)], [50, 250], 0],
  ['to those without weight at last', 300, [bat('a', 0, 100, 9), bat('b', 0, 500, 0)], [100, 200], 0],
  ['owed by a bound first', 10, [bat('a', 50, 100, 1), bat('b', -90, 90, 1)], [50, -40], 0],
  ['owed, with nobody to take it', 10, [bat('a', 50, 100, 1)], [50], -40],
  ['nothing', 0, [bat('a', -1, 1, 1)], [0], 0],
  ['to nobody', 7, [], [], 7],
]

const shareOf = fc.record({
  low: fc.integer({ min: -100_000, max: 100_000 }),
  width: fc.integer({ min: 0, max: 200_000 }),
  discharge: fc.integer({ min: 0, max: 1e11 }),
  charge: fc.integer({ min: 0, max: 1e11 }),
})
const parks = fc
  .array(shareOf, { minLength: 1, maxLength: 8 })
  .map(all => all.map((s, i) => ({ ...s, name: `b${i}`, min: s.low, max: s.low + s.width })))
const total = (shares: Readonly<Record<string, number>>) => Object.values(shares).reduce((s, x) => s + x, 0)

describe('law 16, sharing by state of charge', () => {
  test.each(rows)('%s', (_, wanted, assets, shares, shortfall) => {
    const got = allocate(wanted, assets)
    expect(Object.values(got.shares)).toEqual(shares)
    expect(got.shortfall).toBe(shortfall)
  })
  test('is exact, within bounds, and short only where the bounds end (S31)', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e6, max: 1e6 }), parks, (wanted, park) => {
        const { shares, shortfall } = allocate(wanted, park)
        expect(total(shares) + shortfall).toBe(wanted)
        for (const a of park) {
          expect(shares[a.name]).toBeGreaterThanOrEqual(a.min)
          expect(shares[a.name]).toBeLessThanOrEqual(a.max)
        }
        if (shortfall > 0) expect(total(shares)).toBe(park.reduce((s, a) => s + a.max, 0))
        if (shortfall < 0) expect(total(shares)).toBe(park.reduce((s, a) => s + a.min, 0))
      }),
    )
  })
  test('more is never shared out as less', () => {
    const twice = fc.tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: 0, max: 1e5 }), parks)
    fc.assert(
      fc.property(twice, ([wanted, more, park]) => {
        const [less, greater] = [wanted, wanted + more].map(w => total(allocate(w, park).shares))
        expect(greater).toBeGreaterThanOrEqual(less!)
      }),
    )
  })
  test('what is no number is refused, never shared as zero', () => {
    expect(() => allocate(Number.NaN, [bat('a', -1, 1, 1)])).toThrow(RangeError)
    expect(() => allocate(0.5, [bat('a', -1, 1, 1)])).toThrow(RangeError)
  })
})

describe('largest remainder', () => {
  test('is exact where total times weight exceeds 2^53', () => {
    // in floating point both quotients round, and a watt is lost or made
    const weights = [900_000_000_007, 899_999_999_993, 3]
    const parts = largestRemainder(9_007_199_254_740, weights)
    expect(parts.reduce((s, x) => s + x, 0)).toBe(9_007_199_254_740)
  })
  test('differs from the exact quota by less than one', () => {
    const whole = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
    fc.assert(
      fc.property(whole, fc.array(whole, { minLength: 1, maxLength: 9 }), (wanted, weights) => {
        const all = weights.reduce((s, w) => s + BigInt(w), 0n)
        const parts = largestRemainder(wanted, weights)
        if (all === 0n) {
          expect(parts.every(p => p === 0)).toBe(true)
          return
        }
        expect(parts.reduce((s, p) => s + BigInt(p), 0n)).toBe(BigInt(wanted))
        for (const [i, part] of parts.entries()) {
          const quota = (BigInt(wanted) * BigInt(weights[i]!)) / all
          expect([quota, quota + 1n]).toContain(BigInt(part))
        }
      }),
    )
  })
})
