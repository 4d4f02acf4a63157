/** The API of a real run: three nodes, a gateway and a plant, each a process. */
import { statSync } from 'node:fs'
import { Compile } from 'typebox/compile'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AssetDetail, DecisionView, SiteDetail } from '../../projections/api/view.ts'
import { canonical } from '../../protocol/codec/canonical.ts'
import { ed25519Signer, ed25519Verifier, newSecret } from '../../protocol/codec/sign.ts'
import { keyId } from '../../protocol/words/ids.ts'
import { folders } from '../../supervisors/run/prepare.ts'
import { ApiRun, NODES, until } from './api-run.ts'

let site: ApiRun

beforeAll(async () => {
  site = await ApiRun.start()
  await until(async () => {
    const { json } = await site.get('/api/v1/sites/home/assets/bat1')
    return json.tags?.includes('available')
  })
  expect((await site.command('site', 'manual')).state).toBe('confirmed')
})
afterAll(() => site?.stop())

describe('reading', () => {
  it('finds the same site at every node, and none without the token of this run', async () => {
    expect(statSync(folders(site.dir).token).mode & 0o077).toBe(0)
    expect(site.token.length).toBeGreaterThanOrEqual(64)
    for (const node of NODES) {
      const { json } = await site.get('/api/v1/sites', node)
      expect(json.sites).toMatchObject([{ site: 'home', node, replica: 'voting', mode: 'manual' }])
      expect((await site.get('/api/v1/sites', node, { Authorization: 'Bearer x' })).status).toBe(401)
      expect((await fetch(site.url(node, '/readyz'))).status).toBe(200)
      expect((await fetch(site.url(node, '/healthz'))).status).toBe(200)
    }
  })

  it('shows what fits the schemas of the document', async () => {
    expect(Compile(SiteDetail).Errors((await site.get('/api/v1/sites/home')).json)).toEqual([])
    for (const { name } of site.prepared.signed.manifest.assets)
      expect(Compile(AssetDetail).Errors((await site.get(`/api/v1/sites/home/assets/${name}`)).json)).toEqual([])
  })

  it('counts what the replica does', async () => {
    const { text } = await site.get('/metrics')
    const value = (series: string) =>
      Number(
        text
          .split('\n')
          .find(line => line.startsWith(`${series} `))
          ?.split(' ')[1],
      )
    expect(value('quorate_replica_state{site="home",state="voting"}')).toBe(1)
    expect(value('quorate_candidates_signed_total{site="home"}')).toBeGreaterThan(0)
    expect(value('quorate_facts_stepped_total{site="home",kind="FrameMeasured"}')).toBeGreaterThan(0)
    expect(value('quorate_log_append_seconds_count')).toBeGreaterThan(0)
  })
})

describe('a command', () => {
  it('is confirmed once the plant holds what was asked, and every node says so', async () => {
    const { id, state } = await site.command('bat1', 'setpoint', { name: 'power', value: '500 W' })
    expect(state).toBe('confirmed')
    expect(await site.setpointAtPlant('bat1')).toBe(500)
    for (const node of NODES) {
      const { json } = await site.get(`/api/v1/commands/${id}`, node, { Prefer: 'wait=10' })
      expect(json).toMatchObject({ id, node, state: 'confirmed', by: 'operator', target: 'bat1' })
    }
  })

  it.each([
    ['no such command', 'bat1', 'fly', {}, 'UNKNOWN_COMMAND', 'command of battery'],
    ['no such asset', 'bat9', 'start', {}, 'NOT_FOUND', 'bat1'],
    ['outside its limits', 'bat1', 'setpoint', { name: 'power', value: '5 kW' }, 'OUT_OF_LIMITS', "by 'rating'"],
    ['no quantity', 'bat1', 'setpoint', { name: 'power', value: '5' }, 'BAD_PARAMETER', 'write a number'],
    ['not in this state', 'bat1', 'start', {}, 'NOT_NOW', 'operating.running'],
  ])('is rejected: %s', async (_, target, name, params, code, words) => {
    const before = await site.setpointAtPlant('bat1')
    const ended = await site.command(target, name, params as Record<string, string>, 'node-b')
    expect(ended).toMatchObject({ state: 'rejected', code })
    expect(ended.reason).toContain(words)
    expect(await site.setpointAtPlant('bat1')).toBe(before)
  })

  it('is rejected when it comes too late, or from another time', async () => {
    const issuedAtMs = site.run.nowMs - 60_000
    const wait = { Prefer: 'wait=20' }
    expect((await site.post(site.seal({ issuedAtMs, expiresMs: 1_000 }), 'node-a', wait)).json.code).toBe('EXPIRED')
    for (const off of [-200_000, 200_000]) {
      const body = site.seal({ issuedAtMs: site.run.nowMs + off, expiresMs: 1_000_000 })
      expect((await site.post(body, 'node-c', wait)).json.code).toBe('CLOCK_SKEW')
    }
  })

  it('of somebody who may not is not even logged', async () => {
    const stranger = ed25519Signer(keyId('stranger'), newSecret())
    const posing = ed25519Signer(keyId('operator'), newSecret())
    const { position } = (await site.get('/api/v1/sites/home')).json
    const [signature, ...rest] = site.seal({ name: 'off' }).split(' ')
    for (const [body, status, code] of [
      [site.seal({ name: 'off' }, site.signer('node-a')), 403, 'FORBIDDEN'],
      [site.seal({ name: 'off' }, site.signer('gateway')), 403, 'FORBIDDEN'],
      [site.seal({ name: 'off' }, stranger), 401, 'UNKNOWN_KEY'],
      [site.seal({ name: 'off' }, posing), 401, 'BAD_SIGNATURE'],
      [`${signature} ${rest.join(' ').replace('"off"', '"safe"')}`, 401, 'BAD_SIGNATURE'],
      [site.seal({ name: 'off', tenant: 'rival' }), 403, 'WRONG_SITE'],
      ['no record', 422, 'BAD_SHAPE'],
    ] as const) {
      const reply = await site.post(body)
      expect([reply.status, reply.json.code]).toEqual([status, code])
    }
    await until(async () => (await site.get('/api/v1/sites/home')).json.position > position + 10)
    const { text } = await site.get('/metrics')
    expect(text).not.toContain('quorate_records_refused_total{')
    expect((await site.get('/api/v1/sites/home')).json.mode).toBe('manual')
  })

  it('counts once, however often and wherever it is sent', async () => {
    const body = site.seal({ target: 'bat2', name: 'setpoint', params: { name: 'power', value: '300 W' } })
    const wait = { Prefer: 'wait=40' }
    const replies = await Promise.all([...NODES, ...NODES].map(node => site.post(body, node, wait)))
    for (const { status, json } of replies)
      expect(status === 409 ? json.code : json.state).toBe(status === 409 ? 'DUPLICATE' : 'confirmed')
    expect(replies.some(r => r.status === 200)).toBe(true)
    for (const node of NODES) expect((await site.post(body, node)).json.code).toBe('DUPLICATE')
    expect(await site.setpointAtPlant('bat2')).toBe(300)
  })
})

describe('the stream', () => {
  it('brings the decisions of this node and each step of a command', async () => {
    const steps = site.events('node-b', events => {
      const commands = events.filter(e => e.type === 'command').map(e => e.data.state)
      return (
        commands.includes('confirmed') &&
        events.some(e => e.type === 'decision') &&
        events.some(e => e.type === 'state')
      )
    })
    const { id } = await site.command('bat1', 'cap', { power: '2 kW' }, 'node-c')
    const events = await steps
    expect(events[0]).toMatchObject({ type: 'snapshot', data: { site: 'home', node: 'node-b' } })
    const states = events.filter(e => e.type === 'command' && e.data.id === id).map(e => e.data.state)
    expect(['accepted confirmed', 'confirmed']).toContain(states.join(' '))
    const cycles = events.filter(e => e.type === 'decision').map(e => e.data.cycle)
    expect(cycles).toEqual([...cycles].sort((a, b) => a - b))
  })

  it('is the same at every node, and goes on at another', async () => {
    const decided = (e: { type: string; id: string | null }) => e.type === 'decision' && e.id !== null
    const first = await site.events('node-a', events => events.filter(decided).length >= 3)
    const decisions = first.filter(decided)
    const from = decisions[0]!.id!
    const resumed = await site.events('node-c', events => events.filter(decided).length >= 2, from)
    expect(resumed.some(e => e.type === 'snapshot')).toBe(false)
    const again = resumed.filter(decided).slice(0, 2)
    expect(again.map(e => [e.id, canonical(e.data.candidate)])).toEqual(
      decisions.slice(1, 3).map(e => [e.id, canonical(e.data.candidate)]),
    )
  })
})

describe('the decisions', () => {
  it('are read page by page: three signatures over the same bytes for a cycle', async () => {
    const { keys } = site.prepared.signed.manifest
    const verifier = ed25519Verifier()
    const byCycle = new Map<number, Set<string>>()
    const signers = new Map<number, Set<string>>()
    let cursor = ''
    for (let page = 0; page < 4; page++) {
      const { json } = await site.get(`/api/v1/sites/home/decisions?limit=10${cursor}`, 'node-b')
      expect(json.items.length).toBeLessThanOrEqual(10)
      for (const item of json.items) {
        expect(Compile(DecisionView).Errors(item)).toEqual([])
        const { by, cycle, digest, candidate, signature } = item
        expect(verifier.verify('candidate', keys[by]!.publicKey, canonical(candidate), signature)).toBe(true)
        byCycle.set(cycle, (byCycle.get(cycle) ?? new Set()).add(digest))
        signers.set(cycle, (signers.get(cycle) ?? new Set()).add(by))
      }
      cursor = `&cursor=${json.next}`
    }
    expect(byCycle.size).toBeGreaterThan(5)
    for (const digests of byCycle.values()) expect(digests.size).toBe(1)
    expect([...signers.values()].some(s => s.size === NODES.length)).toBe(true)
  })
})

describe('quorate command', () => {
  it('tells each step and ends with 0 only when confirmed', async () => {
    const done = await site.quorate('home', 'bat1', 'setpoint', 'name=power', 'value=400W', '--wait')
    expect(done.lines.map(l => l.step)).toEqual(['sent', 'accepted', 'confirmed'])
    expect(done.code).toBe(0)
    expect(await site.setpointAtPlant('bat1')).toBe(400)
    const refused = await site.quorate('home', 'bat1', 'setpoint', 'name=power', 'value=-9 kW', '--wait')
    expect(refused.lines.map(l => l.step)).toEqual(['sent', 'rejected'])
    expect(refused.lines[1].reason).toContain('OUT_OF_LIMITS')
    expect(refused.code).toBe(1)
  })

  it('is told why nobody takes it', async () => {
    const key = `${folders(site.dir).keys('node-b')}/node-b.key`
    const forbidden = await site.quorate('home', 'site', 'off', '--key', key)
    expect([forbidden.code, forbidden.lines]).toEqual([1, []])
    expect(forbidden.err).toContain('FORBIDDEN')
    expect((await site.quorate('nope', 'site', 'off')).err).toContain('NOT_FOUND')
    expect((await site.quorate('home', 'site', 'off', '--expires', 'soon')).code).toBe(2)
  })

  it('goes through while the first node is gone, which then comes back at its address', async () => {
    site.run.process('node-a').kill('SIGKILL')
    const done = await site.quorate('home', 'bat1', 'setpoint', 'name=power', 'value=200W', '--wait')
    expect(done.lines.map(l => l.step)).toEqual(['sent', 'accepted', 'confirmed'])
    expect(await site.setpointAtPlant('bat1')).toBe(200)
    await until(() =>
      fetch(site.url('node-a', '/readyz')).then(
        r => r.status === 200,
        () => false,
      ),
    )
    const { id } = done.lines[0]
    expect((await site.get(`/api/v1/commands/${id}`, 'node-a', { Prefer: 'wait=10' })).json.state).toBe('confirmed')
  })
})
