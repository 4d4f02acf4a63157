/** Every pair of colours that meets on a chart keeps WCAG AA: 4.5 for text, 3 for lines and shapes that carry meaning. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const css = readFileSync(new URL('../../../projections/inspector/chart/chart.css', import.meta.url), 'utf8')
const palette = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(m => [m[1]!, [m[2]!, m[3]!] as const]),
)

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map(i => {
    const part = Number.parseInt(hex.slice(i, i + 2), 16) / 255
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light! + 0.05) / (dark! + 0.05)
}

const TEXT = [
  ...['state', 'even', 'odd', 'pill', 'field'].flatMap(
    on =>
      [
        ['text', on],
        ['muted', on],
      ] as const,
  ),
  ['live-text', 'live'],
  ['live-muted', 'live'],
  ['dissent', 'dissent-fill'],
  ['last', 'pill'],
] as const
const SHAPES = [
  ...['field', 'even', 'odd'].flatMap(
    on =>
      [
        ['edge', on],
        ['composite', on],
        ['border', on],
        ['last', on],
        ['live', on],
        ['dissent', on],
        ['focus', on],
      ] as const,
  ),
  ['border', 'state'],
  ['focus', 'state'],
] as const

test('the style sheet has a light and a dark value for each colour', () => {
  expect(palette.size).toBeGreaterThanOrEqual(18)
})
test.each(['light', 'dark'] as const)('contrast, %s', scheme => {
  const of = (name: string) => palette.get(name)![scheme === 'light' ? 0 : 1]
  const low = (pairs: readonly (readonly [string, string])[], least: number) =>
    pairs
      .map(([a, b]) => ({ pair: `${a} on ${b}`, ratio: contrast(of(a), of(b)) }))
      .filter(({ ratio }) => ratio < least)
      .map(({ pair, ratio }) => `${pair} ${ratio.toFixed(2)}`)
  expect(low(TEXT, 4.5)).toEqual([])
  expect(low(SHAPES, 3)).toEqual([])
})
