/** The topology of the deployment as processes: what falls comes back by itself, what is stopped drains, no slot is uncovered. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Deployed, HOME, hasHaproxy, NAMES } from './deployed.ts'
import { quorate, until } from './site-run.ts'

let site: Deployed
beforeAll(async () => {
  site = await Deployed.start(HOME, '1s')
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
