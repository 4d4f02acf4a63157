/** `quorate command` against three nodes of which one is faulty. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ApiMetrics } from '../../../projections/api/metrics.ts'
import { type Api, serveApi } from '../../../projections/api/server.ts'
import type { CommandState } from '../../../projections/api/view.ts'
import { openKey } from '../../../protocol/identity/keyring.ts'
import { keyId } from '../../../protocol/words/ids.ts'
import { command } from '../../../supervisors/cli/command.ts'
import { parseCall } from '../../../supervisors/cli/verb.ts'
import { hostClock } from '../../../supervisors/real/clock.ts'
import { folders } from '../../../supervisors/run/prepare.ts'
import { commandAt, FakeSite, TOKEN } from '../api/fake-site.ts'

let dir: string
let sites: FakeSite[]
let apis: Api[]

const idOf = (body: string): string => JSON.parse(body.slice(body.indexOf(' '))).id
/** One log: what a node appends, every node steps; each says that the command came to `ends`. */
function appended(body: string, ends: readonly CommandState[]) {
  const id = idOf(body)
  sites.forEach((site, i) => {
    if (!site.command(id)) site.step(commandAt(id, ends[i]!))
  })
  return { kind: 'appended', id, position: 8 } as const
}
const allSay = (state: CommandState) => [state, state, state]

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'quorate-send-'))
  const at = folders(dir)
  openKey(at.keys('operator'), keyId('operator'), true)
  writeFileSync(at.token, TOKEN)
  sites = [new FakeSite(), new FakeSite(), new FakeSite()]
  for (const site of sites) site.onSubmit = body => appended(body, allSay('confirmed'))
  apis = await Promise.all(
    sites.map(site =>
      serveApi({
        address: '127.0.0.1:0',
        grants: [{ token: TOKEN, tenant: 'demo' }],
        sites: [site],
        metrics: new ApiMetrics(),
        clock: hostClock,
        note: () => {},
      }),
    ),
  )
  const http = Object.fromEntries(['a', 'b', 'c'].map((name, i) => [`node-${name}`, apis[i]!.address]))
  writeFileSync(at.run, JSON.stringify({ http, token: at.token }))
})
afterEach(async () => {
  await Promise.all(apis.map(api => api.close()))
  rmSync(dir, { recursive: true, force: true })
})

async function send(...more: string[]): Promise<{ code: number; steps: string[] }> {
  const lines: string[] = []
  const call = parseCall(command, ['home', 'bat1', 'start', '--json', '--data', dir, ...more])
  const code = await command.run({ ...call, say: line => void lines.push(line) })
  return { code, steps: lines.map(line => JSON.parse(line).step) }
}

describe('a command sent to three nodes', () => {
  it('is sent once where all is well', async () => {
    expect(await send('--wait')).toEqual({ code: 0, steps: ['sent', 'accepted', 'confirmed'] })
    expect(sites.map(site => site.submitted.length)).toEqual([1, 0, 0])
  })

  it('goes to the next node where the first is gone', async () => {
    await apis[0]!.close()
    expect(await send('--wait')).toEqual({ code: 0, steps: ['sent', 'accepted', 'confirmed'] })
  })

  it('goes to the next node where the first says that it took it and did not', async () => {
    sites[0]!.onSubmit = body => ({ kind: 'appended', id: idOf(body), position: 99 })
    expect(await send('--wait')).toEqual({ code: 0, steps: ['sent', 'accepted', 'confirmed'] })
    const [first, second] = sites.map(site => site.submitted)
    expect(second).toEqual(first)
  })

  it('is not refused by one node alone', async () => {
    sites[0]!.onSubmit = () => ({ kind: 'refused', code: 'BAD_SIGNATURE', reason: 'I say so' })
    expect((await send('--wait')).code).toBe(0)
    sites[1]!.onSubmit = () => ({ kind: 'refused', code: 'BAD_SIGNATURE', reason: 'I say so too' })
    await expect(send('--wait')).rejects.toThrow('BAD_SIGNATURE')
  })

  it.each<[CommandState[], string[], number]>([
    [['failed', 'confirmed', 'confirmed'], ['sent', 'accepted', 'confirmed'], 0],
    [['confirmed', 'failed', 'failed'], ['sent', 'accepted', 'failed'], 1],
    [['confirmed', 'rejected', 'rejected'], ['sent', 'rejected'], 1],
    [['confirmed', 'expired', 'expired'], ['sent', 'accepted', 'expired'], 1],
    [['confirmed', 'unknown', 'unknown'], ['sent', 'accepted', 'unknown'], 3],
  ])('believes two of three: %j', async (says, steps, code) => {
    for (const site of sites) site.onSubmit = body => appended(body, says)
    expect(await send('--wait')).toEqual({ code, steps })
  })

  it('needs no end without --wait', async () => {
    for (const site of sites) site.onSubmit = body => appended(body, allSay('accepted'))
    expect(await send()).toEqual({ code: 0, steps: ['sent', 'accepted'] })
  })
})
