import { Compile } from 'typebox/compile'
import { describe, expect, it } from 'vitest'
import { Problem } from '../../../projections/api/problem.ts'
import { cursorOf, keyOf } from '../../../projections/views/cursor.ts'
import { ROUTES } from '../../../projections/views/server.ts'
import { OTHER_TOKEN } from '../api/fake-site.ts'
import { FakeSeries, viewsOf } from './fake-views.ts'

const filled = () => new FakeSeries().point(1, 1_000, 'bat1', 'soc').verdict(2, 2_000).rollup(0, 'bat1')
const LISTS = ['points', 'points?rollup=1m', 'points?rollup=15m', 'decisions', 'commands', 'alarms']

describe('a cursor', () => {
  it('is given back as it was', () => {
    for (const key of [
      [0, 'a'],
      [2 ** 40, 'ü"\\'],
    ] as const)
      expect(keyOf('x', [0, ''], cursorOf('x', key))).toEqual(key)
  })
  it('of another list, or of nobody, is refused', () => {
    for (const wrong of ['', 'x', '!', cursorOf('y', [1, 'a']), cursorOf('x', [1]), cursorOf('x', ['a', 1])])
      expect(keyOf('x', [0, ''], wrong)).toBeNull()
    for (const bad of [-1, 0.5, 2 ** 60]) expect(keyOf('x', [0, ''], cursorOf('x', [bad, 'a']))).toBeNull()
    expect(keyOf('x', [0, ''], `${cursorOf('x', [1, 'a'])}=`)).toBeNull()
  })
})

describe('what cannot be asked', () => {
  const wrong = [
    'points?from=yesterday',
    'points?from=2026-02-30T00:00',
    'points?from=2026-13-01',
    'points?from=5&to=5',
    'points?to=9999999999999',
    'points?limit=0',
    'points?limit=2001',
    'points?rollup=5m',
    'points?asset=Bat%201',
    `points?cursor=${cursorOf('1m', [1, 'a', 'p', 'W'])}`,
    'points?other=1',
    'decisions?dissent=perhaps',
    'decisions?source=nobody',
    'commands?state=done',
    'alarms?condition=loud',
    'alarms?cursor=abc',
  ]
  it.each(wrong)('%s', async path => {
    const reply = await viewsOf(filled()).list(path)
    expect(reply.statusCode).toBe(400)
    expect(Compile(Problem).Errors(reply.json())).toEqual([])
  })
})

it.each(LISTS)('%s: a page fits the schema that the document shows', async path => {
  const reply = await viewsOf(filled()).list(path)
  const { answers } = ROUTES.find(route => route.path.endsWith(`/${path.split('?')[0]}`))!
  expect(reply.statusCode).toBe(200)
  expect(Compile(answers[200]!.schema!).Errors(reply.json())).toEqual([])
})

it('shows a tenant nothing of another (S23)', async () => {
  const { list, get } = viewsOf(filled())
  for (const path of LISTS) {
    const there = await list(path, OTHER_TOKEN)
    expect(there.statusCode).toBe(404)
    const nowhere = await get(`/api/v1/sites/elsewhere/${path}`, OTHER_TOKEN)
    expect(there.body.replaceAll('home', 'elsewhere')).toBe(nowhere.body)
    expect((await list(path, 'c'.repeat(64))).statusCode).toBe(401)
  }
  expect((await get('/metrics', OTHER_TOKEN)).body).not.toContain('home')
})

describe('a database that is away', () => {
  it('is a 503 and a note; the other one answers', async () => {
    const series = filled()
    series.fails = new Error('socket of 10.1.2.3 closed')
    const { list, get, notes } = viewsOf(series)
    const refused = await list('points')
    expect(refused.statusCode).toBe(503)
    expect(refused.json().code).toBe('DATABASE')
    expect(refused.body).not.toContain('10.1.2.3')
    expect(JSON.stringify(notes)).toContain('10.1.2.3')
    expect((await list('commands')).statusCode).toBe(200)
    const { parts } = (await get('/readyz')).json()
    expect(parts.map((p: any) => p.ready)).toEqual([true, false])
    expect((await get('/metrics')).body).toContain('quorate_projection_up{site="home",projection="timeseries"} 0')
  })
  it('nobody knows where it is: the same', async () => {
    const { list, get } = viewsOf(filled(), () => null)
    expect((await list('commands')).statusCode).toBe(503)
    expect((await list('points')).statusCode).toBe(200)
    expect((await get('/readyz')).statusCode).toBe(503)
  })
})

it('is not ready when it is late, and says how late', async () => {
  const series = filled()
  const { get } = viewsOf(series)
  expect((await get('/readyz')).statusCode).toBe(200)
  expect((await get('/metrics')).body).toContain(
    'quorate_projection_behind_records{site="home",projection="timeseries"} 10',
  )
  const far = viewsOf(series, undefined, 100)
  const late = await far.get('/readyz')
  expect(late.statusCode).toBe(503)
  expect(late.json().parts[1]).toEqual({ part: 'timeseries', ready: false, says: '97 records, 97.0 s behind: lagging' })
})

it('tells Prometheus that it lags: behind the log, or away, for longer than it may be', async () => {
  const gauge = (projection: string, value: number) =>
    `quorate_projection_lagging{site="home",projection="${projection}"} ${value}`
  const far = viewsOf(filled(), undefined, 100)
  expect((await far.get('/metrics')).body).toContain(gauge('timeseries', 1))
  expect((await far.get('/metrics')).body).toContain(gauge('operational', 1))
  const series = filled()
  const { get, clock } = viewsOf(series)
  expect((await get('/metrics')).body).toContain(gauge('timeseries', 0))
  series.fails = new Error('gone')
  clock.advanceTo(60_000)
  expect((await get('/metrics')).body).toContain(gauge('timeseries', 0))
  clock.advanceTo(60_001)
  expect((await get('/metrics')).body).toContain(gauge('timeseries', 1))
  series.fails = null
  expect((await get('/metrics')).body).toContain(gauge('timeseries', 0))
})

describe('its OpenAPI document', () => {
  it('has each route that is served, each operation once, and refers to nothing that it does not have', async () => {
    const { app, get } = viewsOf(filled())
    const document = (await get('/api/v1/openapi.json')).json()
    expect(Object.keys(document.paths).sort()).toEqual(ROUTES.map(r => r.path.replace(/:(\w+)/g, '{$1}')).sort())
    for (const { method, path } of ROUTES) expect(app.hasRoute({ method, url: path })).toBe(true)
    const ids = ROUTES.map(route => route.id)
    expect(new Set(ids).size).toBe(ids.length)
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      m => m[1]!,
    )
    expect(references).toContain('PointRow')
    for (const name of references) expect(Object.keys(document.components.schemas)).toContain(name)
    const limited = document.paths['/api/v1/sites/{site}/points'].get.responses
    expect(Object.keys(limited)).toEqual(expect.arrayContaining(['400', '401', '404', '429', '503']))
  })
})
