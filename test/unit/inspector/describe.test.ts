import { expect, test } from 'vitest'
import { and, assign, createMachine, emit, enqueueActions, not, or, raise, sendTo, stateIn } from 'xstate'
import { battery } from '../../../actors/assets/battery.ts'
import { commandChart } from '../../../actors/commands/life.ts'
import { channelMachine } from '../../../edge/channel.ts'
import type { ChartEdge } from '../../../projections/inspector/chart/chart.ts'
import { describe } from '../../../projections/inspector/chart/describe.ts'
import { describeAsset } from '../../../projections/inspector/chart/describe-asset.ts'
import { supervisorMachine } from '../../../supervisors/kit/chart.ts'
import { lamp, order } from './machines.ts'

const chartOf = (config: object) => describe(createMachine(config as never) as never).chart
const edgesOf = (machine: object, source: string) =>
  describe(machine as never).chart.edges.filter(edge => edge.source === source)
const short = ({ kind, name, targets }: ChartEdge) => `${kind} ${name} -> ${targets.join(' + ') || 'stays'}`

test('states: kinds, order, parents, regions, initial children of composites alone', () => {
  const { chart } = describe(lamp as never)
  expect(chart.nodes.map(({ id, type, parent, region, initial }) => [id, type, parent, region, initial])).toEqual([
    ['lamp', 'parallel', null, false, null],
    ['lamp.light', 'compound', 'lamp', true, 'lamp.light.off'],
    ['lamp.light.off', 'atomic', 'lamp.light', false, null],
    ['lamp.light.on', 'atomic', 'lamp.light', false, null],
    ['lamp.care', 'compound', 'lamp', true, 'lamp.care.good'],
    ['lamp.care.good', 'atomic', 'lamp.care', false, null],
    ['lamp.care.checked', 'final', 'lamp.care', false, null],
  ])
  expect(chart).toMatchObject({ id: 'lamp', root: 'lamp', depth: 2 })
  expect(chart.nodes[0]!.description).toBe('A lamp that dims and looks after itself')
})

test('entry, exit and tags are the author’s; the timers of `after` are left out of them', () => {
  const on = describe(lamp as never).chart.nodes.find(({ id }) => id === 'lamp.light.on')!
  expect(on.tags).toEqual(['bright'])
  expect(on.entry).toEqual([{ text: 'glow', kind: 'named' }])
  expect(on.exit.map(({ text }) => text)).toEqual(['dim', 'log off again'])
})

test('every kind of transition', () => {
  expect(edgesOf(lamp, 'lamp.light.on').map(short)).toEqual([
    'event press -> lamp.light.off',
    'event brighter -> stays',
    'event again -> lamp.light.on',
    'event heat -> stays',
    'after 1.5 s -> stays',
    'after 10 min -> lamp.light.off',
    'always always -> lamp.light.off',
  ])
  expect(edgesOf(lamp, 'lamp.care').map(short)).toEqual([
    'wildcard any event -> stays',
    'wildcard part.* -> lamp.care.checked',
    'done done -> stays',
  ])
  expect(edgesOf(order, 'order.paying').map(short)).toEqual([
    'invokeDone charge done -> order.sending',
    'invokeError charge failed -> order.open.back',
    'invokeSnapshot inline changed -> stays',
    'after patience -> order.cancelled',
  ])
  const { edges } = describe(order as never).chart
  expect(edges.find(edge => edge.event === 'both')!.targets).toEqual(['order.sending.parcel.packed', 'sent'])
})

test('what takes an event and does nothing, what starts again, which branch', () => {
  const [, , again, heat] = edgesOf(lamp, 'lamp.light.on')
  expect(heat).toMatchObject({ forbidden: true, actions: [] })
  expect(again).toMatchObject({ reenter: true, forbidden: false })
  const buys = edgesOf(order, 'order.open.cart')
  expect(buys.map(({ id, guard, branch, branches }) => [id, guard, branch, branches])).toEqual([
    ['order.open.cart|buy|0', 'stocked', 0, 2],
    ['order.open.cart|buy|1', null, 1, 2],
  ])
})

test('history: depth, and where it leads at first', () => {
  const { nodes, edges } = describe(order as never).chart
  const deep = Object.fromEntries(nodes.filter(({ type }) => type === 'history').map(node => [node.key, node.deep]))
  expect(deep).toEqual({ back: false, deepBack: true })
  const defaults = edges.filter(({ kind }) => kind === 'historyDefault')
  expect(defaults.map(({ id, targets }) => [id, targets])).toEqual([['order.open.back|history|0', ['order.open.cart']]])
  const remote = chartOf({
    id: 'm',
    initial: 'a',
    states: { a: {}, b: { initial: 'c', states: { c: {}, h: { type: 'history', target: '#m.a' } } } },
  })
  expect(remote.edges.map(({ targets }) => targets)).toEqual([['m.a']])
})

test('guards of every form', () => {
  const guards = [
    ['named', 'named'],
    [{ type: 'above', params: { limit: 5 } }, 'above(5)'],
    [{ type: 'within', params: { from: 1, to: 2 } }, 'within(from 1, to 2)'],
    [and(['a', or(['b', 'c'])] as never), 'a and (b or c)'],
    [not('a' as never), 'not a'],
    [stateIn({ running: { flow: 'idle' } }), 'in running.flow.idle'],
    [stateIn('#m.a'), 'in #m.a'],
    [() => true, 'inline'],
    [
      function longEnough() {
        return true
      },
      'longEnough',
    ],
  ] as const
  for (const [guard, text] of guards)
    expect(chartOf({ id: 'm', on: { E: { guard, actions: 'x' } } }).edges[0]!.guard).toBe(text)
})

test('actions of every form', () => {
  const actions = [
    ['named', 'named'],
    [{ type: 'pulse', params: 'open' }, 'pulse open'],
    [{ type: 'pulse', params: { output: 'open' } }, 'pulse open'],
    [{ type: 'log', params: { level: 1, text: 'x' } }, 'log level 1, text x'],
    [{ type: 'set', params: () => 1 }, 'set'],
    [assign({ count: 1, level: 2 } as never), 'assign count, level'],
    [assign(() => ({})), 'assign'],
    [raise({ type: 'E' } as never), 'raise E'],
    [emit({ type: 'told' }), 'emit told'],
    [sendTo('other', { type: 'go' }), 'sendTo go'],
    [enqueueActions(() => {}), 'enqueueActions'],
    [() => {}, 'inline'],
    [function notify() {}, 'notify'],
  ] as const
  for (const [action, text] of actions) expect(chartOf({ id: 'm', entry: action }).nodes[0]!.entry[0]!.text).toBe(text)
})

test('a transition that was taken is found by its definition', () => {
  const { edgeOf } = describe(lamp as never)
  const transition = (lamp.root.states.light!.states.off as any).transitions.get('press')[0]
  expect(edgeOf.get(transition)).toBe('lamp.light.off|press|0')
})

test('an asset speaks its author’s words, not those of its compilation', () => {
  const { chart } = describeAsset(battery)
  const discharging = chart.nodes.find(({ key }) => key === 'discharging')!
  expect(discharging.entry.map(({ text }) => text)).toEqual(['set power wanted.power'])
  const words = JSON.stringify(chart)
  expect(words).not.toContain('left battery')
  expect(chart.edges.find(({ event, source }) => event === 'lost' && source === 'battery.operating')!.actions).toEqual([
    { text: 'alarm signalsLost', kind: 'named' },
  ])
})

test('the system’s own actors can be described', () => {
  for (const { machine } of [commandChart, channelMachine, supervisorMachine]) {
    const { chart } = describe(machine)
    expect(chart.nodes.length).toBeGreaterThan(4)
    const ids = new Set(chart.nodes.map(({ id }) => id))
    expect(chart.edges.flatMap(({ source, targets }) => [source, ...targets]).filter(id => !ids.has(id))).toEqual([])
    expect(new Set(chart.edges.map(({ id }) => id)).size).toBe(chart.edges.length)
  }
})
