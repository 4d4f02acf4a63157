/** Lockstep: an hour of a household's day, twice; decided alike to the byte, and the energy accounted for. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseDecided } from '../../protocol/codec/decided.ts'
import { openEmbeddedLog } from '../../protocol/log/embedded/index.ts'
import type { Summary } from '../../supervisors/run/summary.ts'
import { folder, remove, SiteRun } from './site-run.ts'

const MINUTES = 60
const CYCLES = 360
const dir = folder()
afterAll(() => remove(dir))

/** A load that steps over and under the peak, and a sun that comes out, as fast as clouds let it: each minute its own value. */
function inputs(): string[] {
  const load = Array.from({ length: MINUTES }, (_, i) => -(400 + ((i * 7) % 11) * 260))
  const pv = Array.from({ length: MINUTES }, (_, i) =>
    i < 20 ? 0 : Math.min(5_500, (i - 19) * 300) - ((i * 13) % 17) * 15,
  )
  const file = (name: string, values: readonly number[]) => {
    const path = join(dir, name)
    writeFileSync(path, `power\n${values.join('\n')}\n`)
    return path
  }
  return ['--load', `${file('load.csv', load)}?sign=consumption-negative`, '--pv', file('pv.csv', pv)]
}

async function hour(name: string): Promise<{ summary: Summary; actions: string[] }> {
  const data = join(dir, name)
  const run = new SiteRun(data, [...inputs(), '--cycle', '10s', '--pace', 'lockstep', '--for', '1h'])
  const summary = await run.summary()
  return { summary, actions: await actionsOf(data) }
}

/** What replica a decided, cycle by cycle, as it stands in the log of decisions. */
async function actionsOf(data: string): Promise<string[]> {
  const log = await openEmbeddedLog({ dir: join(data, 'log', 'decisions'), topic: 'decisions', readOnly: true })
  const all = new Map<number, string>()
  const { next } = await log.ends(0)
  for (let at = 0; at < next; ) {
    const records = await log.read(0, at, 256)
    if (records.length === 0) break
    for (const { body } of records) {
      const decided = parseDecided(body)
      if (decided?.by !== 'node-a') continue
      const { cycle, actions } = JSON.parse(decided.bytes) as { cycle: number; actions: object }
      all.set(cycle, JSON.stringify(actions))
    }
    at = records.at(-1)!.position + 1
  }
  await log.close()
  return [...all].sort(([a], [b]) => a - b).map(([, actions]) => actions)
}

describe('an hour in lockstep', () => {
  it('is decided by majority, confirmed, balanced, shaved, and the same again', async () => {
    const first = await hour('first')
    const { summary } = first
    expect(summary.cycles).toEqual({ onTime: CYCLES, late: 0, held: 0, uncovered: 0, fieldDown: 0 })
    expect(summary.verdicts).toEqual({ majority: CYCLES + 1, single: 0, localLaw: 0, deviceDefault: 0 })
    expect(summary.dissents).toBe(0)
    const { confirmed, ...others } = summary.receipts
    expect(confirmed).toBe(summary.writes)
    expect(confirmed).toBeGreaterThan(CYCLES)
    expect(others).toEqual({ mismatched: 0, clamped: 0, failed: 0, unknown: 0 })
    expect(new Set(Object.values(summary.replicas).map(r => r.stateHash)).size).toBe(1)
    const energy = summary.energyWh!
    expect(energy.discharged).toBeGreaterThan(50)
    expect(energy.charged).toBeGreaterThan(50)
    expect(Math.abs(energy.imbalance)).toBeLessThanOrEqual(0.005 * (energy.load + energy.pv))
    expect(summary.peakImportW).toBeLessThanOrEqual(1_000)
    expect(summary.input).toEqual({ rows: 2 * MINUTES, gaps: 0, bad: 0 })

    const second = await hour('second')
    expect(second.actions.length).toBe(first.actions.length)
    for (const [i, actions] of first.actions.entries()) expect(second.actions[i], `cycle ${i + 1}`).toBe(actions)
    const alike = ({ replicas: _, ...rest }: Summary) => rest
    expect(alike(second.summary)).toEqual(alike(summary))
  })
})
