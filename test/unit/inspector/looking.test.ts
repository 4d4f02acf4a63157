/** Where one looks at a chart, and which states a search means. */
import { expect, test } from 'vitest'
import { findStates } from '../../../projections/inspector/web/chart/find.ts'
import { SCALE_MAX, SCALE_MIN, Viewport, zoomOf } from '../../../projections/inspector/web/chart/viewport.ts'

const at = (viewport: Viewport) => viewport.view.peek()
const open = () => {
  const viewport = new Viewport()
  viewport.measure({ w: 1_000, h: 500 }, { w: 2_000, h: 2_000 })
  viewport.fit()
  return viewport
}

test('fit shows the whole in the middle, and never larger than drawn', () => {
  const viewport = open()
  expect(at(viewport)).toEqual({ scale: 0.234, x: 266, y: 16 })
  viewport.measure({ w: 1_000, h: 500 }, { w: 100, h: 100 })
  viewport.fit()
  expect(at(viewport)).toEqual({ scale: 1, x: 450, y: 200 })
})

test('zoom keeps the point under the pointer, within bounds', () => {
  const viewport = open()
  const chartAt = (x: number) => (x - at(viewport).x) / at(viewport).scale
  const before = chartAt(300)
  viewport.zoom(2, 300, 100)
  expect(chartAt(300)).toBeCloseTo(before, 6)
  for (let i = 0; i < 50; i++) viewport.zoom(2)
  expect(at(viewport).scale).toBe(SCALE_MAX)
  for (let i = 0; i < 50; i++) viewport.zoom(0.5)
  expect(at(viewport).scale).toBe(SCALE_MIN)
})

test('no pan loses the chart', () => {
  const viewport = open()
  viewport.pan(1e6, -1e6)
  const { x, y, scale } = at(viewport)
  expect(x).toBeLessThan(1_000)
  expect(y + 2_000 * scale).toBeGreaterThan(0)
})

test('centre brings a state to the middle, large enough to be read', () => {
  const viewport = open()
  viewport.centre({ x: 1_500, y: 1_800, w: 100, h: 40 })
  const { x, y, scale } = at(viewport)
  expect(scale).toBeGreaterThanOrEqual(0.8)
  expect([x + 1_550 * scale, y + 1_820 * scale]).toEqual([500, 250])
})

test('three steps of zoom', () => {
  expect([1, 0.4, 0.39, 0.15, 0.14].map(zoomOf)).toEqual(['near', 'near', 'far', 'far', 'map'])
})

test('a search ranks whole names, beginnings, parts, then paths', () => {
  const states = ['tank.idle', 'tank.idling', 'tank.reidle', 'idle.other', 'x'].map(id => ({
    id,
    key: id.split('.').at(-1)!,
    parent: null,
  }))
  expect(findStates(states, ' IDLE ').map(({ id }) => id)).toEqual(['tank.idle', 'tank.reidle', 'idle.other'])
  expect(findStates(states, 'id').map(({ id }) => id)).toEqual([
    'tank.idle',
    'tank.idling',
    'tank.reidle',
    'idle.other',
  ])
  expect(findStates(states, '')).toEqual([])
})
