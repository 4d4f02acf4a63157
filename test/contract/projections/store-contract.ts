/** What each store of a projection keeps to, whatever database is under it. */
import { beforeEach, expect, test } from 'vitest'
import { Beside } from '../../../projections/runner/beside.ts'
import type { Database } from '../../../projections/runner/database.ts'
import { Projector } from '../../../projections/runner/projector.ts'
import type { Projection } from '../../../projections/runner/seen.ts'
import type { Store } from '../../../projections/runner/store.ts'
import type { EventLog } from '../../../protocol/log/event-log.ts'
import { hostClock } from '../../../supervisors/real/clock.ts'
import { logOf, OPTIONS, Story, until } from '../../unit/projections/story.ts'

export interface Subject<Change> {
  /** A store of a site of this tenant, in a database that holds others. */
  open(tenant: string): Store<Change>
  /** All that a reader of this tenant sees, in one order. */
  rows(tenant: string): Promise<readonly unknown[]>
}

const clock = hostClock

/** Projects all of the log; resolves once a whole slice is not to be had any more. */
export async function projectAll<Change>(
  facts: EventLog,
  store: Store<Change>,
  projection: Projection<Change>,
): Promise<Projector<Change>> {
  const failures: unknown[] = []
  const fail = (error: unknown) => failures.push(error)
  const common = { partition: 0, fold: OPTIONS, skipsKnownTo: -1, shared: async () => null, clock, note: () => {} }
  const projector = new Projector<Change>({ ...common, facts, store, projection, fail, freezeEvery: 10 })
  await projector.start()
  const last = (await facts.ends(0)).next - 1
  await until(() => projector.position === last || failures.length > 0)
  await projector.stop()
  if (failures.length > 0) throw failures[0]
  return projector
}

/** Whoever did not wait for the facts would have gone on by then. */
const WAITS_MS = 500

/** Projects all of both topics, each at its own pace; `rest` of the facts come once the topic beside waits for them. */
export async function projectBoth<Change>(
  facts: EventLog,
  beside: EventLog,
  database: Database<Change>,
  rest: readonly string[] = [],
): Promise<Beside<Change>> {
  const failures: unknown[] = []
  const fail = (error: unknown) => failures.push(error)
  const { id } = await database.live()
  const common = { partition: 0, clock, note: () => {}, fail }
  const { projection } = database
  const projector = new Projector<Change>({
    ...{ ...common, facts, projection, fold: OPTIONS, skipsKnownTo: -1, shared: async () => null, freezeEvery: 10 },
    store: await database.store(id),
  })
  await projector.start()
  const judge = await database.besideJudge(id, projector)
  const other = new Beside<Change>({
    ...common,
    log: beside,
    name: 'beside',
    store: await database.besideStore(id),
    judge,
  })
  await other.start()
  if (rest.length > 0) await new Promise(resolve => setTimeout(resolve, WAITS_MS))
  for (const body of rest) await facts.append([{ partition: 0, body }])
  const last = (await facts.ends(0)).next - 1
  const lastBeside = (await beside.ends(0)).next - 1
  await until(() => (projector.position >= last && other.checkpoint >= lastBeside) || failures.length > 0)
  await other.stop()
  await projector.stop()
  if (failures.length > 0) throw failures[0]
  return other
}

export function storeContract<Change>(name: string, projection: Projection<Change>, subject: () => Subject<Change>) {
  const bodies = Story.long(12).bodies
  let tenant = ''
  let tenants = 0
  beforeEach(() => {
    tenant = `tenant-${name}-${tenants++}`
  })

  test('what nobody has projected has no standing; a projection begins with its log', async () => {
    const store = subject().open(tenant)
    expect(await store.standing()).toEqual({ checkpoint: -1, from: 0, topicId: '', passed: [], fold: null })
    await store.clear('log-1')
    expect(await store.standing()).toEqual({ checkpoint: -1, from: 0, topicId: 'log-1', passed: [], fold: null })
  })

  test('a batch comes in whole with its checkpoint, and is read by whoever opens the store next', async () => {
    const facts = await logOf(bodies)
    await projectAll(facts, subject().open(tenant), projection)
    const standing = await subject().open(tenant).standing()
    expect(standing.topicId).toBe('log-1')
    expect(standing.checkpoint).toBeGreaterThan(60)
    expect(standing.fold!.position).toBeLessThanOrEqual(standing.checkpoint)
    expect((await subject().rows(tenant)).length).toBeGreaterThan(60)
  })

  test('a batch that expects another checkpoint changes nothing (T3)', async () => {
    const facts = await logOf(bodies)
    const store = subject().open(tenant)
    await projectAll(facts, store, projection)
    const [rows, { checkpoint }] = [await subject().rows(tenant), await store.standing()]
    const slices = [{ to: checkpoint + 1, atMs: 0, changes: [], setAside: [{ position: 1, code: 'X', reason: 'x' }] }]
    const batch = { expected: 0, to: checkpoint + 1, slices, passed: [], fold: null }
    expect(await store.apply(batch)).toEqual({ kind: 'fenced', found: checkpoint })
    expect(await subject().rows(tenant)).toEqual(rows)
    expect((await store.standing()).checkpoint).toBe(checkpoint)
  })

  test('record by record, or all at once: the rows are the same (S20, S22)', async () => {
    const whole = await logOf(bodies)
    await projectAll(whole, subject().open(tenant), projection)
    const rows = await subject().rows(tenant)
    const piecewise = await logOf([])
    const store = subject().open(`${tenant}-b`)
    for (const body of bodies) {
      await piecewise.append([{ partition: 0, body }])
      await projectAll(piecewise, store, projection)
    }
    expect(await subject().rows(`${tenant}-b`)).toEqual(rows)
  })

  test('clearing takes all of one site and nothing of another tenant (S23)', async () => {
    const facts = await logOf(bodies)
    await projectAll(facts, subject().open(tenant), projection)
    await projectAll(facts, subject().open(`${tenant}-b`), projection)
    const rows = await subject().rows(`${tenant}-b`)
    const store = subject().open(tenant)
    await store.clear('log-2')
    expect(await subject().rows(tenant)).toEqual([])
    expect(await store.standing()).toMatchObject({ checkpoint: -1, topicId: 'log-2' })
    expect(await subject().rows(`${tenant}-b`)).toEqual(rows)
  })
}
