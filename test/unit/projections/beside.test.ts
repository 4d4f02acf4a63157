/** A topic beside the facts, over a log and a store in memory, by its rules. */
import { expect, test } from 'vitest'
import { Beside, type FactsAt, type Judge } from '../../../projections/runner/beside.ts'
import { atOf } from '../../../projections/timeseries/late.ts'
import type { EventLog } from '../../../protocol/log/event-log.ts'
import { openMemoryLog } from '../../../protocol/log/memory.ts'
import { hostClock } from '../../../supervisors/real/clock.ts'
import { MemoryStore } from './memory-store.ts'
import { until } from './story.ts'

const RECORDS = Array.from({ length: 30 }, (_, i) => String(i))
async function topicOf(bodies: readonly string[], topicId = 'topic-1'): Promise<EventLog> {
  const log = openMemoryLog({ topic: 'decisions', sparse: true, topicId })
  for (const body of bodies) await log.append([{ partition: 0, body }])
  return log
}
/** A record as a row; each seventh is nothing, each tenth does not go in. */
const judging: Judge<string> = {
  judge: async ({ body }) => {
    if (Number(body) % 10 === 9) return { kind: 'aside', code: 'X', reason: 'ten' }
    return Number(body) % 7 === 6 ? { kind: 'nothing' } : { kind: 'rows', changes: [body] }
  },
}
function over(log: EventLog, store: MemoryStore<string>, judge: Judge<string> = judging) {
  const failures: unknown[] = []
  const fail = (error: unknown) => failures.push(error)
  return {
    beside: new Beside({ log, partition: 0, name: 'beside', store, judge, clock: hostClock, note: () => {}, fail }),
    failures,
  }
}
const lastOf = async (log: EventLog) => (await log.ends(0)).next - 1
async function follow(log: EventLog, store: MemoryStore<string>, judge?: Judge<string>): Promise<unknown[]> {
  const { beside, failures } = over(log, store, judge)
  await beside.start()
  const last = await lastOf(log)
  await until(() => beside.checkpoint === last || failures.length > 0)
  await beside.stop()
  return failures
}

test('what is followed in one go is what is followed with a fault after every batch (B1)', async () => {
  const [whole, broken] = [new MemoryStore<string>(), new MemoryStore<string>()]
  expect(await follow(await topicOf(RECORDS), whole)).toEqual([])
  expect(whole.slices.flatMap(s => s.changes)).toEqual(RECORDS.filter(r => Number(r) % 7 !== 6 && Number(r) % 10 !== 9))
  expect(whole.slices.flatMap(s => s.setAside).length).toBe(3)
  const growing = await topicOf([])
  for (const body of RECORDS) {
    await growing.append([{ partition: 0, body }])
    broken.failsAfter = 0
    expect(await follow(growing, broken)).toHaveLength(1)
    broken.failsAfter = Number.POSITIVE_INFINITY
    expect(await follow(growing, broken)).toEqual([])
  }
  expect(broken.slices).toEqual(whole.slices)
})

test('one that waits for the facts holds up what comes after it, and not its own end (B2)', async () => {
  const store = new MemoryStore<string>()
  let far: (at: FactsAt) => void = () => {}
  const when = new Promise<FactsAt>(resolve => (far = resolve))
  const waiting: Judge<string> = {
    judge: async (record, before) => {
      if (record.body === '12') await when
      return judging.judge(record, before)
    },
  }
  const log = await topicOf(RECORDS)
  const { beside, failures } = over(log, store, waiting)
  await beside.start()
  await new Promise(resolve => setTimeout(resolve, 20))
  await beside.stop()
  expect(store.slices.every(slice => slice.to < 30)).toBe(true)
  far({ position: 0, epoch: 1, cycle: 12 })
  expect(await follow(log, store, waiting)).toEqual([])
  expect(failures).toEqual([])
  const whole = new MemoryStore<string>()
  await follow(log, whole)
  expect(store.slices).toEqual(whole.slices)
})

test('what was made of another topic goes; one whose beginning has expired says from where it is (B3)', async () => {
  const store = new MemoryStore<string>()
  await follow(await topicOf(RECORDS), store)
  const other = await topicOf(RECORDS.slice(0, 20), 'topic-2')
  const [, , , , fifth] = await other.read(0, 0, 100)
  await other.trim(0, fifth!.position)
  await follow(other, store)
  expect(store.now).toMatchObject({ topicId: 'topic-2', from: fifth!.position })
  expect(store.slices.flatMap(s => s.changes)[0]).toBe('4')
})

test.each([
  ['between two of one life', { epoch: 1, cycle: 12 }, [1, 10, 100], [1, 20, 1_000], 300],
  ['never after the one that follows it', { epoch: 1, cycle: 19 }, [1, 10, 100], [1, 20, 500], 500],
  ['at the end of a life', { epoch: 1, cycle: 13 }, [1, 10, 100], [2, 900, 5_000], 400],
  ['at the beginning of a life', { epoch: 2, cycle: 898 }, [1, 10, 100], [2, 900, 5_000], 4_800],
  ['never before the one that it follows', { epoch: 2, cycle: 1 }, [1, 10, 100], [2, 900, 5_000], 100],
  ['before all others', { epoch: 1, cycle: 1 }, null, [1, 4, 1_000], 700],
] as const)('a late frame %s stands at the log time of its cycle (L3)', (_, frame, last, next, atMs) => {
  const row = ([epoch, cycle, at]: readonly [number, number, number]) => {
    return { position: 0, epoch, cycle, atMs: at, cycleMs: 100 }
  }
  expect(atOf(frame, { last: last && row(last), next: row(next) })).toBe(atMs)
})
