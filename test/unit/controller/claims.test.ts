import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { merge, settled, UNCLAIMED } from '../../../actors/controller/claims.ts'
import type { Claim } from '../../../actors/kit/strategy.ts'

/** Claims in order of priority: a, b, c ... */
const of = (claims: readonly Claim[], unclaimed = 0) => {
  const names = 'abcdefgh'
  return settled(
    claims.reduce((there, claim, i) => merge(there, claim, names[i]!), UNCLAIMED),
    unclaimed,
  )
}

describe('claims on a setpoint, by priority', () => {
  test.each<[string, Claim[], number, string]>([
    ['the first equal wins', [{ equal: 5 }, { equal: 7 }], 5, 'a'],
    ['min and max intersect', [{ max: 9 }, { min: 2, max: 4 }, { equal: 7 }], 4, 'b; instead of c'],
    ['min binds', [{ min: 3 }, { equal: 1 }], 3, 'a; instead of b'],
    ['a wider end changes nothing', [{ max: 4 }, { max: 9 }, { equal: 7 }], 4, 'a; instead of c'],
    ['a lower end yields to a claimed value', [{ equal: 7 }, { max: 4 }], 7, 'a; over b'],
    ['a lower min yields to a higher max', [{ max: 4 }, { min: 9 }, { equal: 1 }], 4, 'b; instead of c; over b'],
    ['and a lower max to a higher min', [{ min: 4 }, { max: 1 }], 4, 'a; over b'],
    ['an end alone does not drive: within it, what would hold', [{ max: 9 }], 0, 'a'],
    ['an end alone binds what would hold', [{ max: -3 }], -3, 'a'],
    ['both ends of one claim', [{ min: 2, max: 4 }], 2, 'a'],
  ])('%s', (_, claims, value, why) => expect(of(claims)).toEqual({ value, why }))

  test('the highest claim is always met', () => {
    const number = fc.integer({ min: -9, max: 9 })
    const end = fc.option(number, { nil: undefined })
    const claim = fc.oneof(
      number.map((equal): Claim => ({ equal })),
      fc.tuple(end, end).map(([x, y]): Claim => {
        if (x === undefined || y === undefined)
          return { ...(x === undefined ? {} : { min: x }), ...(y === undefined ? {} : { max: y }) }
        return { min: Math.min(x, y), max: Math.max(x, y) }
      }),
    )
    fc.assert(
      fc.property(fc.array(claim, { minLength: 1, maxLength: 6 }), number, (claims, unclaimed) => {
        const { value } = of(claims, unclaimed)
        const [first] = claims
        expect(value).toBeGreaterThanOrEqual(first!.equal ?? first!.min ?? -99)
        expect(value).toBeLessThanOrEqual(first!.equal ?? first!.max ?? 99)
      }),
      { numRuns: 500 },
    )
  })
})
