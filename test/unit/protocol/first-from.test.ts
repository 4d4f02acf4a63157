import fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstFrom } from '../../../protocol/first-from.ts'

test('a binary search finds what looking through all finds: gaps, repeats, nothing at all', () => {
  const few = fc.integer({ min: -5, max: 20 })
  fc.assert(
    fc.property(fc.array(few), few, (numbers, least) => {
      const items = numbers.sort((a, b) => a - b).map(at => ({ at }))
      const found = items.findIndex(({ at }) => at >= least)
      expect(firstFrom(items, item => item.at, least)).toBe(found < 0 ? items.length : found)
    }),
  )
})
