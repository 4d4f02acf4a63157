import { describe, expect, it } from 'vitest'
import { Access, isLoopback } from '../../../projections/api/access.ts'
import { ApiMetrics } from '../../../projections/api/metrics.ts'
import { ROUTES, serveApi } from '../../../projections/api/server.ts'
import { OwnedClock } from '../../../supervisors/real/clock.ts'
import { apiOf, BEARER, commandAt, FakeSite, OTHER_TOKEN, TOKEN } from './fake-site.ts'

const filled = (path: string) =>
  path.replace(':site', 'home').replace(':asset', 'bat1').replace(':id', 'command-1').replace(':code', 'NOT_FOUND')

describe('who may ask', () => {
  it.each(ROUTES.filter(r => !r.open).map(r => [r.method, r.path] as const))(
    '%s %s asks for the token',
    async (method, path) => {
      const { app } = apiOf(new FakeSite())
      for (const authorization of ['', 'Bearer', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Basic ${TOKEN}`]) {
        const reply = await app.inject({ method, url: filled(path), headers: { authorization } })
        expect(reply.statusCode).toBe(401)
        expect(reply.json().code).toBe('UNAUTHENTICATED')
        expect(reply.headers['www-authenticate']).toContain('Bearer')
      }
    },
  )

  it('tells a stranger neither which routes there are nor how the site is', async () => {
    const { get } = apiOf(new FakeSite())
    expect((await get('/api/v1/nothing', {})).statusCode).toBe(401)
    for (const url of ['/healthz', '/readyz']) expect((await get(url, {})).body).not.toContain('home')
  })

  it('shows a tenant nothing of another (S23)', async () => {
    const site = new FakeSite()
    site.commands.set('command-1', commandAt('command-1', 'confirmed'))
    const { get, post } = apiOf(site)
    const rival = { authorization: `Bearer ${OTHER_TOKEN}` }
    expect((await get('/api/v1/sites', rival)).json()).toEqual({ sites: [] })
    const there = await get('/api/v1/sites/home', rival)
    const nowhere = await get('/api/v1/sites/elsewhere', rival)
    expect(there.statusCode).toBe(404)
    expect(there.body.replaceAll('home', 'elsewhere')).toBe(nowhere.body)
    for (const url of ['/assets/bat1', '/decisions', '/events'])
      expect((await get(`/api/v1/sites/home${url}`, rival)).statusCode).toBe(404)
    expect((await get('/api/v1/commands/command-1', rival)).statusCode).toBe(404)
    expect((await get('/api/v1/commands/command-1')).statusCode).toBe(200)
    expect((await post('body', rival)).statusCode).toBe(404)
    expect(site.submitted).toEqual([])
    expect((await get('/metrics', rival)).body).not.toContain('home')
  })

  it.each(['evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'localhost.', '10.0.0.1:8080'])(
    'serves no request for the host %j',
    async host => {
      const { get } = apiOf(new FakeSite())
      for (const url of ['/api/v1/sites', '/healthz']) {
        const reply = await get(url, { ...BEARER, host })
        expect(reply.statusCode).toBe(421)
        expect(reply.json().code).toBe('WRONG_HOST')
      }
    },
  )
  it.each(['127.0.0.1', '127.0.0.1:8080', 'localhost:1', 'LOCALHOST', '[::1]:80', '[::1]'])(
    'serves a request for the host %j',
    async host => {
      expect((await apiOf(new FakeSite()).get('/healthz', { host })).statusCode).toBe(200)
    },
  )

  it('serves no request that names no host', () => {
    const access = new Access([])
    for (const host of [undefined, '', ':80', 'localhost:80:80', 'localhost:http'])
      expect(access.serves(host)).toBe(false)
  })

  it('takes no token that could be guessed', () => {
    expect(() => new Access([{ token: 'secret', tenant: 'demo' }])).toThrow(RangeError)
    expect(() => new Access([{ token: '', tenant: 'demo' }])).toThrow(RangeError)
  })

  it('binds beyond loopback only where hosts are named', async () => {
    const clock = new OwnedClock(0)
    const options = { grants: [], sites: [], metrics: new ApiMetrics(), clock, note: () => {} }
    await expect(serveApi({ address: '0.0.0.0:0', ...options })).rejects.toThrow('not loopback')
    expect(['127.0.0.1:0', 'localhost:80', '[::1]:0'].map(isLoopback)).toEqual([true, true, true])
    expect(['0.0.0.0:0', '[::]:0', '192.168.1.2:80', '127.0.0.1.evil:80'].map(isLoopback)).not.toContain(true)
  })

  it('notes nothing that a request carried in its headers', async () => {
    const site = new FakeSite()
    site.onSubmit = () => {
      throw new Error('broken')
    }
    const { post, notes } = apiOf(site)
    const reply = await post('body')
    expect(reply.statusCode).toBe(500)
    expect(reply.body).not.toContain('broken')
    expect(notes).toHaveLength(1)
    expect(JSON.stringify(notes)).not.toContain(TOKEN)
  })
})
