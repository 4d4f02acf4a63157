/**
 * The stores of the projections against the bare client of their database, the same rows in the same batches into tables
 * of the same columns; and a recorded log to both projections, each in its process.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SiteFold } from '../../actors/controller/fold.ts'
import { schemaOf } from '../../projections/operational/database.ts'
import { operational } from '../../projections/operational/rows.ts'
import { OperationalStore } from '../../projections/operational/store.ts'
import type { Change as OperationalChange } from '../../projections/operational/tables.ts'
import { statementsOf } from '../../projections/operational/upsert.ts'
import type { Projection } from '../../projections/runner/seen.ts'
import { Slicer } from '../../projections/runner/slicer.ts'
import type { Slice, Store } from '../../projections/runner/store.ts'
import { addBuild, databaseOf, run } from '../../projections/timeseries/database.ts'
import { type Change, COLUMNS, timeseries } from '../../projections/timeseries/rows.ts'
import { Spawned } from '../../supervisors/process/spawn.ts'
import { PROJECTIONS } from '../../supervisors/projector/engine.ts'
import type { KeepingStatus } from '../../supervisors/projector/keeping.ts'
import type { ProjectorConfig } from '../../supervisors/projector/process.ts'
import { closeLogs, openLogs } from '../../supervisors/real/logs.ts'
import { ClickHouse } from '../contract/projections/clickhouse.ts'
import { Postgres } from '../contract/projections/postgres.ts'
import { type Recording, record, siteWithBatteries } from './recording.ts'
import { median, type Row, spreadOf } from './row.ts'

const BATTERIES = 20
const SCRIPT = new URL('../../supervisors/projector/process.ts', import.meta.url)
/** Records in one batch: what a projector that catches up applies at once is of this order. */
const BATCH_RECORDS = 300
const PAIRS = 9
const PAIRS_QUICK = 3
const LOOK_MS = 10

export async function benchProjections(quick = false): Promise<readonly Row[]> {
  const recording = record(siteWithBatteries(BATTERIES), quick ? 300 : 1_200)
  return [
    await postgresRow(recording, quick),
    ...(await clickhouseRows(recording, quick)),
    await bothRow(record(siteWithBatteries(BATTERIES), quick ? 500 : 3_000)),
  ]
}

function slicesOf<C>(projection: Projection<C>, { options, bodies }: Recording): Slice<C>[] {
  const slicer = new Slicer(new SiteFold(options), projection, -1)
  return bodies.flatMap((body, position) => slicer.take({ position, stampMs: 0, body }) ?? [])
}
/** Whole slices of about BATCH_RECORDS records. */
function batchesOf<C>(slices: readonly Slice<C>[]): Slice<C>[][] {
  return [...Map.groupBy(slices, slice => Math.floor(slice.to / BATCH_RECORDS)).values()]
}
async function applyAll<C>(store: Store<C>, batches: readonly (readonly Slice<C>[])[]): Promise<number> {
  await store.clear('bench')
  const beganMs = performance.now()
  let expected = -1
  for (const slices of batches) {
    const to = slices.at(-1)!.to
    const applied = await store.apply({ expected, to, slices, passed: [], fold: null })
    if (applied.kind !== 'applied') throw new Error(`a batch is ${applied.kind}`)
    expected = to
  }
  return performance.now() - beganMs
}

/** ABBA: what disturbs the machine disturbs both sides of a pair alike. */
async function ratios(quick: boolean, bare: () => Promise<number>, ours: () => Promise<number>): Promise<number[]> {
  await bare()
  await ours()
  const all: number[] = []
  for (let pair = 0; pair < (quick ? PAIRS_QUICK : PAIRS); pair++) {
    const first = pair % 2 === 0 ? await bare() : await ours()
    const second = pair % 2 === 0 ? await ours() : await bare()
    all.push(pair % 2 === 0 ? first / second : second / first)
  }
  return all
}
const ratioRow = (name: string, all: readonly number[], detail: string, atLeast?: number): Row => ({
  ...{ name, value: median(all), unit: 'of bare', spread: spreadOf(all), detail },
  ...(atLeast !== undefined && { atLeast }),
})

async function postgresRow(recording: Recording, quick: boolean): Promise<Row> {
  const postgres = await Postgres.start()
  const batches = batchesOf(slicesOf<OperationalChange>(operational, recording))
  const schema = schemaOf(postgres.live.id)
  const { tenant, site } = recording.options
  // what the bare client is given: for each batch its statements, with the arrays made
  const statements = batches.map(slices =>
    statementsOf(
      tenant,
      site,
      slices.flatMap(slice => slice.changes),
    ),
  )
  const rows = statements.flat().reduce((sum, { values }) => sum + (values.at(-1) as unknown[]).length, 0)
  const admin = await postgres.client('admin')
  await admin.query(`CREATE SCHEMA bare`)
  for (const text of new Set(statements.flat().map(s => s.text))) {
    const table = /^INSERT INTO (\w+)/.exec(text)?.[1]
    if (table) await admin.query(`CREATE TABLE bare.${table} (LIKE ${schema}.${table} INCLUDING ALL)`)
  }
  await admin.query('SET search_path TO bare')
  const bare = async () => {
    const { rows: tables } = await admin.query("SELECT tablename FROM pg_tables WHERE schemaname = 'bare'")
    await admin.query(`TRUNCATE ${tables.map(t => t.tablename)}`)
    const beganMs = performance.now()
    for (const batch of statements) {
      await admin.query('BEGIN')
      for (const { name, text, values } of batch) await admin.query({ name, text, values: [...values] })
      await admin.query('COMMIT')
    }
    return performance.now() - beganMs
  }
  const store = new OperationalStore(await postgres.client('writer'), schema, tenant, site)
  const ours = () => applyAll(store, batches)
  try {
    const all = await ratios(quick, bare, ours)
    const perSecond = Math.round((rows * 1_000) / (await ours()))
    const detail = `${rows} rows in ${batches.length} transactions, ${perSecond}/s`
    return ratioRow('Postgres: batches of changes over the same unnest upserts', all, detail, 0.45)
  } finally {
    await postgres.stop()
  }
}

async function clickhouseRows(recording: Recording, quick: boolean): Promise<Row[]> {
  const clickhouse = await ClickHouse.start()
  const { client, live } = clickhouse
  const { tenant, site } = recording.options
  const batches = batchesOf(slicesOf<Change>(timeseries, recording))
  const values = batches.map(slices =>
    slices.flatMap(s => s.changes.filter(c => c.table === 'points').map(c => [tenant, site, s.to, ...c.row])),
  )
  const points = values.reduce((sum, batch) => sum + batch.length, 0)
  const plain = databaseOf(live.id)
  await run(client, `CREATE TABLE quorate.bare AS ${plain}.points`)
  const columns = ['tenant', 'site', 'slice', ...COLUMNS.points] as [string, ...string[]]
  const bare = async () => {
    await run(client, 'TRUNCATE TABLE quorate.bare')
    const beganMs = performance.now()
    for (const batch of values)
      await client.insert({ table: 'quorate.bare', columns, values: batch, format: 'JSONCompactEachRow' })
    return performance.now() - beganMs
  }
  const one = await addBuild(client)
  await run(client, `DROP VIEW ${databaseOf(one.id)}.rollup_15m_of`)
  try {
    const rows: Row[] = []
    for (const [name, build, atLeast] of [
      ['one view', one.id, 0.55],
      ['both views', live.id, undefined],
    ] as const) {
      const ours = () => applyAll(clickhouse.store(tenant, site, build), batches)
      const all = await ratios(quick, bare, ours)
      const perSecond = Math.round((points * 1_000) / (await ours()))
      const detail = `${points} points in ${batches.length} batches, ${perSecond}/s`
      rows.push(ratioRow(`ClickHouse: batches with ${name} over the same inserts with none`, all, detail, atLeast))
    }
    return rows
  } finally {
    await clickhouse.stop()
  }
}

/** Every signature is checked, every record stepped, twice: once for each. */
async function bothRow({ manifest, bodies }: Recording): Promise<Row> {
  const dir = mkdtempSync(join(tmpdir(), 'quorate-bench-'))
  const log = { driver: 'embedded', dir: join(dir, 'log') } as const
  const logs = await openLogs(log)
  const { facts } = logs
  for (let from = 0; from < bodies.length; from += 1_000)
    await facts.append(bodies.slice(from, from + 1_000).map(body => ({ partition: 0, body })))
  const common = { manifest, log, definitions: [], lagMsMax: 60_000, server: null, views: null }
  const processes = await Promise.all(
    PROJECTIONS.map(async projection => {
      const process = new Spawned(projection, SCRIPT)
      await process.ask('alive')
      return { projection, process }
    }),
  )
  for (const { projection, process } of processes)
    await process.ask('start', { ...common, projection, dir: join(dir, projection) } satisfies ProjectorConfig)
  const began = performance.now()
  const first = await Promise.all(processes.map(({ process }) => process.ask<KeepingStatus>('status')))
  await Promise.all(
    processes.map(async ({ process }) => {
      while ((await process.ask<KeepingStatus>('status')).behindRecords > BATCH_RECORDS)
        await new Promise(done => setTimeout(done, LOOK_MS))
    }),
  )
  const seconds = (performance.now() - began) / 1_000
  await Promise.all(processes.map(({ process }) => process.stop()))
  await closeLogs(logs)
  for (const path of [readFileSync(join(dir, 'operational', 'folder'), 'utf8').trim(), dir])
    rmSync(path, { recursive: true, force: true })
  const share = 1 - Math.max(...first.map(({ checkpoint }) => checkpoint)) / bodies.length
  const points = share * bodies.reduce((sum, body) => sum + (body.match(/"quality":/g)?.length ?? 0), 0)
  const detail = `${Math.round(points)} points in ${seconds.toFixed(1)} s, at the low priority that projectors have`
  return {
    name: 'a log to both projections, two processes',
    value: points / seconds,
    unit: 'points/s',
    atLeast: 50_000,
    detail,
  }
}
