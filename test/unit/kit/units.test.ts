import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  add,
  clamp,
  format,
  isUnit,
  neg,
  of,
  parse,
  quantity,
  raw,
  scale,
  sum,
  UNITS,
  type Unit,
} from '../../../protocol/words/units.ts'

describe('reading', () => {
  const rows: readonly [unit: Unit, text: string, steps: number][] = [
    ['°C', '55 °C', 550],
    ['°C', '-0.5 °C', -5],
    ['%', '12.5 %', 125],
    ['%', '3 ‰', 3],
    ['V', '0.4 kV', 400_000],
    ['A', '-5 A', -5_000],
    ['Hz', '49.98 Hz', 49_980],
    ['s', '1.5 min', 90_000],
    ['W', '0.1 kW', 100],
    ['W', '1.005 MW', 1_005_000],
    ['VA', '1 MVA', 1_000_000],
    ['W/s', '50 kW/s', 50_000],
    ['W', '-0 W', 0],
  ]
  for (const [unit, text, steps] of rows) test(`${text} is ${steps}`, () => expect(raw(parse(unit, text))).toBe(steps))

  const wrong: readonly [unit: Unit, text: string, message: string][] = [
    ['W', '5', "limit: '5' is no quantity in W; write a number, a space and one of W, kW, MW, e.g. '12 MW'"],
    ['W', '5kW', "limit: '5kW' is no quantity in W"],
    ['W', '5 V', "limit: '5 V' is no quantity in W"],
    ['W', '1e3 W', "limit: '1e3 W' is no quantity in W"],
    ['W', '5 constructor', "limit: '5 constructor' is no quantity in W"],
    ['°C', '0.05 °C', "limit: '0.05 °C' is finer than the smallest step of °C"],
    ['W', '99999999999 MW', "limit: '99999999999 MW' is too large"],
  ]
  for (const [unit, text, message] of wrong)
    test(`'${text}' is refused`, () => expect(() => parse(unit, text, 'limit')).toThrow(message))
})

test('what is written is read back (U2)', () => {
  const units = Object.keys(UNITS) as Unit[]
  fc.assert(
    fc.property(fc.constantFrom(...units), fc.integer({ min: -1e9, max: 1e9 }), (unit, steps) => {
      expect(raw(parse(unit, format(unit, steps)))).toBe(steps)
    }),
  )
  expect([format('W', 5_000), format('W', 1_234), format('V', 1_500), format('°C', -5), format('%', 0)]).toEqual([
    '5 kW',
    '1.234 kW',
    '1.5 V',
    '-0.5 °C',
    '0 %',
  ])
})

describe('arithmetic stays on whole steps (U1, U3)', () => {
  test('constructors refuse what is none', () => {
    for (const steps of [0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])
      expect(() => of('W', steps)).toThrow("no whole number of a unit's smallest step")
    expect(() => add(of('W', Number.MAX_SAFE_INTEGER), of('W', 1))).toThrow(RangeError)
  })
  test('zero is never negative', () => {
    expect([neg(of('W', 0)), of('W', -0), scale(of('W', -1), quantity('1 %'))].map(q => Object.is(raw(q), 0))).toEqual(
      Array(3).fill(true),
    )
  })
  test('shares go towards zero; the lower end wins in a contradiction', () => {
    expect(raw(scale(of('W', -1_999), quantity('50 %')))).toBe(-999)
    expect(raw(clamp(of('W', 5), of('W', 10), of('W', 1)))).toBe(10)
    expect(raw(sum([of('W', 1), of('W', 2)]))).toBe(3)
  })
  test('units are known by name', () => {
    expect([isUnit('W'), isUnit('toString'), isUnit('kW'), isUnit(['W'])]).toEqual([true, false, false, false])
  })
})
