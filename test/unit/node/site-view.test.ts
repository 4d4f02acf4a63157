import { Compile } from 'typebox/compile'
import { describe, expect, it } from 'vitest'
import type { Block } from '../../../projections/api/feed.ts'
import { AssetDetail, SiteDetail } from '../../../projections/api/view.ts'
import { canonical } from '../../../protocol/codec/canonical.ts'
import { LogError } from '../../../protocol/log/event-log.ts'
import { Refusal } from '../../../protocol/words/errors.ts'
import { sealed } from '../protocol/observation.ts'
import { SiteLog } from './site-log.ts'

const alarm = (state: 'raised' | 'returned', seq: number) =>
  ({ kind: 'AlarmObserved', site: 'home', seq, alarm: 'dissent', about: 'node-b', state, text: 'It differs' }) as const
const acknowledged = {
  kind: 'AlarmAcknowledged',
  site: 'home',
  id: 'acknowledge-1',
  alarm: 'gateway.dissent.node-b',
  issuedAtMs: 1_000_000,
} as const

/** A site that lives: modes, an alarm from raised to gone, frames in between. */
function lived(): SiteLog {
  const log = new SiteLog().frame(1)
  log.bodies.push(log.mode('manual', 'command-1'))
  log.frame(2).say('gateway', alarm('raised', 1)).frame(3)
  log.bodies.push(log.mode('manual', 'command-2'))
  return log.say('operator', acknowledged).say('gateway', alarm('returned', 2)).frame(4)
}
const told = (blocks: readonly Block[]) =>
  blocks.flatMap(({ events }) =>
    events.flatMap(e =>
      e.type === 'command'
        ? [`${e.data.id} ${e.data.state}`]
        : e.type === 'alarm' && e.data.alarm === 'dissent'
          ? [e.data.condition]
          : [],
    ),
  )
const since = (blocks: readonly Block[] | null) =>
  blocks!.map(b =>
    canonical({
      position: b.position,
      events: b.events.map(e => ({ ...e, data: { ...(e.data as object), node: '' } })),
    }),
  )

describe('a replica as the API sees it', () => {
  it('tells commands and alarms step by step', () => {
    const { view } = lived().reader()
    expect(told(view.feed.since(0)!)).toEqual([
      'command-1 accepted',
      'activeUnacknowledged',
      'command-2 rejected',
      'activeAcknowledged',
      'normal',
    ])
    expect(view.command('command-2')).toMatchObject({ state: 'rejected', code: 'NOT_NOW' })
    expect(view.command('toString')).toBeNull()
  })

  it('tells the same at every node, from the beginning or from a snapshot (V1)', () => {
    const log = lived()
    const first = log.reader('node-a')
    const from = first.at()
    const second = { ...log.reader('node-b', { fold: first.fold, at: from }), from }
    log.frame(5).say('gateway', alarm('raised', 3))
    log.bodies.push(log.mode('automatic', 'command-3'))
    log.frame(6)
    for (const node of [first, second]) node.read()
    const joined = second.view.feed.since(first.at() - 4)
    expect(joined).toHaveLength(3)
    expect(second.view.feed.since(second.from - 1)).toBeNull() // what its first record changed, it cannot tell
    expect(second.view.feed.since(second.from)).not.toBeNull()
    expect(since(joined)).toEqual(since(first.view.feed.since(first.at() - 4)))
    expect(told(joined!)).toEqual(['activeUnacknowledged', 'command-3 accepted'])
  })

  it('shows a site that fits its schema at each of its positions', () => {
    const log = lived()
    const all = log.bodies.splice(1)
    const node = log.reader()
    const site = Compile(SiteDetail)
    const asset = Compile(AssetDetail)
    for (const body of all) {
      log.bodies.push(body)
      node.read()
      const detail = JSON.parse(JSON.stringify(node.view.detail()))
      expect(site.Errors(detail)).toEqual([])
      for (const { name } of detail.assets)
        expect(asset.Errors(JSON.parse(JSON.stringify(node.view.asset(name))))).toEqual([])
    }
    expect(node.view.detail()).toMatchObject({ mode: 'manual', cycle: 4, alarmsActive: 0 })
    expect(node.view.asset('nothing')).toBeNull()
  })

  it('counts what was stepped and what was refused', () => {
    const log = lived()
    log.bodies.push('x {}', log.mode('off', 'command-4').replace('"off"', '"safe"'))
    const { stepped, refused, commands } = log.reader().view.figures
    expect(stepped).toMatchObject({ ManifestInstalled: 1, TimeAdvanced: 2, FrameMeasured: 4, CommandRequested: 2 })
    expect(refused).toMatchObject({ BAD_SIGNATURE: 1 })
    expect(commands).toEqual({ accepted: 1, rejected: 1 })
  })
})

describe('what is submitted', () => {
  it('reaches the log as it came, if its author may say it', async () => {
    const log = lived()
    const { view } = log.reader()
    const body = log.mode('automatic', 'command-5')
    expect(await view.submit(body)).toEqual({ kind: 'appended', id: 'command-5', position: 0 })
    expect((await log.logs.facts.read(0, 0, 9)).map(r => r.body)).toEqual([body])
    for (const [wrong, code] of [
      [body.replace('"automatic"', '"off"'), 'BAD_SIGNATURE'],
      [log.mode('automatic', 'command-1'), 'DUPLICATE'],
      [log.seal('gateway', alarm('raised', 9)), 'BAD_SHAPE'],
    ] as const)
      expect(await view.submit(wrong)).toMatchObject({ kind: 'refused', code })
    expect((await log.logs.facts.ends(0)).next).toBe(1)
  })
  it('is the acknowledgement of an alarm, too, by whoever may', async () => {
    const log = lived()
    const { view } = log.reader()
    const body = log.seal('operator', acknowledged)
    expect(await view.submit(body)).toMatchObject({ kind: 'appended', position: 0 })
    expect((await log.logs.facts.read(0, 0, 9)).map(r => r.body)).toEqual([body])
    expect(await view.submit(log.seal('gateway', acknowledged))).toMatchObject({ kind: 'refused' })
  })

  it('is not known to be taken where the log does not say so', async () => {
    const log = lived()
    const { view } = log.reader()
    log.logs.facts.append = () => Promise.reject(new LogError('LOG_BUSY', 'later'))
    await expect(view.submit(log.mode('off', 'command-6'))).rejects.toThrow(Refusal)
    await expect(view.submit(log.mode('off', 'command-6'))).rejects.toThrow('UNAVAILABLE')
  })
})

describe('decisions', () => {
  const decided = (cycle: number, site = 'home', tenant = 'demo') =>
    canonical({
      v: 1,
      kind: 'Decided',
      site,
      position: cycle,
      by: 'node-a',
      signature: 'c2ln',
      bytes: canonical({ tenant, epoch: 1, cycle }),
    })

  it('of another site or tenant, and what processes tell of themselves, are passed over, and the cursor goes on behind them (S23)', async () => {
    const log = lived()
    const bodies = [decided(1), decided(2, 'other'), decided(3, 'home', 'rival'), sealed(), decided(4)]
    await log.logs.decisions.append(bodies.map(body => ({ partition: 0, body })))
    const { view } = log.reader()
    const first = await view.decisions(null, 3)
    expect([first.items.map(i => i.cycle), first.next]).toEqual([[1], 3])
    expect((await view.decisions(first.next, 3)).items.map(i => i.cycle)).toEqual([4])
    expect(await view.decisions(5, 3)).toEqual({ items: [], next: 5 })
  })

  it('that were trimmed away are told as gone', async () => {
    const log = lived()
    log.logs.decisions.read = () => Promise.reject(new LogError('LOG_GONE', 'trimmed', { earliest: 9 }))
    await expect(log.reader().view.decisions(1, 3)).rejects.toThrow('CURSOR_GONE: kept from position 9 on')
  })
})
