/** A run that is stopped, or whose parent is killed, resumes on the same data and moves no output by itself (S25). */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readRecord } from '../../sim/plant/record.ts'
import { folder, quorate, remove, SiteRun, until } from './site-run.ts'

const LOAD_W = 2_500
const dir = folder()
const data = join(dir, 'data')
const runs: SiteRun[] = []
afterAll(async () => {
  for (const run of runs) {
    run.kill()
    await run.exited
  }
  remove(dir)
})

function start(): SiteRun {
  const file = (name: string, value: number) => {
    const path = join(dir, name)
    writeFileSync(path, `power\n${`${value}\n`.repeat(10)}`)
    return path
  }
  const load = `${file('load.csv', -LOAD_W)}?sign=consumption-negative`
  const run = new SiteRun(data, ['--faults', '--load', load, '--pv', file('pv.csv', 0)])
  runs.push(run)
  return run
}
const record = () => readRecord(join(data, 'plant'))
const setpoints = (): number[] =>
  Object.values(record().state.assets).flatMap(a => (a.type === 'battery' ? [a.control.setpointW ?? 0] : []))
const total = () => setpoints().reduce((a, b) => a + b, 0)
const gone = (pid: number) => {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}

describe('a run', () => {
  let first: SiteRun
  it('runs every part in a process of its own', async () => {
    first = start()
    await first.started()
    await until(() => first.whole())
    const pids = await first.pids()
    expect(Object.keys(pids).sort()).toEqual(['gateway', 'node-a', 'node-b', 'node-c', 'plant'])
    expect(new Set([...Object.values(pids), first.child.pid]).size).toBe(6)
    await until(() => total() > 1_000)
  })
  it('refuses a second run on its data, and a fault that it does not know', async () => {
    const second = await quorate('run', '--data', data, '--for', '1s')
    expect(second).toMatchObject({ code: 1 })
    expect(second.err).toMatch(/^RUN_ACTIVE: process \d+ runs on/m)
    const fault = await quorate('fault', 'node', 'b', 'sing', '--data', data)
    expect(fault.code).toBe(1)
    expect(fault.err).toContain("no fault 'sing'; faults: kill, stop, corrupt, lie, delay, clock, mend")
  })
  it('killed with its parent ends whole, and the next start resumes without moving an output', async () => {
    const pids = Object.values(await first.pids())
    const before = total()
    const last = record().writes.at(-1)!.number
    first.kill()
    await first.exited
    await until(() => pids.every(gone))
    const second = start()
    const started = await second.started()
    expect(started.first).toBe(false)
    await until(() => second.whole())
    await second.decided(4)
    const held: Record<string, number> = {}
    for (const w of record().writes) {
      if (w.register !== 'setpoint' || w.outcome !== 'accepted' || !w.asset.startsWith('bat')) continue
      held[w.asset] = w.applied!
      if (w.number > last)
        expect(Math.abs(held.bat1! + held.bat2! - before), `write ${w.number}`).toBeLessThanOrEqual(150)
    }
    const pulses = record().writes.filter(w => w.number > last && w.register === 'pulse')
    expect(pulses).toEqual([])
    const summary = await second.stop()
    expect(summary.commands.confirmed).toBe(0) // later starts send nothing
    expect(new Set(Object.values(summary.replicas).map(r => r.stateHash)).size).toBe(1)
  })
})
