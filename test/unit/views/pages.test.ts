/** Pages of rows: nothing is skipped, nothing comes twice, and no question is larger than it must be. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FakeSeries, viewsOf } from './fake-views.ts'

const DAY_MS = 86_400_000
const shown = (row: any) => `${row.position} ${row.asset}.${row.point}`

describe('points, page after page', () => {
  it('are each there once and in order, whatever the gaps, the sizes of the pages and what comes meanwhile', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ afterMs: fc.constantFrom(0, 1, 1_000, 60_000, 40 * DAY_MS), rows: fc.nat(3) }), {
          maxLength: 25,
        }),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(10),
        async (frames, limit, held) => {
          const series = new FakeSeries()
          let atMs = DAY_MS
          const feed = frames.map(({ afterMs, rows }, i) => () => {
            atMs += afterMs
            for (const point of ['c', 'a', 'b'].slice(0, rows)) series.point(i, atMs, 'bat1', point)
            series.at = { from: 0, position: i, beside: -1, atMs }
          })
          const later = feed.splice(Math.max(0, feed.length - held))
          for (const step of feed) step()
          const { all, list } = viewsOf(series)
          const items = await all(`points?limit=${limit}`, () => later.shift()?.())
          for (const step of later) step()
          const last = items.at(-1)
          const rest = last ? await all(`points?limit=${limit}&from=0`) : []
          const sorted = (await list('points?limit=2000')).json().items.map(shown)
          expect(items.map(shown)).toEqual(sorted.slice(0, items.length))
          if (last) expect(rest.map(shown)).toEqual(sorted)
        },
      ),
      { numRuns: 60 },
    ))

  it('go on by the cursor of the last page when more has come', async () => {
    const series = new FakeSeries().point(1, 1_000, 'bat1', 'soc')
    const { list } = viewsOf(series)
    const first = (await list('points')).json()
    expect(first).toMatchObject({ more: false, checkpoint: { position: 1, atMs: 1_000 } })
    const again = (await list(`points?cursor=${first.next}`)).json()
    expect(again).toMatchObject({ items: [], more: false, next: first.next })
    series.point(2, 1_000, 'bat1', 'soc')
    expect((await list(`points?cursor=${first.next}`)).json().items.map(shown)).toEqual(['2 bat1.soc'])
  })

  it('ask for spans that grow, and not for years at once', async () => {
    const series = new FakeSeries()
    for (let i = 0; i < 1_000; i++) series.point(i, DAY_MS + i * 1_000, 'bat1', 'soc')
    series.at = { from: 0, position: 1_000, beside: -1, atMs: 400 * DAY_MS }
    const { list } = viewsOf(series)
    await list('points?limit=50')
    expect(Math.max(...series.asked)).toBeLessThan(120_000)
    series.asked.length = 0
    await list('points?limit=2000&asset=bat1')
    expect(series.asked.length).toBeLessThan(12)
  })

  it('are of the span that is asked for, its end not in it', async () => {
    const series = new FakeSeries()
    for (const ms of [0, 999, 1_000, 1_999, 2_000]) series.point(ms, DAY_MS + ms, 'bat1', 'soc')
    const { list } = viewsOf(series)
    const of = async (query: string) => (await list(`points?${query}`)).json().items.map((p: any) => p.atMs - DAY_MS)
    expect(await of(`from=${DAY_MS + 999}&to=${DAY_MS + 2_000}`)).toEqual([999, 1_000, 1_999])
    expect(await of('from=1970-01-02T00:00:01Z')).toEqual([1_000, 1_999, 2_000])
    expect(await of('to=1970-01-02T02:00:01%2B02:00')).toEqual([0, 999])
    expect(await of('from=1970-01-03')).toEqual([])
  })

  it('say nothing where nothing was measured, and no empty word (S24)', async () => {
    const series = new FakeSeries()
    const row = { position: 1, atMs: 5, epoch: 1, cycle: 1, asset: 'a', point: 'p', unit: '', ageMs: 0, late: false }
    series.measured.push({ ...row, value: null, word: '', quality: 'bad' })
    series.measured.push({ ...row, point: 'q', value: null, word: 'remote', quality: 'good' })
    series.measured.push({ ...row, point: 'r', value: 0, word: '', unit: 'W', quality: 'good' })
    series.at = { from: 0, position: 1, beside: -1, atMs: 5 }
    const { items } = (await viewsOf(series).list('points')).json()
    expect(items.map((p: any) => [p.value, p.unit])).toEqual([
      [null, null],
      ['remote', null],
      [0, 'W'],
    ])
  })
})

it('of roll-ups only slots that are over are shown', async () => {
  const series = new FakeSeries().rollup(0, 'a').rollup(60_000, 'a').rollup(60_000, 'b').rollup(120_000, 'a')
  const { all } = viewsOf(series)
  const starts = async () => (await all('points?rollup=1m&limit=1')).map(row => `${row.atMs} ${row.asset}`)
  series.at = { from: 0, position: 5, beside: -1, atMs: 119_999 }
  expect(await starts()).toEqual(['0 a'])
  series.at = { from: 0, position: 6, beside: -1, atMs: 120_000 }
  expect(await starts()).toEqual(['0 a', '60000 a', '60000 b'])
})

it('decisions are found by who was outvoted, and commands newest first', async () => {
  const series = new FakeSeries()
  for (let i = 1; i <= 9; i++) series.verdict(i, DAY_MS + i, i % 3 === 0 ? ['node-c'] : [])
  const { all } = viewsOf(series)
  expect((await all('decisions?limit=2')).map(row => row.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect((await all('decisions?limit=2&dissent=true')).map(row => row.seq)).toEqual([3, 6, 9])
  expect((await all('commands?limit=1')).map(row => row.id)).toEqual(['command-3', 'command-2', 'command-1'])
})
