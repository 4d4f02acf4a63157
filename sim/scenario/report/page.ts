/** Results of scenarios as one file: data, plots and page inside, nothing from elsewhere. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Done } from '../worker.ts'

export function page(all: readonly Done[]): string {
  const require = createRequire(import.meta.url)
  const own = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')
  const plotting = readFileSync(require.resolve('uplot/dist/uPlot.iife.min.js'), 'utf8')
  const plottingStyle = readFileSync(require.resolve('uplot/dist/uPlot.min.css'), 'utf8')
  const script = (text: string, attributes = '') =>
    `<script${attributes}>${text.replaceAll('</script', '<\\/script')}</script>`
  // in JSON a '<' may stand as its escape: nothing in the data can end the element
  const data = JSON.stringify(all).replaceAll('<', '\\u003c')
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<title>Scenarios</title>',
    `<style>${plottingStyle}\n${own('page.css')}</style>`,
    '</head>',
    '<body>',
    '<header><h1></h1><nav></nav></header>',
    '<main></main>',
    script(data, ' type="application/json" id="data"'),
    script(plotting),
    script(`${own('timeline.js')}\n${own('page.js')}`, ' type="module"'),
    '</body>',
    '</html>',
    '',
  ].join('\n')
}
