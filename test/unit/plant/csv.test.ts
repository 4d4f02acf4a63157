import { describe, expect, it } from 'vitest'
import { table } from '../../../sim/plant/inputs/csv.ts'
import { openInput } from '../../../sim/plant/inputs/open.ts'
import { parseReference } from '../../../sim/plant/inputs/reference.ts'
import { stampReader } from '../../../sim/plant/inputs/stamps.ts'

type Quantity = Parameters<typeof openInput>[0]
const open = (quantity: Quantity, lines: readonly string[], query = '') =>
  openInput(quantity, `f.csv${query}`, () => lines.join('\n'))
const MINUTE = 60_000

describe('recorded inputs', () => {
  it('infers the one column of numbers, a minute for each row and the sign, and says so', () => {
    const { at, report } = open('load.power', ['ActivePower', '-587.1666', '-624', '-619'])
    expect([0, 59_999, MINUTE, 2 * MINUTE].map(t => at(t, 0))).toEqual([-587.1666, -587.1666, -624, -619])
    expect(report).toMatchObject({ column: 'ActivePower', rows: 3, used: 3, gaps: 0, bad: 0, stepMs: MINUTE })
    expect(report.inferred).toEqual([
      "column 'ActivePower', the only one of numbers",
      'no time column: one row each minute',
      'unit W',
      'consumption is negative in the file',
    ])
  })

  it.each([
    ['positive consumption is turned', ['P', '500', '600'], '', -500],
    ['said to be negative, it is not turned', ['P', '500', '-600', '-7'], '?sign=consumption-negative', 500],
    ['said to be positive, it is', ['P', '-500', '-600'], '?sign=consumption-positive', 500],
    ['scale and unit', ['P', '0.5', '0.6'], '?unit=kW&scale=2&sign=consumption-positive', -1000],
  ])('%s', (_, lines, query, first) => expect(open('load.power', lines, query).at(0, 0)).toBe(first))

  it('keeps a load that gives for a while, and counts it', () => {
    const { at, report } = open('load.power', ['P', '-500', '40', '-600'])
    expect([at(MINUTE, 0), report.reversed, report.impossible]).toEqual([40, 1, 0])
  })

  it('holds over gaps, drops NaN and the impossible, takes the last of repeated stamps, and counts all', () => {
    const { at, report } = open(
      'grid.frequency',
      [
        'volt,f,time',
        '1,50.01,28-Apr-2025 11:00:00',
        '1,NaN,28-Apr-2025 11:00:02',
        '1,,28-Apr-2025 11:00:04',
        '1,0,28-Apr-2025 11:00:06',
        '1,77,28-Apr-2025 11:00:07',
        '1,50.02,28-Apr-2025 11:00:08',
        '1,50.03,28-Apr-2025 11:00:08',
        '1,50.05,28-Apr-2025 11:00:12',
        '1,50.04,28-Apr-2025 11:00:10',
        '1,49.99,yesterday',
        '1,50.06,28-Apr-2025 11:00:14',
      ],
      '?column=f',
    )
    expect(report).toMatchObject({
      rows: 11,
      used: 5,
      bad: 3,
      impossible: 2,
      repeated: 1,
      outOfOrder: 1,
      stepMs: 2_000,
    })
    expect(report).toMatchObject({ gaps: 1, gapMs: 6_000 })
    expect([0, 2_000, 7_999, 8_000, 10_000, 12_000].map(t => at(t, 0))).toEqual([
      50_010, 50_010, 50_010, 50_030, 50_040, 50_050,
    ])
  })

  it('begins again after its last step, at the plant start or at midnight', () => {
    const lines = ['P', '1', '2', '3']
    expect(open('pv.power', lines, '?step=8h').at(24 * 3_600_000, 0)).toBe(1)
    expect(open('pv.power', lines, '?step=8h&align=day').at(0, 9 * 3_600_000)).toBe(2)
  })

  it.each([
    ['INPUT_COLUMN', ['a,b', '1,2'], ''],
    ['INPUT_COLUMN', ['a', '1'], '?column=b'],
    ['INPUT_EMPTY', ['a'], ''],
    ['INPUT_EMPTY', ['a', 'NaN'], '?column=a'],
    ['INPUT_KEY', ['a', '1'], '?colum=a'],
    ['INPUT_VALUE', ['a', '1'], '?step=soon'],
    ['INPUT_VALUE', ['a', '1'], '?sign=up'],
    ['INPUT_VALUE', ['a', '1'], '?scale=0'],
    ['INPUT_UNIT', ['a', '1'], '?unit=kg'],
    ['INPUT_TIME', ['a,time', '1,noon'], ''],
  ])('refuses with %s: %j %s', (code, lines, query) => expect(() => open('pv.power', lines, query)).toThrow(code))

  it.each([
    ['2025-04-28T11:00:02Z', 'ISO 8601'],
    ['2025-04-28 13:00:02+02:00', 'ISO 8601'],
    ['28-Apr-2025 11:00:02', 'day-month-year (28-Apr-2025 11:00:00)'],
    ['1745838002', 'seconds since 1970'],
    ['1745838002000', 'milliseconds since 1970'],
  ])('reads %s as %s', (text, form) => {
    const reader = stampReader([text])
    expect([reader?.form, reader?.read(text)]).toEqual([form, Date.UTC(2025, 3, 28, 11, 0, 2)])
  })

  it('splits by the separator of the header and understands quotes', () => {
    expect(table('a;b\r\n"x;1";"say ""hi"""\r\n\r\n')).toEqual([
      ['a', 'b'],
      ['x;1', 'say "hi"'],
    ])
    expect(() => table('a,b\n"x,1')).toThrow('INPUT_FORM')
  })

  it('reads a whole reference', () => {
    expect(
      parseReference('d/x.csv?column=L1 P&time=t&unit=kW&sign=consumption-positive&scale=-1&step=15min&align=day'),
    ).toEqual({
      file: 'd/x.csv',
      column: 'L1 P',
      time: 't',
      unit: 'kW',
      sign: 'consumption-positive',
      scale: -1,
      stepMs: 900_000,
      align: 'day',
    })
  })
})
