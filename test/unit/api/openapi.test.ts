import { Compile } from 'typebox/compile'
import { describe, expect, it } from 'vitest'
import { Problem } from '../../../projections/api/problem.ts'
import type { Route } from '../../../projections/api/route.ts'
import { ROUTES } from '../../../projections/api/server.ts'
import { apiOf, BEARER, commandAt, FakeSite } from './fake-site.ts'

const documentOf = async () => (await apiOf(new FakeSite()).get('/api/v1/openapi.json', {})).json()

describe('the OpenAPI document', () => {
  it('has each route that is served, and no other', async () => {
    const { app } = apiOf(new FakeSite())
    const { paths } = await documentOf()
    const documented = Object.entries<object>(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(method => `${method.toUpperCase()} ${path}`),
    )
    expect(documented.sort()).toEqual(ROUTES.map(r => `${r.method} ${r.path.replace(/:(\w+)/g, '{$1}')}`).sort())
    for (const { method, path } of ROUTES) expect(app.hasRoute({ method, url: path })).toBe(true)
    const served = app.printRoutes({ commonPrefix: false }).match(/\((?:GET|POST|HEAD|OPTIONS|PUT|DELETE)[^)]*\)/g)
    expect(served).toHaveLength(ROUTES.length)
  })

  it('names the parameters of each path, and each operation once', async () => {
    const { paths } = await documentOf()
    const operations = Object.entries<any>(paths).flatMap(([path, methods]) =>
      Object.values<any>(methods).map(operation => ({ path, operation })),
    )
    for (const { path, operation } of operations) {
      const named = operation.parameters.filter((p: any) => p.in === 'path').map((p: any) => `{${p.name}}`)
      expect(named).toEqual(path.match(/\{\w+\}/g) ?? [])
    }
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('refers to nothing that it does not have', async () => {
    const document = await documentOf()
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      m => m[1]!,
    )
    expect(references).toContain('CommandView')
    for (const name of references) expect(Object.keys(document.components.schemas)).toContain(name)
  })

  it('says which routes need no token', async () => {
    const { paths } = await documentOf()
    for (const { method, path, open } of ROUTES) {
      const operation = paths[path.replace(/:(\w+)/g, '{$1}')][method.toLowerCase()]
      expect(operation.security).toEqual(open ? [] : undefined)
      expect('401' in operation.responses).toBe(!open)
    }
  })
})

describe('answers fit the schema that the document shows', () => {
  const problem = Compile(Problem)
  const example: Record<string, { url: string; body?: string; prefer?: string }> = {
    listSites: { url: '/api/v1/sites' },
    readSite: { url: '/api/v1/sites/home' },
    readAsset: { url: '/api/v1/sites/home/assets/bat1' },
    sendCommand: { url: '/api/v1/sites/home/commands', body: 'command-1' },
    readCommand: { url: '/api/v1/commands/command-2' },
    listDecisions: { url: '/api/v1/sites/home/decisions' },
    health: { url: '/healthz' },
    ready: { url: '/readyz' },
    metrics: { url: '/metrics' },
    explainProblem: { url: '/api/v1/problems/NOT_FOUND' },
    openApi: { url: '/api/v1/openapi.json' },
    asyncApi: { url: '/api/v1/asyncapi.json' },
  }
  const answered = (route: Route) => route.id !== 'streamEvents'

  it.each(ROUTES.filter(answered).map(r => [r.id, r] as const))('%s', async (id, route) => {
    const site = new FakeSite()
    site.records = 3
    site.commands.set('command-2', commandAt('command-2', 'confirmed'))
    const { app } = apiOf(site)
    const { url, body } = example[id]!
    const headers = { ...BEARER, ...(body && { 'content-type': 'application/quorate-fact' }) }
    const reply = await app.inject({ method: route.method, url, headers, ...(body && { body }) })
    const answer = route.answers[reply.statusCode]!
    expect(answer).toBeDefined()
    if (answer.schema) {
      const check = Compile(answer.schema)
      expect(check.Errors(reply.json())).toEqual([])
      expect(check.Check(reply.json())).toBe(true)
    }
    expect(reply.headers['content-type']).toContain(answer.contentType ?? 'application/json')
    expect(reply.headers['cache-control']).toBe('no-store')
  })

  it('problems too', async () => {
    const { get } = apiOf(new FakeSite())
    for (const url of [
      '/api/v1/sites/nope',
      '/nothing',
      '/api/v1/commands/x',
      '/api/v1/sites/home/decisions?limit=0',
    ]) {
      const reply = await get(url)
      expect(reply.headers['content-type']).toContain('application/problem+json')
      expect(problem.Errors(reply.json())).toEqual([])
      expect(reply.json().status).toBe(reply.statusCode)
    }
  })
})
