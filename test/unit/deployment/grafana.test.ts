/** The dashboard shows what is really told: every figure that it asks for, with the labels that it groups by. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const sources = ['projections/api/metrics.ts', 'projections/views/metrics.ts', 'supervisors/gateway/status.ts']
  .map(path => readFileSync(at(path), 'utf8'))
  .join('\n')
const dashboard = JSON.parse(readFileSync(at('supervisors/deployment/grafana.json'), 'utf8'))
const asked: string[] = dashboard.panels.flatMap((panel: any) => panel.targets.map(({ expr }: any) => expr))

it('asks for figures that somebody tells', () => {
  const names = new Set(
    asked.flatMap(expr => expr.match(/quorate_\w+/g) ?? []).map(name => name.replace(/_bucket$/, '')),
  )
  expect(names.size).toBeGreaterThan(12)
  expect([...names].filter(name => !sources.includes(`'${name}'`))).toEqual([])
})
it('tells each panel apart, and lays none over another', () => {
  const { panels } = dashboard
  expect(new Set(panels.map(({ id }: any) => id)).size).toBe(panels.length)
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }: any) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
  expect(Math.max(...panels.map(({ gridPos: { x, w } }: any) => x + w))).toBe(24)
})
