/** A rebuild over builds in memory: beside the live one, resumed, compared, switched. */
import { expect, test } from 'vitest'
import { type FrozenFold, SiteFold } from '../../../actors/controller/fold.ts'
import { operational } from '../../../projections/operational/rows.ts'
import { Projector } from '../../../projections/runner/projector.ts'
import { Rebuild } from '../../../projections/runner/rebuild.ts'
import type { EventLog } from '../../../protocol/log/event-log.ts'
import { openMemoryLog } from '../../../protocol/log/memory.ts'
import { hostClock } from '../../../supervisors/real/clock.ts'
import { MemoryDatabase } from './memory-database.ts'
import { logOf, OPTIONS, Story } from './story.ts'

const bodies = Story.long(12).bodies
const common = (facts: EventLog) => ({
  ...{ facts, partition: 0, fold: OPTIONS, skipsKnownTo: -1, note: () => {}, freezeEvery: 20, batchChanges: 50 },
  shared: async (): Promise<FrozenFold | null> => null,
})
async function projected(facts: EventLog): Promise<MemoryDatabase> {
  const database = new MemoryDatabase()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const until = { position: (await facts.ends(0)).next - 1, reached: resolve }
  const store = await database.store(1)
  await new Projector({
    ...common(facts),
    clock: hostClock,
    projection: operational,
    store,
    until,
    fail: reject,
    freezeEvery: 20,
  }).start()
  await promise
  return database
}
const rebuildOf = (database: MemoryDatabase, facts: EventLog) =>
  new Rebuild({ database, beside: openMemoryLog({ topic: 'decisions' }), projector: common(facts), clock: hostClock })
const ALL = { from: null, verify: false }

test('it makes the same rows beside the live ones, says so and switches; the former build is kept (N1)', async () => {
  const facts = await logOf(bodies)
  const database = await projected(facts)
  const rebuild = rebuildOf(database, facts)
  expect(await rebuild.run(ALL)).toMatchObject({ id: 2 })
  const position = database.stores.get(1)!.now.checkpoint
  expect(rebuild.progress).toMatchObject({ phase: 'done', build: 2, position, secondsLeft: 0 })
  expect(rebuild.progress.compared).toEqual({ position, equal: true, different: [] })
  expect(database.states).toEqual(['1 former', '2 live'])
  expect(database.stores.get(2)!.slices).toEqual(database.stores.get(1)!.slices)
})

test('it names what is different, and where it was only asked, it switches nothing', async () => {
  const facts = await logOf(bodies)
  const database = await projected(facts)
  database.stores.get(1)!.slices.pop()
  const rebuild = rebuildOf(database, facts)
  expect(await rebuild.run({ from: null, verify: true })).toBeNull()
  expect(rebuild.progress.compared).toMatchObject({ equal: false, different: ['all'] })
  expect(database.states).toEqual(['1 live'])
})

test('one that was cut short goes on where its checkpoint is (N2)', async () => {
  const facts = await logOf(bodies)
  const database = await projected(facts)
  const first = rebuildOf(database, facts)
  const add = database.add.bind(database)
  database.add = async () => {
    const build = await add()
    database.stores.get(build.id)!.failsAfter = 1
    return build
  }
  await first.run(ALL)
  expect(first.progress).toMatchObject({ phase: 'failed', reason: expect.stringContaining('the database is gone') })
  expect(database.states).toEqual(['1 live', '2 building'])
  database.stores.get(2)!.failsAfter = Number.POSITIVE_INFINITY
  const at = database.stores.get(2)!.now.checkpoint
  expect(at).toBeGreaterThan(10)
  const second = rebuildOf(database, facts)
  expect(await second.run(ALL)).toMatchObject({ id: 2 })
  expect(second.progress.compared).toMatchObject({ equal: true })
})

test('where nothing is live it goes to the end of the log, and compares nothing', async () => {
  const facts = await logOf(bodies)
  const database = new MemoryDatabase()
  const rebuild = rebuildOf(database, facts)
  expect(await rebuild.run(ALL)).toMatchObject({ id: 2 })
  expect(rebuild.progress.compared).toBeNull()
  expect(database.stores.get(2)!.now.checkpoint).toBe((await facts.ends(0)).next - 1)
})

test('from a position on it has rows of that and above only', async () => {
  const facts = await logOf(bodies)
  const database = await projected(facts)
  const rebuild = rebuildOf(database, facts)
  await rebuild.run({ from: 60, verify: false })
  const whole = database.stores.get(1)!.slices.filter(slice => slice.to >= 60)
  expect(database.stores.get(2)!.slices).toEqual(whole)
  expect(rebuild.progress.compared).toBeNull()
})

test('where the beginning of the log is gone it says from where its rows are, and compares with nothing else', async () => {
  const facts = await logOf(bodies)
  const database = await projected(facts)
  const records = await facts.read(0, 0, 1_000)
  const fold = new SiteFold(OPTIONS)
  for (const { position, body } of records.slice(0, 31)) fold.take(position, body)
  await facts.trim(0, records[20]!.position)
  const shared = async () => fold.freeze()
  const projector = { ...common(facts), shared }
  const beside = openMemoryLog({ topic: 'decisions' })
  const rebuild = new Rebuild({ database, beside, projector, clock: hostClock })
  await rebuild.run(ALL)
  expect(rebuild.progress).toMatchObject({ phase: 'done', from: records[30]!.position + 1, compared: null })
  const again = new Rebuild({ database, beside, projector, clock: hostClock })
  await again.run({ from: null, verify: true })
  expect(again.progress).toMatchObject({ phase: 'done', compared: { equal: true } })
})

test('the topic beside is brought to where the live rows have it, and is compared; what has expired of it is not', async () => {
  const facts = await logOf(bodies)
  const database = await projected(facts)
  const last = (await facts.ends(0)).next - 1
  const beside = openMemoryLog({ topic: 'decisions' })
  await beside.append([5, 40, last].map(position => ({ partition: 0, body: String(position) })))
  const live = await database.besideStore(1)
  await live.clear((await beside.describe()).topicId)
  const row = (body: string) => ({ table: 'ballots', key: [body], row: null }) as const
  const slice = (to: number, body: string) => ({ to, atMs: 0, changes: [row(body)], setAside: [] })
  const slices = [slice(0, '5'), slice(1, '40')]
  await live.apply({ expected: -1, to: 1, slices, passed: [], fold: null })
  const verify = async () => {
    const rebuild = new Rebuild({ database, beside, projector: common(facts), clock: hostClock })
    await rebuild.run({ from: null, verify: true })
    return rebuild.progress
  }
  expect(await verify()).toMatchObject({ phase: 'done', compared: { equal: true } })
  expect(database.besides.get(2)!.slices).toEqual(slices)
  live.slices = [slice(0, '6'), slice(1, '40')]
  expect(await verify()).toMatchObject({ phase: 'done', compared: { equal: false, different: ['beside'] } })
  await beside.trim(0, 1)
  expect(await verify()).toMatchObject({ phase: 'done', compared: { equal: true } })
})
