import { describe, expect, it } from 'vitest'
import { BODY_BYTES_MAX } from '../../../projections/api/door.ts'
import { waitSeconds } from '../../../projections/api/wait.ts'
import { Refusal } from '../../../protocol/words/errors.ts'
import { apiOf, BEARER, commandAt, FakeSite } from './fake-site.ts'

const ID = 'command-1'

describe('a command over HTTP', () => {
  it('is taken, and its state is found where the answer says', async () => {
    const site = new FakeSite()
    const { post, get } = apiOf(site)
    const taken = await post(ID)
    expect(taken.statusCode).toBe(202)
    expect(taken.headers.location).toBe(`/api/v1/commands/${ID}`)
    expect(taken.json()).toEqual({ id: ID, position: 8, command: null })
    expect((await get(`/api/v1/commands/${ID}`)).statusCode).toBe(404)
    site.step(commandAt(ID, 'accepted'))
    expect((await get(taken.headers.location as string)).json().state).toBe('accepted')
  })

  it('reaches the log as the bytes that were signed', async () => {
    const site = new FakeSite()
    const bytes = 'c2ln {"text":"°C  "}'
    await apiOf(site).post(bytes)
    expect(site.submitted).toEqual([bytes])
  })

  it.each(['confirmed', 'rejected', 'failed', 'unknown'] as const)('waits for its end: %s', async state => {
    const site = new FakeSite()
    const { post, settle } = apiOf(site)
    const answer = post(ID, { prefer: 'wait=10' })
    await settle()
    site.step(commandAt(ID, 'accepted'))
    site.step(commandAt('another-1', 'confirmed'))
    site.step(commandAt(ID, state))
    const { statusCode, headers, json } = await answer
    expect(statusCode).toBe(200)
    expect(json().state).toBe(state)
    expect(headers['preference-applied']).toBe('wait=10')
  })

  it('hears of an end that was stepped before the append returned', async () => {
    const site = new FakeSite()
    site.onSubmit = id => {
      site.step(commandAt(id, 'confirmed'))
      return { kind: 'appended', id, position: 8 }
    }
    expect((await apiOf(site).post(ID, { prefer: 'wait=10' })).json().state).toBe('confirmed')
  })

  it('answers with the present state when the time is over', async () => {
    const site = new FakeSite()
    const { post, get, clock, settle } = apiOf(site)
    const answer = post(ID, { prefer: 'wait=5' })
    await settle()
    site.step(commandAt(ID, 'accepted'))
    clock.advanceTo(4_999)
    await settle()
    expect(site.feed.listeners).toBe(1)
    clock.advanceTo(5_000)
    const taken = await answer
    expect(taken.statusCode).toBe(202)
    expect(taken.json().command.state).toBe('accepted')
    expect(site.feed.listeners).toBe(0)
    const asked = get(`/api/v1/commands/${ID}`, { ...BEARER, prefer: 'wait=5' })
    await settle()
    site.step(commandAt(ID, 'expired'))
    expect((await asked).json().state).toBe('expired')
  })

  it('says what the door refuses, by its code', async () => {
    const site = new FakeSite()
    const { post } = apiOf(site)
    for (const [code, status] of [
      ['BAD_SIGNATURE', 401],
      ['UNKNOWN_KEY', 401],
      ['FORBIDDEN', 403],
      ['BAD_SHAPE', 422],
      ['DUPLICATE', 409],
      ['WRONG_SITE', 403],
    ] as const) {
      site.onSubmit = () => ({ kind: 'refused', code, reason: `because of ${code}` })
      const reply = await post(ID, { prefer: 'wait=10' })
      expect(reply.statusCode).toBe(status)
      expect(reply.headers['content-type']).toContain('application/problem+json')
      const problem = reply.json()
      expect(problem).toMatchObject({ code, status, type: `/api/v1/problems/${code}`, detail: `because of ${code}` })
      expect(problem.instance).toBe('/api/v1/sites/home/commands')
      expect(site.feed.listeners).toBe(0)
    }
  })

  it('says that it is not known whether a command was taken', async () => {
    const site = new FakeSite()
    site.onSubmit = () => {
      throw new Refusal('UNAVAILABLE', 'the log says LOG_BUSY')
    }
    expect((await apiOf(site).post(ID)).statusCode).toBe(503)
  })

  it('takes signed records only, and no long ones', async () => {
    const site = new FakeSite()
    const { app, post } = apiOf(site)
    expect((await post('{}', { 'content-type': 'application/json' })).json().code).toBe('CONTENT_TYPE')
    expect((await post('x'.repeat(BODY_BYTES_MAX + 1))).json().code).toBe('TOO_LARGE')
    expect(site.submitted).toEqual([])
    expect((await app.inject({ method: 'DELETE', url: '/api/v1/sites/home' })).statusCode).toBe(401)
  })
})

describe('Prefer', () => {
  it.each([
    [undefined, 0],
    ['wait=5', 5],
    ['respond-async, wait=5', 5],
    [['respond-async', 'WAIT = "7"'], 7],
    ['wait=600', 60],
    ['wait=999999999', 60],
    ['wait=0', 0],
    ['wait=-1', 0],
    ['wait=5.5', 0],
    ['wait=', 0],
    ['await=5', 0],
  ] as const)('%j waits %i s', (header, seconds) => expect(waitSeconds(header)).toBe(seconds))
})
