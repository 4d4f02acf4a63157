/** The time series on the embedded engine: the contract of stores, exactness without transactions, and reads. */
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Slice } from '../../../projections/runner/store.ts'
import { cool } from '../../../projections/timeseries/cold.ts'
import {
  addBuild,
  buildsOf,
  databaseOf,
  dropBuild,
  prepareDatabase,
  rowsOf,
  switchTo,
} from '../../../projections/timeseries/database.ts'
import { TimeseriesDatabase } from '../../../projections/timeseries/open.ts'
import { pointsPage, rollupPage, verdictsPage } from '../../../projections/timeseries/pages.ts'
import { type Change, timeseries } from '../../../projections/timeseries/rows.ts'
import type { Page, PointKey, PointRow, RollupKey, RollupRow } from '../../../projections/views/view.ts'
import { openMemoryLog } from '../../../protocol/log/memory.ts'
import { good, START_MS } from '../../unit/controller/household.ts'
import { MemoryStore } from '../../unit/projections/memory-store.ts'
import { logOf, OPTIONS, Story } from '../../unit/projections/story.ts'
import { ClickHouse, SERVER, serverOf } from './clickhouse.ts'
import { projectAll, projectBoth, storeContract } from './store-contract.ts'

let clickhouse: ClickHouse
beforeAll(async () => {
  clickhouse = await ClickHouse.start()
}, 120_000)
afterAll(() => clickhouse.stop())

const open = (tenant: string) => clickhouse.store(tenant)
const rows = (tenant: string) => clickhouse.rows(tenant)
const MINUTE_MS = 60_000
const minutes = (from: number, to: number) => ({ fromMs: START_MS + from * MINUTE_MS, toMs: START_MS + to * MINUTE_MS })

describe('store', () => storeContract('timeseries', timeseries, () => ({ open, rows })))

if (!SERVER) process.stderr.write('skipped, ClickHouse over HTTP: QUORATE_CLICKHOUSE names no server\n')
describe.skipIf(!SERVER)('store on the server of QUORATE_CLICKHOUSE', () => {
  let server: ClickHouse
  beforeAll(async () => {
    server = await ClickHouse.start(serverOf(SERVER!))
  })
  afterAll(() => server.stop())
  const here = `server-${process.pid}-`
  const on = { open: (t: string) => server.store(here + t), rows: (t: string) => server.rows(here + t) }
  storeContract('timeseries', timeseries, () => on)
})

test('every point of every frame is there in order, with quality and age; a bad one is no number (S20, S24)', async () => {
  await projectAll(await logOf(Story.long(10).bodies), open('series'), timeseries)
  const soc = await clickhouse.reader('series').points({ asset: 'bat1', point: 'soc' }, minutes(0, 10))
  expect(soc.map(p => p.cycle)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(soc[4]).toMatchObject({ atMs: START_MS + 4 * MINUTE_MS, value: 504, unit: '%', quality: 'good', ageMs: 4 })
  expect(soc[3]).toMatchObject({ value: null, word: '', quality: 'bad' })
  const [mode] = await clickhouse.reader('series').points({ asset: 'bat1', point: 'mode' }, minutes(0, 1))
  expect(mode).toMatchObject({ value: null, word: 'remote', quality: 'good' })
  const [, , , verdict] = await clickhouse.reader('series').decisions(minutes(0, 10))
  expect(verdict).toMatchObject({ cycle: 4, signers: ['node-a', 'node-b'], dissenters: ['node-c'], latencyUs: 4_000 })
})

test('a roll-up counts each number once, over minutes and over quarters of an hour', async () => {
  const frames = Story.long(0)
  for (let second = 0; second < 1_000; second++) {
    frames.time(second * 1_000)
    const power = good(second - 500, 'W')
    frames.frame({ load1: { points: { power } } })
  }
  frames.time(1_010_000)
  await projectAll(await logOf(frames.bodies), open('rolled'), timeseries)
  const reader = clickhouse.reader('rolled')
  // a frame of second s is at s: START_MS lies 40 s before a minute and 400 s before a quarter
  const seconds = Array.from({ length: 1_000 }, (_, s) => ({ atMs: START_MS + s * 1_000, value: s - 500 }))
  const expected = (slotMs: number) => {
    const slots = Map.groupBy(seconds, ({ atMs }) => Math.floor(atMs / slotMs) * slotMs)
    return [...slots].map(([atMs, all]) => {
      const values = all.map(({ value }) => value)
      const total = values.reduce((a, b) => a + b, 0)
      const [least, most, latest] = [Math.min(...values), Math.max(...values), values.at(-1)!]
      return { atMs, asset: 'load1', point: 'power', unit: 'W', count: values.length, total, least, most, latest }
    })
  }
  const all = { fromMs: 0, toMs: START_MS * 2 }
  expect(await reader.rollup(1, { asset: 'load1', point: 'power' }, all)).toEqual(expected(MINUTE_MS))
  expect(await reader.rollup(15, { asset: 'load1', point: 'power' }, all)).toEqual(expected(15 * MINUTE_MS))
})

/** The batches that a projector would apply, as one list of slices. */
async function slicesOf(story: Story): Promise<readonly Slice<Change>[]> {
  const store = new MemoryStore<Change>()
  await projectAll(await logOf(story.bodies), store, timeseries)
  return store.slices
}

test('pages of points and of roll-ups give each row once, in order, while more is projected (S20, S22)', async () => {
  const slices = await slicesOf(Story.long(40))
  const store = open('paged')
  await store.clear('log-1')
  let applied = 0
  let expected = -1
  const project = async (many: number) => {
    const some = slices.slice(applied, applied + many)
    if (some.length === 0) return
    await store.apply({ expected, to: some.at(-1)!.to, slices: some, passed: [], fold: null })
    applied += some.length
    expected = some.at(-1)!.to
  }
  const reader = clickhouse.reader('paged')
  const always = { fromMs: 0, toMs: START_MS * 2 }
  const follow = async <Row, K>(page: (after: K | null) => Promise<Page<Row>>, keyOf: (row: Row) => K) => {
    const rows: Row[] = []
    for (let after: K | null = null, turn = 0; turn < 1_000; turn++) {
      const { rows: more, more: onward } = await page(after)
      rows.push(...more)
      if (more.length > 0) after = keyOf(more.at(-1)!)
      if (!onward && applied === slices.length) return rows
      if (turn % 3 === 0 || !onward) await project(3)
    }
    throw new Error('it goes round in circles')
  }
  await project(10)
  const points = await follow<PointRow, PointKey>(
    after => pointsPage(reader, {}, { ...always, after, limit: 7 }),
    row => [row.atMs, row.epoch, row.cycle, row.asset, row.point],
  )
  const shown = (p: { position: number; asset: string; point: string }) => `${p.position} ${p.asset}.${p.point}`
  expect(points.map(shown)).toEqual((await reader.points({}, always)).map(shown))
  expect(points.length).toBeGreaterThan(200)

  const slot = (row: RollupRow) => `${row.atMs} ${row.asset}.${row.point}`
  const rolled = await follow<RollupRow, RollupKey>(
    after => rollupPage(reader, 1, {}, { ...always, after, limit: 4 }),
    row => [row.atMs, row.asset, row.point, row.unit],
  )
  const { atMs } = await reader.reached()
  const over = Math.floor(atMs / MINUTE_MS) * MINUTE_MS
  const all = await reader.rollup(1, {}, { ...always, toMs: over })
  expect(rolled).toEqual(all)
  expect(new Set(rolled.map(slot)).size).toBe(rolled.length)

  const outvoted = await verdictsPage(reader, { dissent: true }, { ...always, after: null, limit: 3 })
  expect(outvoted.rows.map(({ dissenters }) => dissenters)).toEqual([['node-c'], ['node-c'], ['node-c']])
  expect(outvoted.more).toBe(true)
  const single = await verdictsPage(reader, { source: 'single' }, { ...always, after: null, limit: 3 })
  expect(single.rows).toEqual([])
  expect(outvoted.checkpoint).toEqual({ from: 0, position: expected, beside: -1, atMs })
  expect(atMs).toBe(slices.at(-1)!.atMs)
})

describe('frames that came too late to control', () => {
  const SECONDS = 200
  const powerAt = (second: number) => ({ load1: { points: { power: good(second - 50, 'W') } } })
  /** A frame each second, of which these are in the history; two more of them than that, as a gateway resends. */
  async function split(late: (cycle: number) => boolean) {
    const story = new Story()
    const live: string[] = []
    const history: string[] = []
    const taken = () => story.bodies.splice(0)
    live.push(...taken())
    for (let cycle = 1; cycle <= SECONDS; cycle++) {
      live.push(...story.time(cycle * 1_000).bodies.splice(0))
      const [frame] = story.frame(powerAt(cycle)).bodies.splice(0)
      if (late(cycle)) history.push(frame!)
      else live.push(frame!)
      if (cycle % 50 === 0) history.push(frame!) // in doubt, so that it was sent both ways
    }
    live.push(...story.time((SECONDS + 20) * 1_000).bodies.splice(0))
    return { live, history: [...history, ...history.slice(0, 5)] }
  }
  const historyOf = async (bodies: readonly string[]) => {
    const log = openMemoryLog({ topic: 'history', sparse: true, topicId: 'history-1' })
    for (const body of bodies) await log.append([{ partition: 0, body }])
    return log
  }
  const databaseOfTenant = (tenant: string) =>
    new TimeseriesDatabase(
      { engine: { kind: 'embedded', dir: '' }, tenant, site: 'home', verifier: OPTIONS.verifier },
      clickhouse.client,
    )
  const late = (cycle: number) => (cycle > 20 && cycle <= 90) || cycle % 37 === 0
  const all = { fromMs: 0, toMs: START_MS * 2 }
  const power = { asset: 'load1', point: 'power' }

  test('stand where they were measured, marked, each once; roll-ups count them once (S20)', async () => {
    const { live, history } = await split(late)
    const database = databaseOfTenant('demo')
    await projectBoth(await logOf(live), await historyOf(history), database)
    const reader = clickhouse.reader('demo')
    const points = await reader.points(power, all)
    expect(points.map(p => p.cycle)).toEqual(Array.from({ length: SECONDS }, (_, i) => i + 1))
    expect(points.map(p => p.value)).toEqual(points.map(p => p.cycle - 50))
    expect(points.map(p => p.late)).toEqual(points.map(p => late(p.cycle)))
    expect(points.map(p => p.atMs)).toEqual(points.map(p => START_MS + p.cycle * 1_000))
    const whole = Map.groupBy(points, p => Math.floor(p.atMs / MINUTE_MS) * MINUTE_MS)
    const rolled = await reader.rollup(1, power, all)
    expect(rolled.map(r => [r.atMs, r.count, r.latest])).toEqual(
      [...whole].map(([atMs, rows]) => [atMs, rows.length, rows.at(-1)!.value]),
    )
    expect(rolled.map(r => r.total)).toEqual([...whole].map(([, rows]) => rows.reduce((sum, r) => sum + r.value!, 0)))
    const paged: PointRow[] = []
    for (let after: PointKey | null = null, more = true; more; ) {
      const page: Page<PointRow> = await pointsPage(reader, power, { ...all, after, limit: 23 })
      paged.push(...page.rows)
      more = page.more
      const last = page.rows.at(-1)!
      after = [last.atMs, last.epoch, last.cycle, last.asset, last.point]
    }
    expect(paged.map(p => p.cycle)).toEqual(points.map(p => p.cycle))
    expect(await reader.setAside()).toEqual([])

    // made once more, a record at a time
    const before = await rows('demo')
    const store = clickhouse.store('demo')
    await store.clear('none')
    expect(await rows('demo')).toEqual([])
    const growing = await historyOf([])
    for (const [i, body] of history.entries()) {
      await growing.append([{ partition: 0, body }])
      if (i % 20 === 0) await projectBoth(await logOf(live), growing, databaseOfTenant('demo'))
    }
    await projectBoth(await logOf(live), growing, databaseOfTenant('demo'))
    expect(await rows('demo')).toEqual(before)
    await store.clear('none')
  }, 60_000)

  test('wait until the facts are past them; a forged one is set aside and holds up nobody', async () => {
    const { live, history } = await split(cycle => cycle > 150 && cycle <= 160)
    const cut = live.findIndex(body => body.includes('"cycle":161,'))
    const forged = history.find(body => body.includes('"cycle":151,'))!.replace('"cycle":151,', '"cycle":9999,')
    const log = await historyOf([...history, forged, 'no fact'])
    await projectBoth(await logOf(live.slice(0, cut)), log, databaseOfTenant('demo'), live.slice(cut))
    const reader = clickhouse.reader('demo')
    expect((await reader.points(power, all)).filter(p => p.late).map(p => p.cycle)).toEqual(
      Array.from({ length: 10 }, (_, i) => 151 + i),
    )
    expect((await reader.setAside()).map(({ topic, code }) => `${topic} ${code}`)).toEqual([
      'history BAD_SIGNATURE',
      'history BAD_SHAPE',
    ])
    await clickhouse.store('demo').clear('none')
  })
})

describe('without a transaction', () => {
  test('rows above the checkpoint are not shown, and change nothing once they are written again (K1 to K3)', async () => {
    const slices = await slicesOf(Story.long(20))
    const half = Math.floor(slices.length / 2)
    const [clean, torn] = [open('clean'), open('torn')]
    for (const store of [clean, torn]) await store.clear('log-1')
    const of = (some: readonly Slice<Change>[], expected: number) => ({
      ...{ expected, to: some.at(-1)!.to, slices: some, passed: [], fold: null },
    })
    const first = of(slices.slice(0, half), -1)
    const second = of(slices.slice(half), first.to)
    await clean.apply(first)
    await torn.apply(first)
    const before = await rows('torn')
    // as if it had died after each insert in turn: what it wrote is there, its checkpoint is not
    for (let writes = 1; writes <= 2; writes++) {
      await expect(dyingAfter(writes, 'torn').apply(second)).rejects.toThrow('died')
      expect(await rows('torn')).toEqual(before)
    }
    await clean.apply(second)
    await torn.apply(second)
    expect(await rows('torn')).toEqual(await rows('clean'))
    // and once merged, too
    for (const table of ['points', 'rollup_1m', 'rollup_15m'])
      await clickhouse.client.command({ query: `OPTIMIZE TABLE ${databaseOf(clickhouse.live.id)}.${table} FINAL` })
    expect(await rows('torn')).toEqual(await rows('clean'))
  })

  function dyingAfter(writes: number, tenant: string) {
    let left = writes
    const client = Object.create(clickhouse.client, {
      insert: {
        value: async (...args: Parameters<typeof clickhouse.client.insert>) => {
          if (left-- <= 0) throw new Error('died')
          return clickhouse.client.insert(...args)
        },
      },
    })
    const { constructor: Store } = open(tenant) as unknown as {
      constructor: new (...args: unknown[]) => ReturnType<typeof open>
    }
    return new Store(client, databaseOf(clickhouse.live.id), tenant, 'home')
  }

  test('a batch of many slices is one piece for each of them, however large it is', async () => {
    const changes = (slice: number): Change[] =>
      Array.from({ length: 10_000 }, (_, i) => ({
        table: 'points',
        row: [slice + i, START_MS, 1, slice + i, 'a', 'p', 1, '', 'W', 'good', 0],
      }))
    const slices = [10_000, 20_000, 30_000, 40_000].map(to => ({
      to,
      atMs: 0,
      changes: changes(to - 10_000),
      setAside: [],
    }))
    const store = open('large')
    await store.clear('log-1')
    await store.apply({ expected: -1, to: 40_000, slices, passed: [], fold: null })
    const pieces = `SELECT length(pieces) AS n FROM ${databaseOf(clickhouse.live.id)}.rollup_1m WHERE tenant = 'large'`
    expect(await rowsOf(clickhouse.client, pieces)).toEqual([{ n: 4 }])
    const all = await clickhouse
      .reader('large')
      .rollup(1, { asset: 'a', point: 'p' }, { fromMs: 0, toMs: START_MS * 2 })
    expect(all.map(({ count }) => count)).toEqual([40_000])
  })
})

test('a build is made beside the live one, switched to, and the former one dropped by name (K5)', async () => {
  const { client, live } = clickhouse
  const next = await addBuild(client)
  await expect(dropBuild(client, live.id)).rejects.toThrow('beside the live one')
  const states = async () => (await buildsOf(client)).map(({ state }) => state)
  expect(await states()).toEqual(['live', 'building'])
  await switchTo(client, next.id)
  expect(await states()).toEqual(['former', 'live'])
  expect((await prepareDatabase(client)).id).toBe(next.id)
  await switchTo(client, live.id)
  await dropBuild(client, next.id)
  expect(await states()).toEqual(['live'])
})

test('months that are long over are Parquet files, read by the engine itself; roll-ups stay (F1 to F3)', async () => {
  const { client, live, dir } = clickhouse
  const next = await addBuild(client)
  const database = databaseOf(next.id)
  const store = clickhouse.store('cold', 'home', next.id)
  await store.clear('log-1')
  const at = (month: number) => Date.UTC(2025, month, 15)
  const changes: Change[] = [0, 1, 2, 3].map(month => ({
    table: 'points',
    row: [month, at(month), 1, month, 'a', 'p', month, '', 'W', 'good', 0],
  }))
  await store.apply({
    expected: -1,
    to: 9,
    slices: [{ to: 9, atMs: 0, changes, setAside: [] }],
    passed: [],
    fold: null,
  })
  const reader = clickhouse.reader('cold', 'home', next.id)
  const all = { fromMs: 0, toMs: at(11) }
  const rollup = await reader.rollup(15, {}, all)
  const files = await cool(client, database, join(dir, 'cold'), 1)
  expect(files.map(file => basename(file))).toEqual(['points-202501.parquet', 'points-202502.parquet'])
  expect((await reader.points({}, all)).map(p => p.value)).toEqual([2, 3])
  expect(await reader.rollup(15, {}, all)).toEqual(rollup)
  const cold = await rowsOf(client, `SELECT asset, value, unit FROM file('${files[1]}', Parquet)`)
  expect(cold).toEqual([{ asset: 'a', value: 1, unit: 'W' }])
  expect(await cool(client, database, join(dir, 'cold'), 1)).toEqual([])
  expect((await buildsOf(client)).find(b => b.state === 'live')!.id).toBe(live.id)
})
