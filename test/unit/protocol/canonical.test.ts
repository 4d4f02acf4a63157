import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonical, chained, GENESIS, sha256 } from '../../../protocol/codec/canonical.ts'

describe('RFC 8785', () => {
  /** Section 3.2.2 and 3.2.3, and the appendix on numbers. */
  const EXAMPLES: readonly [what: string, value: unknown, text: string][] = [
    [
      'literals, numbers and strings',
      {
        numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
        string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
        literals: [null, true, false],
      },
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    ],
    [
      'keys by their UTF-16 units',
      {
        '\u20ac': 'Euro Sign',
        '\r': 'Carriage Return',
        '\ufb33': 'Hebrew Letter Dalet With Dagesh',
        '1': 'One',
        '\ud83d\ude00': 'Emoji: Grinning Face',
        '\u0080': 'Control',
        '\u00f6': 'Latin Small Letter O With Diaeresis',
      },
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    ],
    ['minus zero', -0, '0'],
    ['the largest safe integer', Number.MAX_SAFE_INTEGER, '9007199254740991'],
    ['nested keys', { b: { d: 1, c: 2 }, a: [] }, '{"a":[],"b":{"c":2,"d":1}}'],
    ['absent members', { a: undefined, b: 1 }, '{"b":1}'],
  ]
  test.each(EXAMPLES)('%s', (_, value, text) => expect(canonical(value)).toBe(text))

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%s has no JSON', value =>
    expect(() => canonical({ value })).toThrow(),
  )
  test('neither has nothing', () => expect(() => canonical(undefined)).toThrow('canonical: undefined has no JSON'))

  test('what is read back has the same text', () => {
    const same = (value: unknown) => canonical(JSON.parse(canonical(value))) === canonical(value)
    fc.assert(fc.property(fc.jsonValue(), same))
  })
})

test('SHA-256 of UTF-8 text, hex', () => {
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect(chained(GENESIS, 'a')).toBe(sha256(`${'0'.repeat(64)}a`))
})
