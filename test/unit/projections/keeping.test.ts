/** A database that is kept at the log: when it lags, that is told once, and once that it does not any more. */
import { expect, test } from 'vitest'
import { LagAlarm } from '../../../projections/runner/lag.ts'
import { openMemoryLog } from '../../../protocol/log/memory.ts'
import { Keeping } from '../../../supervisors/projector/keeping.ts'
import { OwnedClock } from '../../../supervisors/real/clock.ts'
import { Absence } from '../../../supervisors/run/absence.ts'
import { MemoryDatabase } from './memory-database.ts'
import { logOf, OPTIONS, Story, until } from './story.ts'

const bodies = Story.long(3).bodies

test('the alarm is raised once beyond the bound, and over once at half of it', () => {
  const alarm = new LagAlarm(60)
  const seen = [0, 60, 61, 90, 59, 31, 61, 30, 10, 60, 61].map(ms => alarm.see(ms))
  const [none, raised, over] = [null, 'raised', 'over']
  expect(seen).toEqual([none, none, raised, none, none, none, none, over, none, none, raised])
})

test('a projection whose database does not take rows lags; once it does again, it is with the log again', async () => {
  const facts = await logOf(bodies)
  const database = new MemoryDatabase()
  const store = await database.store(1)
  let open: () => void = () => {}
  let held: Promise<void> = Promise.resolve()
  const apply = store.apply.bind(store)
  store.apply = async batch => {
    await held
    return apply(batch)
  }
  const host = new OwnedClock(0)
  const notes: string[] = []
  const keeping = new Keeping({
    database,
    beside: openMemoryLog({ topic: 'decisions' }),
    projector: { facts, partition: 0, fold: OPTIONS, skipsKnownTo: -1, shared: async () => null },
    lagMsMax: 20_000,
    host,
    note: (level, event, detail) => void notes.push(`${level} ${event} ${JSON.stringify(detail)}`),
    fail: error => notes.push(String(error)),
  })
  let nowMs = 0
  const look = async () => {
    host.advanceTo((nowMs += 5_000))
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  const last = async () => (await facts.ends(0)).next - 1
  await keeping.start()
  await until(async () => (await keeping.status()).checkpoint === (await last()))
  await look()
  expect(await keeping.status()).toMatchObject({ lagging: false, from: 0, beside: { topic: 'decisions' } })
  held = new Promise(resolve => (open = resolve))
  for (let i = 0; i < 30; i++) await facts.append([{ partition: 0, body: bodies[1]! }]) // a second each
  for (let i = 0; i < 4; i++) await look()
  expect(await keeping.status()).toMatchObject({ lagging: true, behindMs: 30_000 })
  expect(notes).toEqual([
    expect.stringMatching(/^warn a projection lags behind the log .*"behindMs":30000.*"lagMsMax":20000/),
  ])
  open()
  await until(async () => (await keeping.status()).checkpoint === (await last()))
  for (let i = 0; i < 4; i++) await look()
  expect(await keeping.status()).toMatchObject({ lagging: false })
  expect(notes.slice(1)).toEqual([expect.stringMatching(/^info a projection is with the log again/)])
  await keeping.stop()
})

test('a database without room is offered the same until there is some; that is told once, and nothing is lost (A2)', async () => {
  const facts = await logOf(bodies)
  const beside = openMemoryLog({ topic: 'decisions' })
  const database = new MemoryDatabase()
  const [store, other] = [await database.store(1), await database.besideStore(1)]
  store.room = other.room = 0
  const host = new OwnedClock(0)
  const notes: string[] = []
  const keeping = new Keeping({
    ...{ database, beside, lagMsMax: 600_000, host },
    projector: { facts, partition: 0, fold: OPTIONS, skipsKnownTo: -1, shared: async () => null },
    note: (level, event, detail) => void notes.push(`${level} ${event} ${JSON.stringify(detail)}`),
    fail: error => notes.push(String(error)),
  })
  let nowMs = 0
  const later = async (ms: number) => {
    host.advanceTo((nowMs += ms))
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  await beside.append([{ partition: 0, body: '-1' }])
  await keeping.start()
  await until(async () => (await keeping.status()).noRoom === 'the disk is full')
  for (let i = 0; i < 5; i++) await later(2_000)
  expect(await keeping.status()).toMatchObject({
    noRoom: 'the disk is full',
    checkpoint: -1,
    beside: { checkpoint: -1 },
  })
  expect(notes.sort()).toEqual([
    expect.stringMatching(/^error no room in the database .*"operational of decisions","reason":"the disk is full"/),
    expect.stringMatching(/^error no room in the database .*"operational","reason":"the disk is full"/),
  ])
  store.room = other.room = Number.POSITIVE_INFINITY
  await later(2_000)
  const last = (await facts.ends(0)).next - 1
  await until(async () => (await keeping.status()).checkpoint === last)
  expect(await keeping.status()).toMatchObject({ noRoom: null, setAside: 0, beside: { checkpoint: 0 } })
  expect(notes.filter(note => note.startsWith('info there is room'))).toHaveLength(2)
  store.room = 0
  await facts.append([{ partition: 0, body: bodies[1]! }])
  await until(async () => (await keeping.status()).noRoom !== null)
  await keeping.stop() // it waits for no room
})

test('who is away for long is told of once, and once that they are back', () => {
  const clock = new OwnedClock(0)
  const told: string[] = []
  const absence = new Absence(clock, 60_000, (event, ms) => void told.push(`${event} ${ms}`))
  absence.gone()
  clock.advanceTo(30_000)
  absence.back() // not for long
  clock.advanceTo(100_000)
  expect(told).toEqual([])
  absence.gone()
  clock.advanceTo(130_000)
  absence.gone() // it fell again before it was up
  clock.advanceTo(159_999)
  expect(absence.long).toBe(false)
  clock.advanceTo(200_000)
  expect(absence.long).toBe(true)
  absence.back()
  absence.back()
  expect(absence.long).toBe(false)
  absence.gone()
  absence.stop()
  absence.gone() // as it was told to
  clock.advanceTo(900_000)
  expect(told).toEqual(['long 60000', 'back 100000'])
})
