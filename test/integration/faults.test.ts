/**
 * Faults in nodes and at the plant, done as the faulty part itself would do them; judged from receipts in the log and
 * from the plant's own record.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRecord } from '../../sim/plant/record.ts'
import { batteriesW, folder, type Line, remove, SiteRun, steady, until } from './site-run.ts'

const LOAD_W = 2_500
const dir = folder()
const data = join(dir, 'data')
let run: SiteRun

const alarm =
  (name: string, about: string | undefined, state = 'raised') =>
  (l: Line) =>
    l.kind === 'alarm' && l.alarm === name && l.about === about && l.state === state
const receipts = () => run.lines.filter(l => l.kind === 'receipt')

beforeAll(async () => {
  run = new SiteRun(data, ['--faults', ...steady(dir, LOAD_W)])
  await run.started()
  await until(() => batteriesW(data) > 1_000)
})
afterAll(() => remove(dir))

describe('a faulty node', () => {
  it('that lies gets nothing forged into any step', async () => {
    const before = await run.status()
    await run.fault('node-b', 'lie')
    await run.decided(4)
    const after = await run.status()
    // a forged frame would have jumped the cycle, a forged command would have turned the site off
    expect(after.gateway!.epoch).toBe(before.gateway!.epoch)
    expect(batteriesW(data)).toBeGreaterThan(1_000)
    const hashes = Object.values(after.nodes).filter(n => n!.position === after.nodes['node-a']!.position)
    expect(new Set(hashes.map(n => n!.stateHash)).size).toBe(1)
  })
  it('that is corrupt is outvoted, seen as dissent, and the writes equal the majority', async () => {
    const before = batteriesW(data)
    await run.fault('node-c', 'corrupt')
    await run.line(alarm('dissent', 'node-c'))
    await run.decided(3)
    expect(Math.abs(batteriesW(data) - before)).toBeLessThan(100)
    const latest = receipts().at(-1)!
    expect(latest.source).toBe('majority')
    await run.fault('node-c', 'kill') // a restart rehydrates from a snapshot and the log, never from the spoilt state
    await run.line(alarm('dissent', 'node-c', 'returned'))
  })
  it('that is late or has a wrong clock changes nothing', async () => {
    await run.fault('node-a', 'delay', '700')
    await run.fault('node-a', 'clock', '+1h')
    await run.decided(5)
    const { nodes, gateway } = await run.status()
    expect(gateway!.slots.uncovered).toBe(0)
    const now = (nodes['node-b'] as unknown as { now: number }).now
    expect(Math.abs(now - Date.now())).toBeLessThan(600_000) // S27: not an hour off
    await run.fault('node-a', 'mend')
  })
  it('that hangs is silent, and votes again once it goes on', async () => {
    await run.fault('node-b', 'stop')
    await run.line(alarm('replicaSilent', 'node-b'))
    expect((await run.status()).gateway!.voter).toBe('majority')
    await run.fault('node-b', 'cont')
    await run.line(alarm('replicaSilent', 'node-b', 'returned'))
    await until(() => run.whole())
  })
})

describe('a plant that misbehaves', () => {
  it('a second writer is seen, alarmed and put right', async () => {
    await run.fault('plant', 'secondWriter', 'asset=bat1', 'address=100', 'value=50')
    await run.line(l => l.kind === 'alarm' && l.alarm === 'secondWriter' && l.asset === 'bat1')
    await until(() => batteriesW(data) > 1_000)
  })
  it('in local mode gets no write until it is released (S36)', async () => {
    await run.fault('plant', 'local', 'asset=bat2', 'ms=4000')
    await run.line(l => l.kind === 'alarm' && l.alarm === 'deviceInLocal' && l.state === 'raised')
    const from = readRecord(join(data, 'plant')).writes.at(-1)!.number
    await run.line(l => l.kind === 'alarm' && l.alarm === 'deviceInLocal' && l.state === 'returned')
    const { writes } = readRecord(join(data, 'plant'))
    const local = writes.filter(w => w.number > from && w.asset === 'bat2' && w.register === 'setpoint')
    expect(local.filter(w => w.outcome === 'refused')).toEqual([])
  })
  it('that refuses a write is told as failed, never as done, and asked again', async () => {
    await run.fault('plant', 'refuse', 'asset=bat1')
    const failed = await run.line(
      l => l.kind === 'receipt' && l.writes.some((w: { outcome: string }) => w.outcome === 'failed'),
      true,
    )
    const write = failed.writes.find((w: { outcome: string }) => w.outcome === 'failed')
    expect(write).toMatchObject({ asset: 'bat1', accepted: false })
    expect(write.reason).toMatch(/^exception/)
    await run.line(l => l.kind === 'alarm' && l.alarm === 'writeFailed' && l.asset === 'bat1' && l.state === 'raised')
    await run.fault('plant', 'mend')
    await run.line(l => l.kind === 'alarm' && l.alarm === 'writeFailed' && l.asset === 'bat1' && l.state === 'returned')
    for (const r of receipts())
      for (const w of r.writes)
        if (w.outcome === 'confirmed' && w.kind === 'setpoint') expect(w.readBack).toBe(w.written) // S9
  })
})

describe('the end of it', () => {
  it('replicas end alike, every slot was covered', async () => {
    await until(() => run.whole())
    const summary = await run.stop()
    expect(summary.cycles.uncovered).toBe(0)
    expect(new Set(Object.values(summary.replicas).map(r => r.stateHash)).size).toBe(1)
    expect(summary.dissents).toBeGreaterThan(0)
  })
})
