/** A chart marked in the page is the chart that draws its marks at once. */
import { fileURLToPath } from 'node:url'
import Elk from 'elkjs/lib/elk.bundled.js'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { describe } from '../../projections/inspector/chart/describe.ts'
import { draw } from '../../projections/inspector/chart/draw.ts'
import { layout } from '../../projections/inspector/chart/layout.ts'
import { type Marks, NO_MARKS } from '../../projections/inspector/chart/marks.ts'
import type { LayoutEngine } from '../../projections/inspector/chart/parts.ts'
import { lamp } from '../unit/inspector/machines.ts'
import { pages } from './browser.ts'

const openPage = pages()
const SCRIPT = fileURLToPath(new URL('../../projections/inspector/web/chart/mark.ts', import.meta.url))
const BUSY: Marks = {
  live: ['lamp', 'lamp.light', 'lamp.light.on', 'lamp.care', 'lamp.care.good'],
  last: ['lamp.light.off|press|0'],
  dissent: { 'lamp.light.off': 'C only', 'lamp.care.checked': 'A and B only' },
  ghost: ['lamp.care.checked'],
}

test.each([
  ['whole', []],
  ['folded', ['lamp.light']],
])('%s', async (_how, folded) => {
  const elk = new (Elk as unknown as new () => LayoutEngine)()
  const scene = await layout(elk, { chart: describe(lamp as never).chart, folded, direction: 'DOWN' })
  const options = { bundle: true, write: false, format: 'iife', globalName: 'chart' } as const
  const { outputFiles } = await build({ ...options, entryPoints: [SCRIPT] })
  const { page, problems } = await openPage()
  await page.setContent(`<div id="marked">${draw(scene, 'lamp')}</div><div id="drawn"></div>`)
  await page.addScriptTag({ content: outputFiles[0]!.text })
  const compare = async (marks: Marks) => {
    const drawn = JSON.stringify(draw(scene, 'lamp', marks))
    // the order of attributes says nothing
    return page.evaluate(`{
      const said = element => [...element.querySelectorAll('*')].map(e => [e.tagName, ...[...e.attributes].map(a => a.name + '=' + a.value.trim()).sort(), e.childElementCount ? '' : e.textContent].join(' '))
      const svg = document.querySelector('#marked svg')
      chart.mark(chart.marked(svg, ${JSON.stringify(scene)}), ${JSON.stringify(marks)})
      document.querySelector('#drawn').innerHTML = ${drawn}
      const [a, b] = [said(document.querySelector('#marked')), said(document.querySelector('#drawn'))]
      a.filter((line, i) => line !== b[i]).map((line, i) => line).concat(a.length === b.length ? [] : ['another length'])
    }`)
  }
  expect(await compare(BUSY)).toEqual([])
  expect(await compare(NO_MARKS)).toEqual([])
  expect(problems).toEqual([])
  await page.close()
})
