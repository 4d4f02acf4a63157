/** A projector over a log and a store in memory, by its rules. */
import { describe, expect, test } from 'vitest'
import { type FrozenFold, SiteFold } from '../../../actors/controller/fold.ts'
import { operational } from '../../../projections/operational/rows.ts'
import type { Change } from '../../../projections/operational/tables.ts'
import { Projector, type ProjectorOptions } from '../../../projections/runner/projector.ts'
import type { EventLog } from '../../../protocol/log/event-log.ts'
import { hostClock } from '../../../supervisors/real/clock.ts'
import { head } from '../controller/household.ts'
import { MemoryStore } from './memory-store.ts'
import { logOf, OPTIONS, Story, sealed, until } from './story.ts'

const bodies = Story.long(20).bodies
type Options = Partial<ProjectorOptions<Change>>

function over(facts: ProjectorOptions<Change>['facts'], store: MemoryStore<Change>, options: Options = {}) {
  const failures: unknown[] = []
  const projector = new Projector<Change>({
    ...{
      facts,
      partition: 0,
      fold: OPTIONS,
      store,
      projection: operational,
      skipsKnownTo: -1,
      clock: hostClock,
      note: () => {},
    },
    shared: async () => null,
    fail: error => failures.push(error),
    ...options,
  })
  return { projector, failures }
}
const lastOf = async (log: Pick<EventLog, 'ends'>) => (await log.ends(0)).next - 1
/** Runs until it has projected all of the log, or failed. */
async function project(
  facts: ProjectorOptions<Change>['facts'],
  store: MemoryStore<Change>,
  options: Options = {},
): Promise<unknown[]> {
  const { projector, failures } = over(facts, store, options)
  await projector.start()
  const last = await lastOf(facts)
  await until(() => projector.checkpoint === last || failures.length > 0)
  await projector.stop()
  return failures
}
const changesOf = (store: MemoryStore<Change>) => store.slices.flatMap(slice => slice.changes)

test('what is projected in one go is what is projected with a fault after every batch (R1, R3)', async () => {
  const facts = await logOf(bodies)
  const [whole, broken] = [new MemoryStore<Change>(), new MemoryStore<Change>()]
  expect(await project(facts, whole)).toEqual([])
  let failed = 0
  for (;;) {
    broken.failsAfter = 1
    const failures = await project(facts, broken, { freezeEvery: 7, batchChanges: 30 })
    if (failures.length === 0) break
    expect(String(failures[0])).toContain('the database is gone')
    failed++
  }
  expect(failed).toBeGreaterThan(10)
  expect(broken.slices).toEqual(whole.slices)
  expect(broken.now.fold!.position).toBeGreaterThan(100)
})

test('a frozen fold spares the records below it, and one that does not fit is folded again (R1)', async () => {
  const facts = await logOf(bodies)
  const store = new MemoryStore<Change>()
  await project(facts, store, { freezeEvery: 10 })
  const from: number[] = []
  const follow: EventLog['follow'] = (partition, at, on) => {
    from.push(at)
    return facts.follow(partition, at, on)
  }
  const [ends, read, describe] = [facts.ends.bind(facts), facts.read.bind(facts), facts.describe.bind(facts)]
  const watched = { follow, ends, read, describe }
  await project(watched, store)
  store.now = { ...store.now, fold: { ...store.now.fold!, state: {} as never } }
  const was = store.slices.length
  await project(watched, store)
  expect(from).toEqual([expect.any(Number), 0])
  expect(from[0]).toBeGreaterThan(100)
  expect(store.slices.length).toBe(was)
})

test('rows of another log go, and the site is projected anew (R2)', async () => {
  const store = new MemoryStore<Change>()
  await project(await logOf(bodies), store)
  await project(await logOf(bodies.slice(0, 40), 'log-2'), store)
  const fresh = new MemoryStore<Change>()
  await project(await logOf(bodies.slice(0, 40), 'log-2'), fresh)
  expect(store.slices).toEqual(fresh.slices)
})

test('rows of a record that is to be passed go, and it is set aside in the next ones (R2)', async () => {
  const facts = await logOf(bodies)
  const store = new MemoryStore<Change>()
  await project(facts, store)
  const [record] = await facts.read(0, 60, 1)
  const passed = new Set([record!.position])
  await project(facts, store, { fold: { ...OPTIONS, passed } })
  const aside = store.slices.flatMap(slice => slice.setAside)
  expect(aside).toEqual([{ position: record!.position, code: 'PASSED', reason: expect.any(String) }])
})

test('it ends at a skip that it did not know of, and not at a forged one', async () => {
  const skip = { ...head, kind: 'FactSkipped', by: 'administrator', position: 3, reason: 'hangs' } as const
  const store = new MemoryStore<Change>()
  expect(await project(await logOf([...bodies, `forged ${sealed(skip).split(' ')[1]}`]), store)).toEqual([])
  const failures = await project(await logOf([...bodies, sealed(skip)]), new MemoryStore())
  expect(String(failures[0])).toContain('a skip at')
})

test('whoever has lost the checkpoint to another projector ends (T3)', async () => {
  const facts = await logOf(bodies)
  const store = new MemoryStore<Change>()
  const { projector, failures } = over(facts, store)
  await projector.start()
  await until(async () => projector.checkpoint === (await lastOf(facts)))
  store.now = { ...store.now, checkpoint: 5 }
  await facts.append([{ partition: 0, body: bodies.at(-1)! }])
  await until(() => failures.length > 0)
  expect(String(failures[0])).toContain('fenced: the checkpoint is 5')
})

test('a record that the store refuses, one that throws and one that is forged are set aside; the others go on (R4, C2)', async () => {
  const forged = `${'x'.repeat(43)} ${bodies[4]!.split(' ')[1]}`
  const facts = await logOf([...bodies.slice(0, 30), forged, ...bodies.slice(30)])
  const store = new MemoryStore<Change>()
  store.refuses = ({ table, row }) => table === 'alarms' && row?.condition === 'returnedUnacknowledged'
  let thrown = -1
  const changes: typeof operational.changes = seen => {
    if (thrown < 0 && seen.taken.fact.kind === 'CommandRequested') thrown = seen.position
    if (seen.position === thrown) throw new TypeError('cannot read this')
    return operational.changes(seen)
  }
  expect(await project(facts, store, { projection: { ...operational, changes } })).toEqual([])
  const aside = store.slices.flatMap(slice => slice.setAside)
  const reasons = new Set(aside.map(({ code, reason }) => `${code}: ${reason.split(' ')[0]}`))
  expect([...reasons].sort()).toEqual(['BAD_SIGNATURE: FrameMeasured', 'POISONED: TypeError:', 'POISONED: no'])
  expect(changesOf(store).filter(c => c.table === 'verdicts').length).toBe(20)
})

test('its lag is what the log has more than it, in records and by the stamps of the log', async () => {
  const facts = await logOf(bodies)
  const store = new MemoryStore<Change>()
  const { projector, failures } = over(facts, store)
  await projector.start()
  await until(async () => projector.checkpoint === (await lastOf(facts)))
  expect(await projector.lag()).toEqual({ checkpoint: await lastOf(facts), behindRecords: 0, behindMs: 0 })
  store.failsAfter = 0
  await facts.append(Array.from({ length: 3 }, () => ({ partition: 0, body: bodies[1]! })))
  await until(() => failures.length > 0)
  const lag = await projector.lag()
  expect(lag.behindRecords).toBeGreaterThanOrEqual(3)
  expect(lag.behindMs).toBe(1_000) // one append is one stamp
  await projector.stop()
})

describe('over a log whose beginning was trimmed (R6)', () => {
  /** The state at each of these places, as two nodes would have signed it. */
  async function statesAt(facts: EventLog, ...places: readonly number[]): Promise<readonly FrozenFold[]> {
    const fold = new SiteFold(OPTIONS)
    const states: FrozenFold[] = []
    for (const { position, body } of await facts.read(0, 0, 1_000)) {
      fold.take(position, body)
      if (places.includes(position)) states.push(fold.freeze()!)
    }
    return states
  }
  async function trimmed() {
    const facts = await logOf(bodies)
    const positions = (await facts.read(0, 0, 1_000)).map(record => record.position)
    const [earliest, place] = [positions[40]!, positions[50]!]
    const [state] = await statesAt(facts, place)
    const whole = new MemoryStore<Change>()
    expect(await project(facts, whole)).toEqual([])
    await facts.trim(0, earliest)
    return { facts, whole, earliest, place, shared: async () => state! }
  }

  test('a projection begins at the state that two nodes have signed, says so, and is exact from there on', async () => {
    const { facts, whole, place, shared } = await trimmed()
    const store = new MemoryStore<Change>()
    const notes: string[] = []
    const note = (_: string, event: string) => void notes.push(event)
    expect(await project(facts, store, { shared, note })).toEqual([])
    expect(store.slices).toEqual(whole.slices.filter(slice => slice.to > place))
    expect(store.now.from).toBe(place + 1)
    const { projector } = over(facts, store, { shared, note })
    await projector.start()
    await projector.stop()
    expect(projector.from).toBe(place + 1)
    expect(notes).toEqual(['begins where the log was trimmed: rows of what it held before cannot be made'])
  })

  test('without such a state it does not begin, and says why', async () => {
    const { facts, earliest } = await trimmed()
    const { projector } = over(facts, new MemoryStore())
    await expect(projector.start()).rejects.toMatchObject({
      code: 'LOG_GONE',
      detail: expect.stringContaining(`the log begins at ${earliest}; no snapshot that two nodes have signed`),
    })
  })

  test('rows that reach beyond what is gone stay, and are gone on with from such a state', async () => {
    const { facts, whole, shared } = await trimmed()
    const store = new MemoryStore<Change>()
    store.slices = whole.slices.slice(0, 60)
    store.now = { ...whole.now, checkpoint: store.slices.at(-1)!.to, fold: null }
    expect(await project(facts, store, { shared })).toEqual([])
    expect(store.slices).toEqual(whole.slices)
    expect(store.now.from).toBe(0)
  })

  test('rows that end below what is left cannot be gone on with: it begins anew', async () => {
    const { facts, whole, place, shared } = await trimmed()
    const store = new MemoryStore<Change>()
    store.slices = whole.slices.slice(0, 10)
    store.now = { ...whole.now, checkpoint: store.slices.at(-1)!.to, fold: null }
    expect(await project(facts, store, { shared })).toEqual([])
    expect(store.slices).toEqual(whole.slices.filter(slice => slice.to > place))
  })
})
