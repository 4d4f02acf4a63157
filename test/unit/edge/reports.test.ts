import { expect, test } from 'vitest'
import { Notebook } from '../../../edge/notebook.ts'
import { Outbox } from '../../../edge/outbox.ts'
import { Reports } from '../../../edge/reports.ts'
import { openFact } from '../../../protocol/codec/fact.ts'
import type { Fact } from '../../../protocol/words/facts.ts'
import { manifestOf, signerOf, verifier } from '../controller/household.ts'
import { worldOf } from './world.ts'

/** What is put, as a node reads it. */
async function reporting(world = worldOf()) {
  const said: Fact[] = []
  const manifest = manifestOf()
  const fail = (error: unknown) => {
    throw error
  }
  const durable: Outbox = await Outbox.open({
    stream: 'durable',
    ports: world,
    key: 'key',
    onRecord: { kind: 'inPlace', seal: () => '' },
    send: (to, _, first, last, bodies) => {
      for (const body of bodies) {
        const opened = openFact(body, manifest, verifier)
        if (opened.kind === 'refused') throw new Error(opened.reason)
        said.push(opened.fact)
      }
      queueMicrotask(() => durable.acked(to, first, last))
    },
    fail,
  })
  const notebook = await Notebook.open(world.disk, 'boot')
  const reports = new Reports({
    ports: world,
    signer: signerOf('gateway'),
    manifest,
    durable,
    notebook,
    epoch: 3,
    fail,
  })
  durable.linked('node-a')
  const told = async () => {
    await world.clock.pass(10)
    return said.splice(0)
  }
  return { world, reports, told, notes: world.notes }
}

test('S35: a condition is told when it changes, and no more often', async () => {
  const { reports, told } = await reporting()
  const say = (state: 'raised' | 'returned', asset = 'bat1') =>
    reports.alarm('writeFailed', undefined, asset, state, 'x')
  say('returned')
  say('raised')
  say('raised')
  say('raised', 'bat2')
  say('returned')
  const alarms = (await told()) as { seq: number; asset: string; state: string }[]
  expect(alarms.map(a => `${a.seq} ${a.asset} ${a.state}`)).toEqual([
    '1 bat1 raised',
    '2 bat2 raised',
    '3 bat1 returned',
  ])
})

test('S35: what stands when a life ends is told again by the next, or returned where it ended with that life', async () => {
  const { world, reports, told } = await reporting()
  for (const asset of ['bat1', 'bat2', 'pv1']) reports.alarm('writeFailed', undefined, asset, 'raised', 'as it was')
  reports.alarm('writeFailed', undefined, 'bat2', 'returned', '')
  await told()
  const next = await reporting(world)
  next.reports.again(c => c.asset === 'pv1')
  next.reports.alarm('writeFailed', undefined, 'bat1', 'raised', 'not once more')
  // behind what the outbox of the first life has not seen read back
  const alarms = (await next.told()).slice(4) as { asset: string; state: string; text: string }[]
  expect(alarms.map(a => `${a.asset} ${a.state}: ${a.text}`)).toEqual([
    'bat1 raised: as it was',
    'pv1 returned: the gateway has started anew',
  ])
  const last = await reporting(world)
  last.reports.again(() => false)
  expect((await last.told()).slice(6)).toMatchObject([{ asset: 'bat1', state: 'raised' }])
})

test('nothing to tell is no receipt', async () => {
  const { reports, told } = await reporting()
  reports.receipt({ verdict: null, writes: [], effects: [], commands: [] }, 7)
  expect(await told()).toEqual([])
  reports.receipt({ verdict: null, writes: [], effects: [], commands: [{ id: 'command-1', outcome: 'unknown' }] }, 7)
  expect(await told()).toMatchObject([{ kind: 'ReceiptRecorded', seq: 1, epoch: 3, cycle: 7, source: 'localLaw' }])
})

test('a fact that no node admits holds up nothing: a gap takes its place', async () => {
  const { reports, told, notes } = await reporting()
  reports.alarm('no name at all', undefined, undefined, 'raised', 'x')
  expect(await told()).toMatchObject([
    { kind: 'GapRecorded', stream: 'durable', seq: 1, first: 1, last: 1, reason: 'AlarmObserved: BAD_SHAPE' },
  ])
  expect(notes.join()).toContain('a fact of this gateway has no known shape')
})
