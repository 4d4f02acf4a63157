import { expect, it } from 'vitest'
import { byAbnormality, type Ranked } from '../../../projections/inspector/abnormality.ts'
import { KnownCharts } from '../../../projections/inspector/charts.ts'
import { deltaOf, patched } from '../../../projections/inspector/delta.ts'
import { type Fleet, fleet } from '../../../projections/inspector/views/fleet.ts'
import { KeptTiles } from '../../../projections/inspector/views/tiles.ts'
import { batteryPoints, good } from '../controller/household.ts'
import { logOf, Story } from '../projections/story.ts'
import { momentsOf } from './looked-at.ts'

it('a tile whose asset looks the same is the same object at the next moment, and nothing of it is sent', async () => {
  const story = new Story().time(0).frame().frame().alarm('raised')
  story.frame({ bat1: { points: batteryPoints({ soc: good(771, '%') }) } })
  const moments = await momentsOf(await logOf(story.bodies))
  const [one, same, , other] = (await moments.upTo(moments.now!.position, 4)).slice(-4)
  const recorded = { at: async () => [], seen: async () => [], stateHashes: new Map() }
  const sources = { moments, recorded, charts: new KnownCharts(), tiles: new KeptTiles(), live: true }
  const at = async (moment: typeof one) => (await fleet(moment!, {}, sources)) as Fleet
  const [first, second, third] = [await at(one), await at(same), await at(other)]
  expect(one!.state.frames.bat2).not.toBe(same!.state.frames.bat2) // measured anew, the same values
  for (const name of Object.keys(first.tiles)) expect(second.tiles[name]).toBe(first.tiles[name])
  for (const name of ['bat2', 'grid', 'load1', 'pv1']) expect(third.tiles[name]).toBe(first.tiles[name])
  expect(deltaOf(second, third)).toEqual([[['tiles', 'bat1', 'figures', 0, 'text'], '77.1 %']])
})
it('of many changes at once what none lies in is shared, and nothing of before is written to', () => {
  const before = { tiles: Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`bat${i}`, { power: i }])) }
  const changes = [0, 3, 5].map(i => [['tiles', `bat${i}`, 'power'], -i] as const)
  const after = patched(before, changes) as typeof before
  expect(after.tiles.bat3).toEqual({ power: -3 })
  expect(after.tiles.bat4).toBe(before.tiles.bat4)
  expect(before.tiles.bat3).toEqual({ power: 3 })
})
it('the worst is first, then most alarms, then by name as people count', () => {
  const tile = (name: string, condition: Ranked['condition'], alarms = 0) => ({ name, condition, alarms })
  const all = [
    tile('bat10', 'normal'),
    tile('bat2', 'normal'),
    tile('pv1', 'stale'),
    tile('bat3', 'alarm', 1),
    tile('bat4', 'alarm', 2),
    tile('bat5', 'quarantined'),
  ]
  expect(all.sort(byAbnormality).map(({ name }) => name)).toEqual(['bat5', 'bat4', 'bat3', 'pv1', 'bat2', 'bat10'])
})
