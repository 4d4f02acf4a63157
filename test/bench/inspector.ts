/**
 * What the inspector costs. Its pages: `inspector-pages.ts`. Its charts: layout of 6, 40 and 500 states, and frames while a chart of 500 nodes is panned and
 * zoomed in a real Chromium without a graphics card. Medians of five.
 */
import { readFileSync } from 'node:fs'
import { brotliCompressSync } from 'node:zlib'
import { bundle } from '../../projections/inspector/bundle.ts'
import type { Chart } from '../../projections/inspector/chart/chart.ts'
import { describe } from '../../projections/inspector/chart/describe.ts'
import { draw } from '../../projections/inspector/chart/draw.ts'
import { fold } from '../../projections/inspector/chart/fold.ts'
import { ChartLayouts } from '../../projections/inspector/chart/layouts.ts'
import { openBrowser } from '../browser/browser.ts'
import { plant } from '../unit/inspector/machines.ts'
import { pageRows } from './inspector-pages.ts'
import { median, type Row, spreadOf } from './row.ts'

const RUNS = 5
const FRAMES = 120
const CSS = readFileSync(new URL('../../projections/inspector/chart/chart.css', import.meta.url), 'utf8')
const PAGE = new URL('../../projections/inspector/web/machine/main.tsx', import.meta.url)

export async function benchInspector(quick: boolean): Promise<readonly Row[]> {
  return [...(await layoutRows(quick)), ...(await sizeRows()), ...(await frameRows(quick)), ...(await pageRows(quick))]
}

const chartOf = (size: number): Chart => describe(plant(size) as never).chart
const folded = (chart: Chart) => fold(chart, { show: [], opened: [], closed: [] })
const repeat = async (times: number, once: (i: number) => Promise<number>): Promise<readonly number[]> => {
  const values: number[] = []
  for (let i = 0; i < times; i++) values.push(await once(i))
  return values
}

async function layoutRows(quick: boolean): Promise<readonly Row[]> {
  const layouts = new ChartLayouts()
  const rows: Row[] = []
  const cases = [
    { size: 6, whole: true, atMost: 50 },
    { size: 40, whole: true, atMost: 250 },
    { size: 500, whole: false, atMost: 250 },
    { size: 500, whole: true, atMost: undefined },
  ]
  for (const { size, whole, atMost } of cases) {
    const chart = chartOf(size)
    const hidden = whole ? [] : folded(chart)
    const once = async (i: number) => {
      // another name each time: neither scene nor parts are known
      const renamed = JSON.parse(JSON.stringify(chart).replaceAll('plant', `plan${i}`)) as Chart
      const startMs = performance.now()
      await layouts.scene({
        chart: renamed,
        folded: hidden.map(id => id.replace('plant', `plan${i}`)),
        direction: 'DOWN',
      })
      return performance.now() - startMs
    }
    await once(9)
    const ms = await repeat(quick ? 1 : RUNS, once)
    const name = `layout of ${size} states, ${whole ? 'whole' : 'folded'}`
    const detail = `${chart.nodes.length} nodes, ${chart.edges.length} transitions`
    rows.push({ name, value: median(ms), unit: 'ms', spread: spreadOf(ms), detail, ...(atMost && { atMost }) })
  }
  await layouts.close()
  return rows
}

async function sizeRows(): Promise<readonly Row[]> {
  const startMs = performance.now()
  const { files, entries } = await bundle({ machine: PAGE })
  const bundleMs = performance.now() - startMs
  const script = files.get(entries.machine!.script)!
  const kb = (script.brotli ?? brotliCompressSync(script.body)).length / 1_000
  return [
    { name: 'script of the page of one machine', value: kb, unit: 'kB brotli', atMost: 80 },
    { name: 'bundling it at the start', value: bundleMs, unit: 'ms' },
  ]
}

/** Pans and zooms as the page does, by one CSS transform, and says how many frames came in a second. */
const MOVE = `(async () => {
  const paper = document.querySelector('#paper')
  const frame = () => new Promise(requestAnimationFrame)
  for (let i = 0; i < 10; i++) await frame()
  const startMs = performance.now()
  for (let i = 0; i < ${FRAMES}; i++) {
    const scale = 0.2 + 0.8 * Math.abs(Math.sin(i / 30))
    const svg = paper.firstChild
    svg.dataset.zoom = scale < 0.15 ? 'map' : scale < 0.4 ? 'far' : 'near'
    paper.style.transform = 'translate(' + -i * 12 * scale + 'px,' + -i * 6 * scale + 'px) scale(' + scale + ')'
    await frame()
  }
  return ${FRAMES} / (performance.now() - startMs) * 1000
})()`

async function frameRows(quick: boolean): Promise<readonly Row[]> {
  const layouts = new ChartLayouts()
  const chart = chartOf(500)
  const scene = await layouts.scene({ chart, folded: [], direction: 'DOWN' })
  await layouts.close()
  const browser = await openBrowser()
  try {
    const page = await browser.newPage({ viewport: { width: 1_600, height: 900 } })
    await page.setContent(
      `<style>${CSS}body{margin:0;overflow:hidden}#paper{position:absolute;transform-origin:0 0}</style><div id="paper">${draw(scene, 'plant')}</div>`,
    )
    const nodes = await page.evaluate(`document.querySelectorAll('#paper *').length`)
    const rates = await repeat(quick ? 1 : RUNS, () => page.evaluate(MOVE) as Promise<number>)
    const detail = `${scene.boxes.length} states, ${nodes} elements`
    return [
      { name: 'pan and zoom', value: median(rates), unit: 'frames/s', atLeast: 50, spread: spreadOf(rates), detail },
    ]
  } finally {
    await browser.close()
  }
}
