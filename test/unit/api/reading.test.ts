import { describe, expect, it } from 'vitest'
import { cursorOf, positionOf } from '../../../projections/api/cursor.ts'
import { LAG_RECORDS_MAX, LOG_MS_MAX } from '../../../projections/api/routes/operations.ts'
import { ERRORS } from '../../../protocol/words/errors.ts'
import { apiOf, FakeSite } from './fake-site.ts'

describe('decisions', () => {
  it('are read to the end, and on from there', async () => {
    const site = new FakeSite()
    site.records = 7
    const { get } = apiOf(site)
    const read: number[] = []
    let url = '/api/v1/sites/home/decisions?limit=3'
    for (let page = 0; page < 4; page++) {
      const { items, next } = (await get(url)).json()
      read.push(...items.map((i: { cycle: number }) => i.cycle))
      url = `/api/v1/sites/home/decisions?limit=3&cursor=${next}`
    }
    expect(read).toEqual([1, 2, 3, 4, 5, 6, 7])
    site.records = 8
    expect((await get(url)).json().items.map((i: { cycle: number }) => i.cycle)).toEqual([8])
  })

  it('are not read with a cursor of somebody else, nor with one whose records are gone', async () => {
    const { get } = apiOf(new FakeSite())
    const code = async (query: string) => (await get(`/api/v1/sites/home/decisions?${query}`)).json().code
    const forged = Buffer.from('decisions:01').toString('base64url')
    for (const cursor of ['7', 'zzz', '', forged, `${cursorOf(7)}=`])
      expect(await code(`cursor=${cursor}`)).toBe('BAD_REQUEST')
    expect(await code(`cursor=${cursorOf(0)}`)).toBe('CURSOR_GONE')
    for (const query of ['limit=0', 'limit=501', 'limit=x', 'page=2']) expect(await code(query)).toBe('BAD_REQUEST')
  })

  it('have cursors that hold a position and nothing else', () => {
    for (const position of [0, 1, 2 ** 40]) expect(positionOf(cursorOf(position))).toBe(position)
    expect(cursorOf(12)).not.toContain('12')
    expect(positionOf(cursorOf(Number.NaN))).toBeNull()
  })
})

describe('sites and assets', () => {
  it('are there, or the answer names those that are', async () => {
    const site = new FakeSite()
    const { get } = apiOf(site)
    expect((await get('/api/v1/sites')).json().sites.map((s: { site: string }) => s.site)).toEqual(['home'])
    expect((await get('/api/v1/sites/home')).json().assets[0].name).toBe('bat1')
    expect((await get('/api/v1/sites/home/assets/bat1')).json().commands).toEqual({ start: {}, cap: { power: 'W' } })
    expect((await get('/api/v1/sites/home/assets/bat9')).json().detail).toContain('assets: bat1')
    expect((await get('/api/v1/sites/Home')).json().code).toBe('BAD_REQUEST')
    expect((await get('/api/v1/sites/%E0%A4%A')).statusCode).toBe(400)
  })

  it('cannot be told before the first manifest', async () => {
    const site = new FakeSite()
    site.known = false
    site.replica = 'catchingUp'
    const { get } = apiOf(site)
    expect((await get('/api/v1/sites')).json()).toEqual({ sites: [] })
    for (const url of ['', '/assets/bat1', '/events']) {
      const reply = await get(`/api/v1/sites/home${url}`)
      expect([reply.statusCode, reply.json().code]).toEqual([503, 'UNAVAILABLE'])
    }
  })
})

describe('health and readiness', () => {
  it.each([
    ['voting', 0, 200],
    ['shadow', LAG_RECORDS_MAX, 200],
    ['voting', LAG_RECORDS_MAX + 1, 503],
    ['rehydrating', 0, 503],
    ['catchingUp', 0, 503],
    ['silent', 0, 503],
    ['disqualified', 0, 503],
  ])('%s, %i records behind: ready %i, alive 200', async (replica, lag, status) => {
    const site = new FakeSite()
    site.replica = replica
    site.readLag = async () => lag
    const { get } = apiOf(site)
    expect((await get('/readyz', {})).statusCode).toBe(status)
    expect((await get('/healthz', {})).statusCode).toBe(200)
  })

  it('name the part that is not ready; without its log a process is alive, and not to be started anew', async () => {
    const site = new FakeSite()
    site.readLag = () => Promise.reject(new Error('LOG_CORRUPT'))
    const { get } = apiOf(site)
    expect((await get('/readyz', {})).json()).toEqual({
      status: 'failed',
      parts: [
        { part: 'process', ready: true, says: 'answers' },
        { part: 'log', ready: false, says: 'does not answer' },
        { part: 'replica', ready: false, says: 'voting, nobody knows how far behind' },
      ],
    })
    expect((await get('/healthz', {})).json()).toEqual({ status: 'ok' })
  })

  it('do not wait for a log that hangs', async () => {
    const site = new FakeSite()
    site.readLag = () => new Promise(() => {})
    const { get, clock, settle } = apiOf(site)
    const asked = get('/readyz', {})
    await settle()
    clock.advanceTo(LOG_MS_MAX)
    expect((await asked).statusCode).toBe(503)
  })

  it('a process that is about to end is not ready, while it still answers', async () => {
    const { get, life } = apiOf(new FakeSite())
    life.ending = true
    const reply = await get('/readyz', {})
    expect([reply.statusCode, reply.json().parts[0]]).toEqual([
      503,
      { part: 'process', ready: false, says: 'is about to end' },
    ])
    expect((await get('/api/v1/sites')).statusCode).toBe(200)
  })
})

describe('metrics', () => {
  it('tell the replica, the slots and the commands, each scrape anew', async () => {
    const { get } = apiOf(new FakeSite())
    await get('/metrics')
    const { body, headers } = await get('/metrics')
    expect(headers['content-type']).toContain('text/plain')
    for (const line of [
      'quorate_replica_position{site="home"} 7',
      'quorate_replica_state{site="home",state="voting"} 1',
      'quorate_replica_state{site="home",state="shadow"} 0',
      'quorate_facts_stepped_total{site="home",kind="FrameMeasured"} 3',
      'quorate_records_refused_total{site="home",code="BAD_SIGNATURE"} 2',
      'quorate_candidates_signed_total{site="home"} 3',
      'quorate_slots_total{site="home",class="onTime"} 3',
      'quorate_commands{site="home",state="confirmed"} 1',
      'quorate_alarms_active{site="home",priority="urgent"} 1',
      'quorate_http_requests_total{route="/metrics",status="200"} 1',
    ])
      expect(body.split('\n')).toContain(line)
    expect(body).toContain('process_cpu_seconds_total')
  })

  it('have a bounded number of series, whatever is asked', async () => {
    const { get } = apiOf(new FakeSite())
    for (let i = 0; i < 5; i++) await get(`/api/v1/nothing/${i}`)
    const { body } = await get('/metrics')
    expect(body).toContain('quorate_http_requests_total{route="none",status="404"} 5')
    expect(body).not.toContain('nothing')
  })
})

describe('a problem', () => {
  it.each(Object.entries(ERRORS))('%s is explained where its type points', async (code, { title, fix, status }) => {
    const { get } = apiOf(new FakeSite())
    expect((await get(`/api/v1/problems/${code}`, {})).json()).toEqual({ code, title, fix, status })
  })
})
