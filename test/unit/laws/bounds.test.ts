import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ramp, reach } from '../../../actors/laws/ramp.ts'
import { socGuard } from '../../../actors/laws/soc-guard.ts'

describe('law 2, ramp', () => {
  test.each([
    // from, to, rise, fall, dt -> applied
    ['rises by its rate', 0, 1000, 100, 200, 1000, 100],
    ['falls by its own', 0, -1000, 100, 200, 1000, -200],
    ['arrives', 0, 50, 100, 200, 1000, 50],
    ['half a second, cut down', 0, 1000, 101, 1, 500, 50],
    ['no ramp up', 0, 1000, 0, 1, 1000, 1000],
    ['no ramp down', 0, -1000, 1, 0, 1000, -1000],
    ['no time, no step', 5, 1000, 100, 100, 0, 5],
    ['a clock that went back gives no step', 5, 1000, 100, 100, -500, 5],
    ['no target, no step', 5, Number.NaN, 100, 100, 1000, 5],
  ])('%s', (_, from, to, rise, fall, dtMs, applied) => expect(ramp({ from, to, rise, fall, dtMs })).toBe(applied))

  test('is never faster than declared over any cycles, and goes the right way (S29)', () => {
    const cycle = fc.record({ to: fc.integer({ min: -9999, max: 9999 }), dtMs: fc.integer({ min: 0, max: 2000 }) })
    const rates = fc.integer({ min: 1, max: 500 })
    fc.assert(
      fc.property(fc.array(cycle, { maxLength: 30 }), rates, rates, (cycles, rise, fall) => {
        let from = 0
        for (const { to, dtMs } of cycles) {
          const next = ramp({ from, to, rise, fall, dtMs })
          expect((next - from) * 1000).toBeLessThanOrEqual(rise * dtMs)
          expect((from - next) * 1000).toBeLessThanOrEqual(fall * dtMs)
          expect(Math.sign(next - from) * Math.sign(to - from)).toBeGreaterThanOrEqual(0)
          const { min, max } = reach({ from, rise, fall, dtMs })
          expect(next).toBe(Math.max(min, Math.min(max, to)))
          from = next
        }
      }),
    )
  })
})

const guard = {
  socPermille: 500 as number | null,
  socMinPermille: 100,
  socMaxPermille: 900,
  energyWh: 8_000,
  chargeMaxW: 3_000,
  dischargeMaxW: 3_000,
  dtMs: 1_000,
}
describe('law 1, state-of-charge guard', () => {
  test.each([
    ['in the middle the rating binds', {}, [-3000, 3000, 'rating', 'rating']],
    ['empty: no discharge', { socPermille: 100 }, [-3000, 0, 'rating', 'soc']],
    ['below empty: no discharge', { socPermille: 20 }, [-3000, 0, 'rating', 'soc']],
    ['full: no charge', { socPermille: 900 }, [0, 3000, 'soc', 'rating']],
    [
      '1 permille of 800 Wh over an hour is 0.8 W, cut',
      { socPermille: 101, energyWh: 800, dtMs: 3.6e6 },
      [-639, 0, 'soc', 'soc'],
    ],
    ['lost: nothing', { socPermille: null }, [0, 0, 'socLost', 'socLost']],
    ['no number: nothing', { socPermille: Number.NaN }, [0, 0, 'socLost', 'socLost']],
    ['judged again at once: the rating', { dtMs: 0 }, [-3000, 3000, 'rating', 'rating']],
  ] as const)('%s', (_, change, [min, max, minBy, maxBy]) =>
    expect(socGuard({ ...guard, ...change })).toEqual({ min, max, minBy, maxBy }),
  )
  test('whatever it permits until it is judged again crosses no limit', () => {
    const anySoc = fc.integer({ min: 0, max: 1000 })
    fc.assert(
      fc.property(
        anySoc,
        fc.integer({ min: 1, max: 2e9 }),
        fc.integer({ min: 100, max: 900_000 }),
        (soc, energyWh, dtMs) => {
          const big = { chargeMaxW: Number.MAX_SAFE_INTEGER, dischargeMaxW: Number.MAX_SAFE_INTEGER }
          const { min, max } = socGuard({ ...guard, ...big, socPermille: soc, energyWh, dtMs })
          // mWh, exact: out = W x ms / 3600
          const room = (permille: number) => BigInt(Math.max(0, permille)) * BigInt(energyWh) * 3600n
          expect(BigInt(max) * BigInt(dtMs)).toBeLessThanOrEqual(room(soc - 100))
          expect(BigInt(-min) * BigInt(dtMs)).toBeLessThanOrEqual(room(900 - soc))
        },
      ),
    )
  })
  test('more charge never permits less discharge', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999 }), soc => {
        const [less, more] = [soc, soc + 1].map(socPermille => socGuard({ ...guard, socPermille, energyWh: 10 }))
        expect(more!.max).toBeGreaterThanOrEqual(less!.max)
        expect(more!.min).toBeGreaterThanOrEqual(less!.min)
      }),
    )
  })
})
