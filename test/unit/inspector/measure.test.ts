import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cut, width, wrap } from '../../../projections/inspector/chart/measure.ts'
import { advances } from './advances.ts'

test('the table of advances is what the shipped font says', () => {
  const file = new URL('../../../projections/inspector/chart/advances.json', import.meta.url)
  expect(readFileSync(file, 'utf8')).toBe(advances())
})

test('a width grows with text, size and weight; letters without an advance are taken as wide', () => {
  expect(width('', 12)).toBe(0)
  expect(width('standby', 14)).toBeGreaterThan(width('standby', 12))
  expect(width('standby', 12, 600)).toBeGreaterThan(width('standby', 12, 400))
  expect(width('電池', 10)).toBe(21)
  expect(width('жж', 10)).toBe(14)
})

test('a text that is too long loses its middle', () => {
  expect(cut('short', 12, 400, 200)).toBe('short')
  const name = cut('overTemperatureOfTheSecondCabinet', 12, 400, 100)
  expect(name).toMatch(/^overTem.*….*inet$/)
  expect(width(name, 12)).toBeLessThanOrEqual(100)
  expect(cut('anything', 12, 400, 1)).toBe('any…')
})

test('a description wraps, and says where it goes on', () => {
  const text = 'Reserve the stock and charge the card; both must succeed before anything is sent to anybody'
  const lines = wrap(text, 11.5, 400, 160, 2)
  expect(lines).toHaveLength(2)
  expect(lines[1]).toMatch(/…$/)
  for (const line of lines) expect(width(line, 11.5)).toBeLessThanOrEqual(160)
  expect(wrap('', 11.5, 400, 160, 2)).toEqual([])
})
