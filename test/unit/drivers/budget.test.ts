import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BudgetCounts, NO_WRITES, spend } from '../../../edge/drivers/modbus/budget.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

describe('write budget (S30)', () => {
  it('is never exceeded in any 24 hours, whatever the times of the attempts', () => {
    const waits = fc.array(fc.integer({ min: 0, max: 5 * HOUR }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(waits, fc.integer({ min: 1, max: 10 }), (list, perDay) => {
        let counts: BudgetCounts = NO_WRITES
        let nowMs = 1_800_000_000_000
        const writes: number[] = []
        for (const wait of list) {
          nowMs += wait
          const next = spend(counts, 'r', perDay, nowMs)
          if (!next) continue
          counts = next
          writes.push(nowMs)
        }
        for (const from of writes)
          expect(writes.filter(w => w >= from && w < from + DAY).length).toBeLessThanOrEqual(perDay)
        expect(Object.keys(counts.spent.r ?? {}).length).toBeLessThanOrEqual(25)
      }),
    )
  })

  it('gives writes back after a day and an hour at most', () => {
    const spent = spend(NO_WRITES, 'r', 1, 0)!
    expect(spend(spent, 'r', 1, DAY)).toBeUndefined()
    expect(spend(spent, 'r', 1, DAY + HOUR)).toBeDefined()
  })

  it('gives nothing back when the clock is set back, and nothing to another register', () => {
    const spent = spend(NO_WRITES, 'r', 1, 10 * DAY)!
    expect(spend(spent, 'r', 1, 0)).toBeUndefined()
    expect(spend(spent, 'other', 1, 0)).toBeDefined()
  })

  it('is plain data that survives a journal', () => {
    const spent = spend(NO_WRITES, 'r', 2, 5 * HOUR)!
    expect(spend(JSON.parse(JSON.stringify(spent)) as BudgetCounts, 'r', 2, 5 * HOUR)).toEqual({
      hour: 5,
      spent: { r: { 5: 2 } },
    })
  })
})
