/** The topology of the deployment as processes: what falls comes back by itself, what is stopped drains, no slot is uncovered. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FACT_TYPE } from '../../projections/api/routes/commands.ts'
import { sealFact } from '../../protocol/codec/fact.ts'
import { openKey } from '../../protocol/identity/keyring.ts'
import { keyId } from '../../protocol/words/ids.ts'
import { folders } from '../../supervisors/run/prepare.ts'
import { Deployed, HOME, hasHaproxy, NAMES } from './deployed.ts'
import { quorate, until } from './site-run.ts'

let site: Deployed
beforeAll(async () => {
  site = await Deployed.start(HOME, '1s', { inspectors: true })
  await site.wholeAgain()
})
afterAll(() => site?.stop())
if (!hasHaproxy) process.stderr.write('no haproxy on this machine: the front is node a itself\n')

describe('a deployment', () => {
  it('is ready in all its parts, each by its own word', async () => {
    for (const name of NAMES)
      expect(
        (await site.ready(name))!.parts.every(part => part.ready),
        name,
      ).toBe(true)
    expect((await site.ready('gateway'))!.parts.map(p => p.part)).toEqual(['process', 'control', 'field', 'links'])
    expect((await site.ready('node-a'))!.parts.map(p => p.part)).toEqual(['process', 'log', 'replica'])
  })

  it('takes commands at its front, and from the command line with its folder', async () => {
    await site.commission()
    const said = await quorate(
      'command',
      'home',
      'bat1',
      'setpoint',
      'name=power',
      'value=400W',
      '--wait',
      '--data',
      site.dir,
    )
    expect(said, said.err).toMatchObject({ code: 0, out: expect.stringContaining('confirmed') })
  })

  it('tells tenant, site, node and command in the lines of its log, and no secret', () => {
    const { log } = site.services['node-b']
    const ended = log.split('\n').find(line => line.includes('command ended'))!
    expect(JSON.parse(ended)).toMatchObject({ tenant: 'demo', site: 'home', node: 'node-b', state: 'confirmed' })
    expect(JSON.parse(ended).command).toBeTypeOf('string')
    for (const { log } of Object.values(site.services)) expect(log).not.toContain(site.bearer.Authorization!.slice(7))
  })

  describe('is looked at', () => {
    const nodes = ['node-a', 'node-b', 'node-c'] as const
    let cookie = ''
    const ask = (path: string, body?: string, type = 'application/json') => {
      const own = `http://${site.people}`
      const headers = { Cookie: cookie, Origin: own, 'Content-Type': type }
      return fetch(`${own}${path}`, body === undefined ? { headers } : { method: 'POST', headers, body })
    }

    it('at one address, by a link of the command line', async () => {
      for (const name of nodes) await until(async () => (await site.inspectorUp(name)) === 1)
      await until(async () => (await ask('/readyz').catch(() => null))?.ok === true) // HAProxy has seen one of them, too
      const printed = await quorate('sign-in', '--data', site.dir)
      expect(printed, printed.err).toMatchObject({ code: 0, out: expect.stringContaining(`${site.people}/sign-in#`) })
      const secret = new URL(printed.out.split('\n')[0]!).hash.slice(1)
      cookie = (await ask('/inspector/session', JSON.stringify({ secret }))).headers.get('set-cookie')!.split(';')[0]!
      expect(await (await ask('/inspector/session')).json()).toMatchObject({
        tenant: 'demo',
        sites: [{ site: 'home' }],
      })
    })
    it('takes what people sign to a node', async () => {
      const operator = openKey(folders(site.dir).keys('operator'), keyId('operator'))
      const of = {
        v: 1,
        kind: 'CommandRequested',
        tenant: 'demo',
        site: 'home',
        by: 'operator',
        id: 'from-the-page',
      } as const
      const what = { target: 'bat1', name: 'setpoint', params: { name: 'power', value: '450 W' }, expiresMs: 60_000 }
      const fact = { ...of, ...what, issuedAtMs: Date.now() }
      const previewed: any = await (await ask('/inspector/sites/home/preview', JSON.stringify(fact))).json()
      expect(previewed).toMatchObject({ accepted: true })
      const path = `/inspector/sites/home/operate?basis=${previewed.basis}`
      const sent = await ask(path, sealFact(fact, operator), FACT_TYPE)
      expect([sent.status, await sent.json()]).toEqual([200, { id: 'from-the-page', position: expect.any(Number) }])
      await until(async () => (await site.get('/commands/from-the-page')).state === 'confirmed')
    })
    it('goes on with the same session when inspectors fall, and no node notices', async () => {
      const pids = nodes.map(name => site.services[name].pid)
      for (const name of nodes) {
        const started = [...site.services[name].log.matchAll(/"pid":(\d+)[^\n]*"msg":"the inspector runs"/g)]
        process.kill(Number(started.at(-1)![1]), 'SIGKILL')
        await until(async () => (await site.inspectorUp(name)) === 0)
      }
      for (const name of nodes) await until(async () => (await site.inspectorUp(name)) === 1)
      await until(async () => (await ask('/inspector/session').catch(() => null))?.status === 200)
      expect(nodes.map(name => site.services[name].pid)).toEqual(pids)
    })
  })

  it('loses no slot when a node is killed, another is drained, and both come back', async () => {
    const before = await site.slots('uncovered')
    const wasPid = site.services['node-a'].pid
    site.services['node-a'].kill('SIGKILL')
    await until(() => site.services['node-a'].pid !== wasPid)
    expect(await site.command('bat1', 'setpoint', { name: 'power', value: '500 W' })).toBe('confirmed')
    await until(() => site.isReady('node-a'))

    const draining = site.services['node-b'].stop('SIGTERM')
    expect(await draining).toEqual({ code: 0, signal: null })
    expect(site.services['node-b'].log).toContain('"msg":"drained"')
    expect(await site.command('bat1', 'setpoint', { name: 'power', value: '600 W' })).toBe('confirmed')
    expect((await site.ready('gateway'))!.parts.find(p => p.part === 'links')).toEqual({
      part: 'links',
      ready: true,
      says: '2 of 3 nodes, 2 needed',
    })
    site.services['node-b'].again()
    await site.wholeAgain()
    expect((await site.slots('uncovered')) - before).toBe(0)
  })

  it('goes on where its gateway was when that one is killed', async () => {
    const { quorate_gateway_epoch: epoch } = await site.figures()
    site.services.gateway.kill('SIGKILL')
    // what is accepted before the first frame of its new life is unknown, and not carried out
    await until(async () => (await site.get('/sites/home').catch(() => null))?.epoch === epoch! + 1)
    await until(() => site.isReady('gateway'))
    expect(await site.command('bat1', 'setpoint', { name: 'power', value: '700 W' })).toBe('confirmed')
  })

  it('ends whole and in order', async () => {
    for (const name of ['gateway', 'plant', 'node-a', 'node-b', 'node-c'] as const)
      expect(await site.services[name].stop('SIGTERM'), name).toEqual({ code: 0, signal: null })
  })
})
