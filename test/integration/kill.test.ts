/**
 * Kill anything, again and again, and read the verdict from the plant's own record: with a constant load the setpoints
 * are constant, whoever dies.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readRecord } from '../../sim/plant/record.ts'
import { folder, remove, SiteRun, until } from './site-run.ts'

/** Deterministic order of victims; nodes most of all. */
const VICTIMS = ['node-a', 'node-b', 'gateway', 'node-c', 'node-a', 'node-b', 'plant', 'node-c'] as const
const KILLS = 60
const LOAD_W = 2_500
/** home.yaml: peak 1 kW, less its margin; the batteries carry the rest, in steps of 10 W each. */
const PEAK_W = 1_000
const dir = folder()
afterAll(() => remove(dir))

function constantLoad(): string {
  const file = join(dir, 'load.csv')
  writeFileSync(file, `power\n${`${-LOAD_W}\n`.repeat(10)}`)
  return `${file}?sign=consumption-negative`
}

describe('kill -9 of any process', () => {
  it(`${KILLS} times leaves no slot uncovered, moves no setpoint and repeats no pulse`, async () => {
    const dark = join(dir, 'pv.csv')
    writeFileSync(dark, `power\n${'0\n'.repeat(10)}`)
    const data = join(dir, 'data')
    const run = new SiteRun(data, ['--faults', '--load', constantLoad(), '--pv', dark])
    await run.started()
    // settled: both batteries run and give what the law wants
    await until(() => totalOf(data) > LOAD_W - PEAK_W - 100)
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
    const { writes } = readRecord(join(data, 'plant'))
    const later = writes.filter(w => w.number > settledAt && w.register === 'setpoint' && w.outcome === 'accepted')
    const held: Record<string, number> = {}
    for (const w of writes.filter(w => w.number <= settledAt && w.register === 'setpoint')) held[w.asset] = w.applied!
    for (const w of later) {
      if (!w.asset.startsWith('bat')) continue
      held[w.asset] = w.applied!
      const total = held.bat1! + held.bat2!
      expect(Math.abs(total - (LOAD_W - PEAK_W)), `write ${w.number}`).toBeLessThanOrEqual(150)
    }
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
function totalOf(data: string): number {
  try {
    const { state } = readRecord(join(data, 'plant'))
    return Object.values(state.assets).reduce(
      (sum, a) => sum + (a.type === 'battery' ? (a.control.setpointW ?? 0) : 0),
      0,
    )
  } catch {
    return 0 // not begun yet
  }
}
