import Elk from 'elkjs/lib/elk.bundled.js'
import { expect, describe as group, test } from 'vitest'
import { battery } from '../../../actors/assets/battery.ts'
import { commandChart } from '../../../actors/commands/life.ts'
import { channelMachine } from '../../../edge/channel.ts'
import { voterMachine } from '../../../edge/voter.ts'
import { writerMachine } from '../../../edge/writer.ts'
import type { Chart } from '../../../projections/inspector/chart/chart.ts'
import { describe } from '../../../projections/inspector/chart/describe.ts'
import { describeAsset } from '../../../projections/inspector/chart/describe-asset.ts'
import { fold } from '../../../projections/inspector/chart/fold.ts'
import { flips, layout } from '../../../projections/inspector/chart/layout.ts'
import type { LayoutEngine, PartCache } from '../../../projections/inspector/chart/parts.ts'
import { plan } from '../../../projections/inspector/chart/plan.ts'
import { placesOf } from '../../../projections/inspector/chart/scene.ts'
import { supervisorMachine } from '../../../supervisors/kit/chart.ts'
import { Dice, randomMachine } from '../kit/random-machine.ts'
import { faults } from './geometry.ts'
import { lamp, order, plant } from './machines.ts'

const elk = new (Elk as unknown as new () => LayoutEngine)()
const scene = (chart: Chart, folded: readonly string[] = [], direction: 'DOWN' | 'RIGHT' = 'DOWN', cache?: PartCache) =>
  layout(elk, { chart, folded, direction }, cache)
const NOTHING_LIVE = { show: [], opened: [], closed: [] }

const OWN: Readonly<Record<string, Chart>> = {
  lamp: describe(lamp as never).chart,
  order: describe(order as never).chart,
  battery: describeAsset(battery).chart,
  command: describe(commandChart.machine).chart,
  channel: describe(channelMachine.machine).chart,
  voter: describe(voterMachine.machine).chart,
  writer: describe(writerMachine.machine).chart,
  supervisor: describe(supervisorMachine.machine).chart,
}
group.each(Object.entries(OWN))('%s', (_name, chart) => {
  test.each(['DOWN', 'RIGHT'] as const)(
    'drawn %s, nothing lies on anything and every wire is whole',
    async direction => {
      expect(faults(await scene(chart, [], direction))).toEqual([])
    },
  )
})

const SEEDS = Array.from({ length: 16 }, (_, i) => i + 1)
/** XState refuses some of what is drawn by chance. */
const charts = SEEDS.flatMap(seed => {
  try {
    return [{ seed, chart: describe(randomMachine(new Dice(seed))).chart }]
  } catch {
    return []
  }
})
test.each(charts)(
  'random chart $seed: no overlap, no lost wire, none through a state or a label',
  async ({ chart }) => {
    const direction = chart.nodes.length % 2 === 0 ? 'DOWN' : 'RIGHT'
    expect(faults(await scene(chart, [], direction))).toEqual([])
    const folded = chart.nodes.filter(node => node.depth === 1 && node.children.length > 0).map(({ id }) => id)
    const shown = await scene(chart, folded, direction)
    expect(faults(shown)).toEqual([])
    expect(shown.wires.map(({ id }) => id).sort()).toEqual(
      plan(chart, new Set(folded))
        .wires.flatMap(wire => wire.targets.map((_, i) => `${wire.id}#${i}`))
        .sort(),
    )
  },
)

test('every transition that moves is on a wire or in a row, and no other', async () => {
  for (const { chart } of charts) {
    const { wires, boxes } = await scene(chart)
    const shown = [
      ...wires.flatMap(({ edges }) => edges),
      ...boxes.flatMap(box => box.rows.flatMap(row => row.edge ?? [])),
    ]
    expect(new Set(shown)).toEqual(new Set(chart.edges.map(({ id }) => id)))
  }
})

test('equal charts are drawn alike, with parts that are known too', async () => {
  const chart = describe(plant(60) as never).chart
  const cache: PartCache = new Map()
  const first = await scene(chart, [], 'DOWN', cache)
  expect(cache.size).toBeGreaterThan(0)
  expect(await scene(chart, [], 'DOWN', cache)).toEqual(first)
  expect(await scene(structuredClone(chart))).toEqual(first)
})

test('five hundred states, folded to a budget, are a picture that holds together', async () => {
  const chart = describe(plant(500) as never).chart
  expect(chart.nodes.length).toBeGreaterThan(450)
  const shown = await scene(chart, fold(chart, NOTHING_LIVE))
  expect(shown.boxes.length).toBeLessThanOrEqual(45)
  expect(faults(shown)).toEqual([])
})

test('a hub of a large chart is a row, of a small one a wire', () => {
  const large = plan(describe(plant(300) as never).chart, new Set())
  expect(large.wires.some(({ targets }) => targets.includes('plant.safe'))).toBe(false)
  expect(
    [...large.rows.values()].flat().filter(row => row.kind === 'link' && row.text.endsWith('→ safe')).length,
  ).toBeGreaterThan(6)
  const small = plan(describe(plant(8) as never).chart, new Set())
  expect(small.wires.some(({ targets }) => targets.includes('plant.safe'))).toBe(true)
})

test('what a parallel state sends into its own regions is a row', () => {
  const { wires, rows } = plan(OWN.order!, new Set())
  expect(wires.some(({ edges }) => edges.some(({ event }) => event === 'both'))).toBe(false)
  expect(rows.get('order.sending')!.map(({ lead, text }) => `${lead} ${text}`)).toEqual(['both → packed, sent'])
})

test('after a small edit the states stay on their sides', async () => {
  const chart = OWN.battery!
  const before = await scene(chart)
  const parent = chart.nodes.find(({ key }) => key === 'operating')!
  const near = chart.nodes.find(({ key }) => key === 'standby')!
  const added = { ...near, id: `${parent.id}.maintenance`, key: 'maintenance', order: 999 }
  const way = { ...chart.edges.find(({ source, targets }) => source === near.id && targets.length > 0)! }
  const edited: Chart = {
    ...chart,
    nodes: [
      ...chart.nodes.map(node => (node === parent ? { ...node, children: [...node.children, added.id] } : node)),
      added,
    ],
    edges: [
      ...chart.edges,
      { ...way, id: `${near.id}|maintain|0`, event: 'maintain', name: 'maintain', targets: [added.id] },
      { ...way, id: `${added.id}|release|0`, source: added.id, event: 'release', name: 'release', targets: [near.id] },
    ],
  }
  const anew = await layout(elk, { chart: edited, folded: [], direction: 'DOWN' })
  const kept = await layout(elk, { chart: edited, folded: [], direction: 'DOWN', near: placesOf(before) })
  expect(faults(kept)).toEqual([])
  expect(flips(placesOf(before), kept)).toBeLessThanOrEqual(flips(placesOf(before), anew))
  expect(flips(placesOf(before), kept)).toBeLessThanOrEqual(3)
})
