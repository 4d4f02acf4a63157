import { expect, test } from 'vitest'
import { modes } from '../../../actors/controller/modes.ts'
import { chartNodes } from '../../../actors/kit/chart.ts'
import { place } from '../../../actors/kit/host.ts'
import { explore, shortestPaths, simplePaths } from '../../../actors/kit/paths.ts'
import { GOOD, LINKED, placeBattery } from './sample.ts'

test('the shortest paths of a battery lead into each of its states', () => {
  const placed = placeBattery()
  const exploration = explore(placed, GOOD, { linked: LINKED })
  expect(exploration.frames.tooHot).toEqual({ ...GOOD, temperature: 600 })
  expect(exploration.frames.cool).toEqual({ ...GOOD, temperature: 449 })
  expect(exploration.frames.inLocal).toEqual({ ...GOOD, mode: 'local' })
  const paths = shortestPaths(placed, exploration)
  const ends = new Set(paths.flatMap(path => path.end.split(' + ')))
  const leaves = [...chartNodes('battery', placed.asset.spec.chart).values()].filter(node => node.kids.length === 0)
  expect([...ends].sort()).toEqual(leaves.map(leaf => leaf.id.slice('battery.'.length)).sort())
  const shortest = paths
    .filter(path => path.end === 'operating.standby')
    .sort((a, b) => a.steps.length - b.steps.length)
  expect(shortest[0]?.steps).toEqual(['command start', 'frame linked', 'time'])
})

test('the simple paths through the modes of a site', () => {
  const placed = place(modes, 'site', {})
  const paths = simplePaths(placed, explore(placed, {}))
  expect(new Set(paths.map(path => path.end))).toEqual(new Set(['off', 'observe', 'manual', 'automatic', 'safe']))
  // Each order of each choice of the other four: 4 + 12 + 24 + 24, and staying.
  expect(paths.length).toBe(65)
})

test('a chart that is too large to walk says so', () => {
  const placed = placeBattery()
  expect(() => shortestPaths(placed, explore(placed, GOOD, { linked: LINKED }), 10)).toThrow('Traversal limit exceeded')
})
