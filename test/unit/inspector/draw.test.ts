import Elk from 'elkjs/lib/elk.bundled.js'
import { beforeAll, expect, test } from 'vitest'
import { createMachine } from 'xstate'
import { describe } from '../../../projections/inspector/chart/describe.ts'
import { draw } from '../../../projections/inspector/chart/draw.ts'
import { layout } from '../../../projections/inspector/chart/layout.ts'
import { type Marks, NO_MARKS } from '../../../projections/inspector/chart/marks.ts'
import type { LayoutEngine } from '../../../projections/inspector/chart/parts.ts'
import type { Scene } from '../../../projections/inspector/chart/scene.ts'
import { lamp } from './machines.ts'

const elk = new (Elk as unknown as new () => LayoutEngine)()
const chart = describe(lamp as never).chart
let whole: Scene
let folded: Scene
beforeAll(async () => {
  whole = await layout(elk, { chart, folded: [], direction: 'DOWN' })
  folded = await layout(elk, { chart, folded: ['lamp.light'], direction: 'DOWN' })
})
const marks = (some: Partial<Marks>): Marks => ({ ...NO_MARKS, ...some })
const group = (svg: string, id: string) =>
  new RegExp(`<g class="([^"]*)" data-state="${id}" role="group" aria-label="([^"]*)"`).exec(svg)!

test('each state is there for programs and for screen readers', () => {
  const svg = draw(whole, 'lamp')
  expect([...svg.matchAll(/data-state="([^"]+)"/g)].map(m => m[1]).sort()).toEqual(
    chart.nodes.map(({ id }) => id).sort(),
  )
  expect(group(svg, 'lamp.light.on')[2]).toBe('state on')
  expect(group(svg, 'lamp.care')[2]).toBe('region care')
  expect(group(svg, 'lamp.care.checked')[2]).toBe('final state checked')
  expect(svg).toContain('aria-label="Statechart lamp"')
})

test('live states, the edge just taken, dissent and previews are said in classes and words', () => {
  const svg = draw(
    whole,
    'lamp',
    marks({
      live: ['lamp', 'lamp.light', 'lamp.light.on'],
      last: ['lamp.light.off|press|0'],
      dissent: { 'lamp.light.off': 'C only' },
      ghost: ['lamp.care.checked'],
    }),
  )
  expect(group(svg, 'lamp.light.on')[1]).toContain(' on')
  expect(group(svg, 'lamp.light.on')[2]).toBe('state on, live')
  expect(svg).toMatch(/data-state="lamp.light.on"[^>]*aria-current="true"/)
  expect(group(svg, 'lamp.light.off')[1]).toContain('dissent')
  expect(group(svg, 'lamp.light.off')[2]).toBe('state off, C only')
  expect(svg).toContain('>C only</text>')
  expect(group(svg, 'lamp.care.checked')[1]).toContain('ghost')
  expect(svg).toMatch(/class="e event last" data-edges="lamp.light.off\|press\|0"/)
})

test('a folded state says how many it holds, which of them is live and who disagrees', () => {
  const svg = draw(
    folded,
    'lamp',
    marks({ live: ['lamp', 'lamp.light', 'lamp.light.on'], dissent: { 'lamp.light.off': 'C only' } }),
  )
  expect(group(svg, 'lamp.light')[2]).toBe('region light, 2 states folded, live, in on, off: C only')
  expect(svg).toContain('>+2</text>')
  expect(svg).toMatch(
    /data-fold="lamp.light" role="button" tabindex="0" aria-expanded="false" aria-label="Unfold light"/,
  )
})

test('the content policy forbids inline style, and a name is never markup', async () => {
  const evil = createMachine({ id: '"><script>', initial: 'a&b', states: { 'a&b': { on: { '<x>': 'c"' } }, 'c"': {} } })
  const svg = draw(await layout(elk, { chart: describe(evil as never).chart, folded: [], direction: 'DOWN' }), '"><b>')
  expect(svg).not.toMatch(/<script|<b>|<x>|style=/)
  expect(svg).toContain('&lt;x&gt;')
})

test('marks move nothing', () => {
  const numbers = (svg: string) => [...svg.matchAll(/(?:d|x|y|width|height|transform)="([^"]+)"/g)].map(m => m[1])
  const live = marks({ live: ['lamp', 'lamp.light', 'lamp.light.on'], last: ['lamp.light.off|press|0'] })
  expect(numbers(draw(whole, 'lamp', live))).toEqual(numbers(draw(whole, 'lamp')))
})
