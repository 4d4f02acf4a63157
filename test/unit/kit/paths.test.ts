import { expect, test } from 'vitest'
import { modes } from '../../../actors/controller/modes.ts'
import { chartNodes } from '../../../actors/kit/chart.ts'
import { explore } from '../../../actors/kit/explore.ts'
import { place } from '../../../actors/kit/host.ts'
import { shortestPaths, simplePaths } from '../../../actors/kit/paths.ts'
import { GOOD, placeBattery } from './sample.ts'

test('the shortest paths of a battery lead into each of its states', () => {
  const placed = placeBattery()
  const exploration = explore(placed, GOOD)
  expect(exploration.frames.tooHot).toEqual({ ...GOOD, temperature: 600 })
  expect(exploration.frames['not tooHot']).toEqual({ ...GOOD, temperature: 599 })
  expect(exploration.frames.cool).toEqual({ ...GOOD, temperature: 449 })
  // a guard that is a function: searched
  expect(exploration.frames.linkCharged!.linkVoltage).toBeGreaterThan(0.95 * (GOOD.voltage as number) - 1)
  expect(exploration.frames.inLocal).toEqual({ ...GOOD, mode: 'local' })
  const paths = shortestPaths(placed, exploration)
  const ends = new Set(paths.flatMap(path => path.end.split(' + ')))
  const leaves = [...chartNodes('battery', placed.asset.spec.chart).values()].filter(node => node.kids.length === 0)
  expect([...ends].sort()).toEqual(leaves.map(leaf => leaf.id.slice('battery.'.length)).sort())
  const shortest = paths
    .filter(path => path.end === 'operating.standby')
    .sort((a, b) => a.steps.length - b.steps.length)
  expect(shortest[0]?.steps).toEqual(['command start', 'frame linkCharged', 'time'])
})

test('the simple paths through the modes of a site', () => {
  const placed = place(modes, 'site', {})
  const { paths, cut } = simplePaths(placed, explore(placed, {}), 1_000)
  expect(cut).toBe(false)
  expect(new Set(paths.map(path => path.end))).toEqual(new Set(['off', 'observe', 'manual', 'automatic', 'safe']))
  // Each order of each choice of the other four: 4 + 12 + 24 + 24, and staying.
  expect(paths.length).toBe(65)
})

test('a chart that is too large to walk says so', () => {
  const placed = placeBattery()
  expect(() => shortestPaths(placed, explore(placed, GOOD), 10)).toThrow('Traversal limit exceeded')
})
