import { expect, test } from 'vitest'
import { indexOf, pathTo } from '../../../projections/inspector/chart/chart.ts'
import { describe } from '../../../projections/inspector/chart/describe.ts'
import { BUDGET, fold } from '../../../projections/inspector/chart/fold.ts'
import { plan } from '../../../projections/inspector/chart/plan.ts'
import { lamp, plant } from './machines.ts'

const large = describe(plant(300) as never).chart
const index = indexOf(large)
const deepest = large.nodes.toSorted((a, b) => b.depth - a.depth)[0]!
const none = { show: [], opened: [], closed: [] }
const shown = (folded: readonly string[]) => plan(large, new Set(folded)).visible.map(({ id }) => id)

test('what fits is not folded', () => {
  expect(fold(describe(lamp as never).chart, none)).toEqual([])
})

test('a large chart keeps to the budget, and shows its outermost states', () => {
  const visible = shown(fold(large, none))
  expect(visible.length).toBeLessThanOrEqual(Math.max(BUDGET, index.get('plant')!.children.length + 1))
  expect(visible).toEqual(expect.arrayContaining([...index.get('plant')!.children]))
})

test('the live path is open, whatever it costs', () => {
  const visible = shown(fold(large, { ...none, show: [deepest.id], budget: 24 }))
  expect(visible).toEqual(expect.arrayContaining([...pathTo(index, deepest.id)]))
})

test('by hand: what is opened is open, what is folded stays so with the live state in it', () => {
  const outer = pathTo(index, deepest.id)[1]!
  expect(shown(fold(large, { ...none, opened: [outer] }))).toEqual(
    expect.arrayContaining([...index.get(outer)!.children]),
  )
  const closed = shown(fold(large, { show: [deepest.id], opened: [], closed: [outer] }))
  expect(closed).toContain(outer)
  expect(closed).not.toContain(index.get(outer)!.children[0])
})

test('the regions of a parallel state open together', () => {
  const parallel = large.nodes.find(({ type }) => type === 'parallel')!
  const folded = fold(large, { ...none, opened: [parallel.parent!] })
  const open = parallel.children.map(id => folded.includes(id))
  expect(new Set(open).size).toBe(1)
})
