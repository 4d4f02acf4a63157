/** What a scenario feeds in, and what a page draws of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Evidence } from '../../../sim/oracle/evidence.ts'
import { feed } from '../../../sim/scenario/inputs.ts'
import type { Names } from '../../../sim/scenario/names.ts'
import { plotsOf } from '../../../sim/scenario/plots.ts'

const folder = mkdtempSync(join(tmpdir(), 'inputs-'))
afterAll(() => rmSync(folder, { recursive: true }))
const span = { startMs: Date.UTC(2025, 5, 21, 12), forMs: 3_600_000 }
const at = (f: ReturnType<typeof feed>, ms: number) => f(ms, span.startMs + ms)

test('values over time hold until the next, by time of day or from the start', () => {
  const f = feed(
    'load1.power',
    'load.power',
    {
      steps: [
        ['start', '-1 kW'],
        ['5 min', '-3 kW'],
        ['12:10', '0 W'],
      ],
    },
    span,
    folder,
  )
  expect([0, 299_999, 300_000, 599_999, 600_000].map(ms => at(f, ms))).toEqual([-1_000, -1_000, -3_000, -3_000, 0])
  expect(() => feed('pv1.power', 'pv.power', { steps: [['2 h', '1 kW']] }, span, folder)).toThrow(/after the end/)
  expect(() => feed('pv1.power', 'pv.power', { steps: [['start', '1 Hz']] }, span, folder)).toThrow(/no quantity in W/)
})

test('clouds take from a clear sky down to the least, and reach both', () => {
  const f = feed('pv1.power', 'pv.power', { clouds: '7 kW', least: '1 kW', every: '90 s' }, span, folder)
  const values = Array.from({ length: 3_600 }, (_, s) => at(f, s * 1_000))
  expect([Math.min(...values), Math.max(...values)]).toEqual([1_000, 7_000])
})

test('a recorded file lies beside the scenario', () => {
  writeFileSync(join(folder, 'f.csv'), 'second,f\n0,50.01\n1,49.98\n')
  const f = feed('grid.frequency', 'grid.frequency', 'f.csv?column=f&unit=Hz&step=1s', span, folder)
  expect([at(f, 0), at(f, 1_000)]).toEqual([50_010, 49_980])
})

test('a curve of a day has a bounded number of points and keeps its only peak; setpoints end with their verdict', () => {
  const looks = Array.from({ length: 86_401 }, (_, s) => ({ atMs: s * 1_000, state: s === 40_000 ? 9_000 : 100 }))
  const names = { quantities: new Map([['grid.power', { unit: 'W', of: (s: unknown) => s as number }]]) }
  const setpoints = { power: { value: 2_000, why: 'peakShaving: above peak', boundBy: 'rating' } }
  const verdicts = [{ atMs: 1_000, verdict: { actions: { assets: { bat1: { setpoints } } } } }]
  const manifest = { timing: { validityMs: 5_000_000 } }
  const evidence = { site: { field: { looks } }, world: { epochMs: span.startMs }, verdicts, manifest }
  const plots = plotsOf(evidence as unknown as Evidence, names as unknown as Names, 86_400_000)
  const [grid] = plots.power
  expect([plots.times.length <= 1_800, grid!.values.length === plots.times.length]).toEqual([true, true])
  expect(grid!.values.filter(v => v === 9)).toHaveLength(1)
  expect(plots.times.every((t, i) => i === 0 || t > plots.times[i - 1]!)).toBe(true)
  const [bat1] = plots.setpoints
  const known = bat1!.values.filter(v => v !== null).length
  expect([bat1!.name, known > 50 && known < 150, plots.whys]).toEqual([
    'bat1.power',
    true,
    ['', 'peakShaving: above peak; bound by rating'],
  ])
})
