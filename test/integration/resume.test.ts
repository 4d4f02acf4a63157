/** A run that is stopped, or whose parent is killed, resumes on the same data and moves no output by itself (S25). */
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readRecord } from '../../sim/plant/record.ts'
import { batteriesW, folder, leftBy, quorate, remove, resumesQuietly, SiteRun, steady, until } from './site-run.ts'

const LOAD_W = 2_500
const dir = folder()
const data = join(dir, 'data')
afterAll(() => remove(dir))
const start = () => new SiteRun(data, ['--faults', ...steady(dir, LOAD_W)])
const record = () => readRecord(join(data, 'plant'))
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
    await until(() => batteriesW(data) > 1_000)
  })
  it('refuses a second run on its data, and a fault that it does not know', async () => {
    const second = await quorate('run', '--data', data, '--no-projections', '--for', '1s')
    expect(second).toMatchObject({ code: 1 })
    expect(second.err).toMatch(/^RUN_ACTIVE: process \d+ runs on/m)
    const fault = await quorate('fault', 'node', 'b', 'sing', '--data', data)
    expect(fault.code).toBe(1)
    expect(fault.err).toContain("no fault 'sing'; faults: kill, stop, corrupt, lie, delay, clock, mend")
  })
  it('killed with its parent ends whole, and the next start resumes without moving an output', async () => {
    const pids = Object.values(await first.pids())
    first.kill()
    await first.exited
    await until(() => pids.every(gone))
    const left = leftBy(data)
    const second = start()
    const started = await second.started()
    expect(started.first).toBe(false)
    await until(() => second.whole())
    await second.decided(4)
    await resumesQuietly(data, left)
    const pulses = record().writes.filter(w => w.number > left.write && w.register === 'pulse')
    expect(pulses).toEqual([])
    const summary = await second.stop()
    expect(summary.commands.confirmed).toBe(0) // later starts send nothing
    expect(new Set(Object.values(summary.replicas).map(r => r.stateHash)).size).toBe(1)
  })
})
