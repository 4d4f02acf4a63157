import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planReads, type Span } from '../../../edge/drivers/modbus/plan.ts'

const input = (name: string, register: number, size = 1): Span => ({ name, kind: 'input', register, size })
const shape = (spans: readonly Span[], limits = { maxGap: 0, maxRegisters: 125 }) =>
  planReads(spans, limits).map(g => `${g.kind} ${g.start}+${g.count}: ${g.spans.map(s => s.name).join(' ')}`)

describe('grouping of reads', () => {
  it.each([
    ['neighbours join', [input('b', 1), input('a', 0), input('c', 2, 2)], {}, ['input 0+4: a b c']],
    ['a hole parts them', [input('a', 0), input('b', 2)], {}, ['input 0+1: a', 'input 2+1: b']],
    ['a tolerated hole joins them', [input('a', 0), input('b', 2)], { maxGap: 1 }, ['input 0+3: a b']],
    [
      'the limit parts them',
      [input('a', 0, 2), input('b', 2, 2), input('c', 4)],
      { maxRegisters: 4 },
      ['input 0+4: a b', 'input 4+1: c'],
    ],
    ['two names of one register', [input('a', 3), input('b', 3)], {}, ['input 3+1: a b']],
    ['one inside the other', [input('a', 3, 4), input('b', 4)], {}, ['input 3+4: a b']],
    [
      'kinds never mix',
      [input('a', 0), { name: 'b', kind: 'discrete', register: 1, size: 1 }],
      {},
      ['discrete 1+1: b', 'input 0+1: a'],
    ],
    ['nothing', [], {}, []],
  ] as const)('%s', (_, spans, limits, groups) => {
    expect(shape(spans, { maxGap: 0, maxRegisters: 125, ...limits })).toEqual(groups)
  })

  it('covers every span once, within the limits', () => {
    const span = fc.record({
      kind: fc.constantFrom('input' as const, 'holding' as const),
      register: fc.integer({ min: 0, max: 400 }),
      size: fc.integer({ min: 1, max: 4 }),
    })
    fc.assert(
      fc.property(
        fc.array(span, { maxLength: 40 }),
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 4, max: 125 }),
        (list, maxGap, maxRegisters) => {
          const spans = list.map((s, i) => ({ ...s, name: String(i) }))
          const groups = planReads(spans, { maxGap, maxRegisters })
          expect(groups.flatMap(g => g.spans.map(s => s.name)).sort()).toEqual(spans.map(s => s.name).sort())
          for (const g of groups) {
            expect(g.count).toBeLessThanOrEqual(maxRegisters)
            for (const s of g.spans) {
              expect(s.kind).toBe(g.kind)
              expect(s.register).toBeGreaterThanOrEqual(g.start)
              expect(s.register + s.size).toBeLessThanOrEqual(g.start + g.count)
            }
          }
        },
      ),
    )
  })
})
