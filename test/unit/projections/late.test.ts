/** Frames that came too late, over rows in memory: how a poor link's many short outages are kept apart. */
import { expect, test } from 'vitest'
import { LateFrames } from '../../../projections/timeseries/late.ts'
import type { Change } from '../../../projections/timeseries/rows.ts'
import { manifestOf } from '../controller/household.ts'
import { OPTIONS, Story } from './story.ts'

const CYCLES = 600
/** Every other frame was late: each is an outage of its own. */
const LATE = Array.from({ length: CYCLES / 2 }, (_, i) => 2 * i + 1)
const frameOf = (cycle: number) => ({ position: cycle, atMs: cycle * 1_000, epoch: 1, cycle, cycleMs: 1_000 })

test('each is a row once, whether its outage is remembered or has been written meanwhile (L2)', async () => {
  const story = new Story()
  const frames = LATE.map(() => story.frame().frame().bodies.splice(0).at(-2)!)
  const written: number[] = []
  let judged: number[] = []
  let asked = 0
  const before = {
    checkpoint: 7,
    applied: async () => void written.push(...judged.splice(0)),
  }
  const at = { position: CYCLES, epoch: 1, cycle: CYCLES }
  const late = new LateFrames({
    ...{ tenant: 'demo', site: 'home', verifier: OPTIONS.verifier },
    facts: { at, from: 0, lineage: [], when: async () => {}, caughtUp: async () => {} },
    rows: {
      framesAround: async (_, cycle) => ({ last: cycle > 1 ? frameOf(cycle - 1) : null, next: frameOf(cycle + 1) }),
      lateBetween: async ({ last, next }, checkpoint) => {
        asked++
        expect(checkpoint).toBe(before.checkpoint)
        return written.filter(cycle => cycle > (last?.cycle ?? 0) && cycle < next!.cycle).map(cycle => frameOf(cycle))
      },
      gateways: async () => [manifestOf().keys.gateway!.publicKey],
    },
  })
  const rows: number[] = []
  const take = async (body: string, position: number) => {
    const taken = await late.judge({ position, stampMs: 0, body }, before)
    const changes: readonly Change[] = taken.kind === 'rows' ? taken.changes : []
    const cycles = changes.filter(({ table }) => table === 'frames').map(({ row }) => Number(row[3]))
    rows.push(...cycles)
    judged = [...judged, ...cycles]
  }
  for (const [i, body] of [...frames, ...frames.slice(-5)].entries()) await take(body, i)
  expect(asked).toBe(LATE.length)
  for (const [i, body] of frames.entries()) await take(body, frames.length + i)
  expect(rows).toEqual(LATE)
  expect(written.length).toBeGreaterThan(100) // and so it forgets some
})

test('where one has to wait for the facts, those before it come in first (L1)', async () => {
  const steps: string[] = []
  const late = new LateFrames({
    ...{ tenant: 'demo', site: 'home', verifier: OPTIONS.verifier },
    facts: {
      ...{ at: { position: 0, epoch: 1, cycle: 0 }, from: 0, lineage: [], caughtUp: async () => {} },
      when: async holds => {
        steps.push(`waits until it is passed: ${holds({ position: 1, epoch: 1, cycle: 1 })}`)
      },
    },
    rows: {
      framesAround: async () => ({ last: frameOf(1), next: null }),
      lateBetween: async () => [],
      gateways: async () => [manifestOf().keys.gateway!.publicKey],
    },
  })
  const body = new Story().frame().bodies.at(-1)!
  await late.judge(
    { position: 0, stampMs: 0, body },
    { checkpoint: 7, applied: async () => void steps.push('applied') },
  )
  expect(steps).toEqual(['applied', 'waits until it is passed: true'])
})
