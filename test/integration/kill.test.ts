/**
 * Kill anything, again and again, and read the verdict from the plant's own record: with a constant load the setpoints
 * are constant, whoever dies.
 */
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readRecord } from '../../sim/plant/record.ts'
import { batteriesW, folder, remove, SiteRun, steady, strayed, until } from './site-run.ts'

/** Deterministic order of victims; nodes most of all. */
const VICTIMS = ['node-a', 'node-b', 'gateway', 'node-c', 'node-a', 'node-b', 'plant', 'node-c'] as const
const KILLS = 60
const LOAD_W = 2_500
/** home.yaml: peak 950 W; the batteries carry the rest, in steps of 10 W each. */
const PEAK_W = 950
const dir = folder()
afterAll(() => remove(dir))

describe('kill -9 of any process', () => {
  it(`${KILLS} times leaves no slot uncovered, moves no setpoint and repeats no pulse`, async () => {
    const data = join(dir, 'data')
    const run = new SiteRun(data, ['--faults', ...steady(dir, LOAD_W)])
    await run.started()
    // settled: both batteries run and give what the law wants
    await until(() => batteriesW(data) > LOAD_W - PEAK_W - 100)
    await run.decided(3)
    const settledAt = lastWrite(data)
    for (let i = 0; i < KILLS; i++) {
      const victim = VICTIMS[i % VICTIMS.length]!
      const before = (await run.pids())[victim]
      await run.fault(victim, 'kill')
      await until(async () => (await run.pids())[victim] !== before)
      await until(() => run.whole()) // back by itself before the next blow: two at once are not tolerated
      await run.decided(victim === 'plant' ? 3 : 1)
    }
    const pids = await run.pids()
    expect(new Set([...Object.values(pids), run.child.pid]).size).toBe(6)
    const summary = await run.stop()
    expect(summary.cycles.uncovered, JSON.stringify(uncovered(run))).toBe(0)
    expect(summary.cycles.late).toBeLessThan(KILLS)
    expect(summary.verdicts.majority).toBeGreaterThan(KILLS)
    expect(summary.verdicts.single).toBe(0)
    expect(new Set(Object.values(summary.replicas).map(r => r.stateHash)).size).toBe(1)
    expect(Object.keys(summary.replicas)).toEqual(['a', 'b', 'c'])
    expect(strayed(data, settledAt, LOAD_W - PEAK_W)).toEqual([])
    const { writes } = readRecord(join(data, 'plant'))
    const pulses = writes.filter(w => w.register === 'pulse' && w.outcome === 'accepted' && w.asset.startsWith('bat'))
    // each battery: pre-charge once, main once
    expect(pulses.length).toBe(4)
  }, 420_000)
})

/** Frames after which more slots were uncovered than before. */
function uncovered(run: SiteRun): unknown[] {
  const frames = run.lines.filter(l => l.kind === 'frame')
  return frames.filter((f, i) => f.slots.uncovered > (frames[i - 1]?.slots.uncovered ?? 0))
}
function lastWrite(data: string): number {
  return readRecord(join(data, 'plant')).writes.at(-1)?.number ?? 0
}
