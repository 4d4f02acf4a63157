import { describe, expect, it } from 'vitest'
import { ApiMetrics } from '../../../projections/api/metrics.ts'
import { Buckets } from '../../../projections/api/rate.ts'
import { buildApi } from '../../../projections/api/server.ts'
import { OwnedClock } from '../../../supervisors/real/clock.ts'
import { BEARER, FakeSite, OTHER_TOKEN, TOKEN } from './fake-site.ts'

describe('a bucket', () => {
  it('gives a burst, then one for each piece of a second, and never more than a burst after a pause', () => {
    const clock = new OwnedClock(0)
    const buckets = new Buckets<string>({ perSecond: 4, burst: 3 }, clock)
    const taken = (key: string) => Array.from({ length: 5 }, () => buckets.take(key))
    expect(taken('a')).toEqual([0, 0, 0, 250, 250])
    clock.advanceTo(100)
    expect(buckets.take('a')).toBe(150)
    clock.advanceTo(250)
    expect([buckets.take('a'), buckets.take('a')]).toEqual([0, 250])
    expect(taken('b')).toEqual([0, 0, 0, 250, 250])
    clock.advanceTo(1_000_000)
    expect(taken('a')).toEqual([0, 0, 0, 250, 250])
  })
})

it('one token that asks without a pause is told when to ask again; another one and open routes are not held up', async () => {
  const clock = new OwnedClock(0)
  const grants = [
    { token: TOKEN, tenant: 'demo' },
    { token: OTHER_TOKEN, tenant: 'demo' },
  ]
  const options = { grants, sites: [new FakeSite()], metrics: new ApiMetrics(), clock, note: () => {} }
  const app = buildApi({ ...options, rate: { perSecond: 0.5, burst: 2 }, draining: () => false })
  const ask = (headers: Record<string, string>, url = '/api/v1/sites') => app.inject({ url, headers })
  const statuses = [await ask(BEARER), await ask(BEARER)].map(reply => reply.statusCode)
  expect(statuses).toEqual([200, 200])
  const refused = await ask(BEARER)
  expect(refused.statusCode).toBe(429)
  expect(refused.json().code).toBe('TOO_OFTEN')
  expect(refused.headers['retry-after']).toBe('2')
  expect((await ask({ authorization: `Bearer ${OTHER_TOKEN}` })).statusCode).toBe(200)
  expect((await ask({}, '/healthz')).statusCode).toBe(200)
  clock.advanceTo(2_000)
  expect((await ask(BEARER)).statusCode).toBe(200)
})
