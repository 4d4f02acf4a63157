/** The operational store on a real Postgres: the contract of stores, and what is Postgres's own. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SiteFold } from '../../../actors/controller/fold.ts'
import {
  addBuild,
  buildsOf,
  connect,
  dropBuild,
  prepareDatabase,
  schemaOf,
  switchTo,
} from '../../../projections/operational/database.ts'
import { type OperationalDatabase, openOperational } from '../../../projections/operational/open.ts'
import { OperationalReader, openReaders, readerOf } from '../../../projections/operational/pages.ts'
import { sumsOf } from '../../../projections/operational/read.ts'
import { operational } from '../../../projections/operational/rows.ts'
import { TENANT } from '../../../projections/operational/schema.ts'
import { OperationalStore } from '../../../projections/operational/store.ts'
import { TABLE_NAMES, TABLES } from '../../../projections/operational/tables.ts'
import type { CommandKey, CommandRow, Page } from '../../../projections/views/view.ts'
import { signCandidate } from '../../../protocol/codec/candidate.ts'
import { canonical, sha256 } from '../../../protocol/codec/canonical.ts'
import { openMemoryLog } from '../../../protocol/log/memory.ts'
import type { Candidate } from '../../../protocol/words/candidate.ts'
import { head, NODES, START_MS, signerOf } from '../../unit/controller/household.ts'
import { logOf, OPTIONS, Story, until } from '../../unit/projections/story.ts'
import { sealed } from '../../unit/protocol/observation.ts'
import { Postgres } from './postgres.ts'
import { projectAll, projectBoth, storeContract } from './store-contract.ts'

let postgres: Postgres
let writer: pg.Client
let reader: pg.Client
beforeAll(async () => {
  postgres = await Postgres.start()
  writer = await postgres.client('writer')
  reader = await postgres.client('reader')
}, 120_000)
afterAll(() => postgres.stop())

const schema = () => schemaOf(postgres.live.id)
const open = (tenant: string) => new OperationalStore(writer, schema(), tenant, 'home')
async function as<T>(tenant: string, client: pg.Client, ask: () => Promise<T>): Promise<T> {
  await client.query('BEGIN')
  await client.query(`SELECT set_config('${TENANT}', $1, true), set_config('search_path', $2, true)`, [
    tenant,
    schema(),
  ])
  try {
    return await ask()
  } finally {
    await client.query('ROLLBACK')
  }
}
const read = (tenant: string, sql: string) => as(tenant, reader, async () => (await reader.query(sql)).rows)
async function rows(tenant: string): Promise<unknown[]> {
  const all: unknown[] = []
  for (const table of TABLE_NAMES) {
    const columns = Object.keys(TABLES[table].columns).map(c => `"${c}"`)
    all.push(...(await read(tenant, `SELECT '${table}' AS "table", ${columns} FROM ${table} ORDER BY ${columns}`)))
  }
  return all
}

describe('store', () => storeContract('operational', operational, () => ({ open, rows })))

test('a site is told: its mode, assets, points, commands with every step and actor, votes with dissent, alarms', async () => {
  const story = Story.long(12).alarm('raised', 'once more').time(720_500).frame()
  await projectAll(await logOf(story.bodies), open('told'), operational)
  const [site] = await read('told', 'SELECT * FROM sites')
  expect(site).toMatchObject({ tenant: 'told', site: 'home', mode: 'manual', cycle: '13' })
  expect(await read('told', 'SELECT asset, state FROM assets ORDER BY asset')).toHaveLength(4)
  const soc = await read('told', "SELECT number, unit, quality FROM points WHERE asset = 'bat1' AND point = 'soc'")
  expect(soc).toEqual([{ number: '500', unit: '%', quality: 'good' }])
  const steps = "SELECT step, actor FROM command_steps WHERE id = 'asked-manual-2' ORDER BY position, step DESC"
  expect(await read('told', steps)).toEqual([
    { step: 'requested', actor: 'operator' },
    { step: 'accepted', actor: 'controllers' },
    { step: 'confirmed', actor: 'gateway' },
  ])
  const votes = 'SELECT replica, agrees FROM votes JOIN verdicts USING (seq) WHERE cycle = 9 ORDER BY replica'
  expect((await read('told', votes)).map(v => `${v.replica} ${v.agrees}`)).toEqual([
    'node-a true',
    'node-b true',
    'node-c false',
  ])
  expect(await read('told', "SELECT alarm_key, condition, text FROM alarms WHERE alarm = 'dissent'")).toEqual([
    { alarm_key: 'gateway.dissent.node-b', condition: 'activeUnacknowledged', text: 'once more' },
  ])
  expect(await read('told', 'SELECT node FROM clocks')).toHaveLength(3)
})

describe('what replicas record of their decisions', () => {
  const KEPT = { tenant: 'demo', site: 'home', verifier: OPTIONS.verifier }
  let one: OperationalDatabase
  beforeAll(async () => {
    const { access } = postgres.server
    one = await openOperational({ ...KEPT, access, lost: () => {}, stop: async () => {} })
  })
  afterAll(() => one.close())
  /** What each replica signs for the frames of this story, as its node appends it. */
  function decided(bodies: readonly string[], by: string, changes: Partial<Candidate> = {}): string[] {
    const fold = new SiteFold(OPTIONS)
    return bodies.flatMap((body, position) => {
      const taken = fold.take(position, body)
      if (taken.kind !== 'stepped' || !taken.candidate) return []
      const signed = signCandidate({ ...taken.candidate, ...changes }, signerOf(by), fold.stateHash())
      const { tenant: _, ...of } = { ...head, kind: 'Decided', position }
      return [canonical({ ...of, ...signed })]
    })
  }
  const decisionsOf = async (bodies: readonly string[]) => {
    const log = openMemoryLog({ topic: 'decisions', topicId: 'decisions-1', clock: () => START_MS })
    for (const body of bodies) await log.append([{ partition: 0, body }])
    return log
  }

  test('is there as votes, also the third one that came after the verdict, and as how far each replica is', async () => {
    const { bodies } = Story.long(6)
    const [a, b, c] = NODES.map(by => decided(bodies, by))
    const wrong = decided(bodies, 'node-c', { validityMs: 1 })
    const forged = a![0]!.replace(/"signature":"[^"]{4}/, '"signature":"AAAA')
    const elsewhere = a![0]!.replace('"site":"home",', '"site":"elsewhere",')
    const unknown = decided(bodies, 'node-a', { manifest: 'f'.repeat(64) as never })[0]!
    const again = a!.slice(0, 2)
    const records = [
      ...a!,
      ...b!,
      ...c!.slice(0, 3),
      wrong[4]!,
      forged,
      elsewhere,
      sealed(), // what a process tells of its actors
      unknown,
      'none',
      ...again,
      wrong[0]!,
    ]
    const facts = await logOf(bodies)
    const log = await decisionsOf(records)
    await projectBoth(facts, log, one)
    const frames = a!.length
    expect(
      await read('demo', 'SELECT replica, count(*)::int AS n FROM ballots GROUP BY replica ORDER BY replica'),
    ).toEqual([frames, frames, 4].map((n, i) => ({ replica: NODES[i], n })))
    const third = "SELECT cycle::int, agrees, counted FROM cycle_votes WHERE replica = 'node-c' ORDER BY cycle"
    const judged = await read('demo', third)
    expect(judged.map(({ cycle }) => cycle)).toEqual([1, 2, 3, 5])
    expect(judged.every(({ counted }) => counted === false)).toBe(true)
    const [cast] = await read('demo', "SELECT digest FROM ballots WHERE replica = 'node-c' AND cycle = 1")
    expect(cast!.digest).toBe(sha256(JSON.parse(c![0]!).bytes))
    const positions = 'SELECT replica, cycle::int, position, state_hash, at_ms FROM replicas ORDER BY replica'
    const [first, , last] = await read('demo', positions)
    expect(first).toMatchObject({ replica: 'node-a', cycle: frames, at_ms: String(START_MS) })
    expect(first!.state_hash).toMatch(/^[0-9a-f]{64}$/)
    expect(Number(first!.position)).toBe(JSON.parse(a!.at(-1)!).position)
    expect(last).toMatchObject({ replica: 'node-c', cycle: 5 })
    const aside = "SELECT code FROM set_aside WHERE topic = 'decisions' ORDER BY position"
    expect((await read('demo', aside)).map(({ code }) => code)).toEqual(['BAD_SIGNATURE', 'UNKNOWN_KEY', 'BAD_SHAPE'])

    // record by record, begun anew after each: the same rows
    const sums = await one.sums((await one.live()).id)
    await (await one.store((await one.live()).id)).clear('none')
    const empty = await one.sums((await one.live()).id)
    expect(empty.beside).toMatchObject({ checkpoint: -1, sums: { ballots: '0 rows 0' } })
    const growing = await decisionsOf([])
    for (const body of records) {
      await growing.append([{ partition: 0, body }])
      await projectBoth(facts, growing, one)
    }
    expect(await one.sums((await one.live()).id)).toEqual(sums)
  }, 30_000)

  test('of another log goes, and the rows of the facts stay', async () => {
    const { bodies } = Story.long(3)
    const facts = await logOf(bodies)
    await projectBoth(facts, await decisionsOf(decided(bodies, 'node-a')), one)
    const { id } = await one.live()
    const { facts: before } = await one.sums(id)
    const other = openMemoryLog({ topic: 'decisions', topicId: 'decisions-2' })
    await projectBoth(facts, other, one)
    expect(await one.sums(id)).toMatchObject({
      facts: before,
      beside: { checkpoint: -1, sums: { ballots: '0 rows 0' } },
    })
  })
})

test('a point that the newest frame lacks has no row (S24)', async () => {
  const story = Story.long(2).frame({ bat1: { points: {} } })
  await projectAll(await logOf(story.bodies), open('lost'), operational)
  expect(await read('lost', "SELECT * FROM points WHERE asset = 'bat1'")).toEqual([])
  expect((await read('lost', "SELECT * FROM points WHERE asset = 'bat2'")).length).toBeGreaterThan(5)
})

test('a text that Postgres cannot hold is set aside with its record and its reason; the others go in', async () => {
  const story = Story.long(1).alarm('raised', 'nul \u0000 byte').frame()
  await projectAll(await logOf(story.bodies), open('poisoned'), operational)
  expect(await read('poisoned', 'SELECT code, reason FROM set_aside')).toEqual([
    { code: 'POISONED', reason: expect.stringContaining('22021') },
  ])
  expect(await read('poisoned', 'SELECT * FROM alarms')).toEqual([])
  expect(await read('poisoned', 'SELECT cycle FROM sites')).toEqual([{ cycle: '2' }])
})

test('an id that comes again long after its end takes nothing back, in one batch or in many', async () => {
  const once = Story.long(20).bodies
  const again = Story.long(20)
  const command = { kind: 'CommandRequested', id: 'asked-manual-2', target: 'site', name: 'off', params: {} } as const
  again.add({ ...head, ...command, by: 'operator', issuedAtMs: 1, expiresMs: 1 })
  await projectAll(await logOf(once), open('once'), operational)
  await projectAll(await logOf(again.bodies), open('again'), operational)
  const growing = await logOf(once)
  await projectAll(growing, open('later'), operational)
  await growing.append([{ partition: 0, body: again.bodies.at(-1)! }])
  await projectAll(growing, open('later'), operational)
  const asked = "SELECT id, name, state, ended_ms FROM commands WHERE id = 'asked-manual-2'"
  const [first] = await read('once', asked)
  expect(first).toMatchObject({ name: 'manual', state: 'confirmed' })
  expect(await read('again', asked)).toEqual([first])
  expect(await read('later', asked)).toEqual([first])
  const rejected = "SELECT step FROM command_steps WHERE id = 'asked-manual-2' ORDER BY position DESC LIMIT 1"
  expect(await read('later', rejected)).toEqual([{ step: expect.stringMatching('rejected|requested') }])
})

describe('rows of another tenant (O1, S23)', () => {
  test('are not seen, changed or made by the writer or the reader, in any table', async () => {
    await projectAll(await logOf(Story.long(2).bodies), open('own'), operational)
    for (const client of [writer, reader])
      for (const table of [...TABLE_NAMES, 'checkpoints', 'cycle_votes', 'tenants']) {
        const { rows } = await as('other', client, () => client.query(`SELECT * FROM ${table} WHERE tenant = 'own'`))
        expect(rows, table).toEqual([])
      }
    const moved = await as('other', writer, () => writer.query('UPDATE checkpoints SET position = 0'))
    expect(moved.rowCount).toBe(0)
    const forged = "INSERT INTO clocks VALUES ('own', 'home', 'x', 1, 1, 1, 1, 1)"
    await expect(as('other', writer, () => writer.query(forged))).rejects.toThrow('row-level security')
    const nobody = await as('', reader, () => reader.query('SELECT * FROM sites'))
    expect(nobody.rows).toEqual([])
  })
  test('stay so: every table of a build has its policy, and neither role can go around it', async () => {
    const admin = await postgres.client('admin')
    const unguarded = await admin.query(
      `SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p')
       AND NOT (relrowsecurity AND relforcerowsecurity)`,
      [schema()],
    )
    expect(unguarded.rows).toEqual([])
    const roles = await admin.query(
      "SELECT rolname FROM pg_roles WHERE rolname LIKE 'quorate%er' AND (rolsuper OR rolbypassrls)",
    )
    expect(roles.rows).toEqual([])
    await expect(as('own', reader, () => reader.query('DELETE FROM sites'))).rejects.toThrow('permission denied')
    await expect(as('own', reader, () => reader.query('SELECT * FROM frozen_folds'))).rejects.toThrow(
      'permission denied',
    )
  })
})

test('what the rows add up to is told with the checkpoint that they stand at, and tells any difference', async () => {
  const bodies = Story.long(6).bodies
  for (const tenant of ['sum-a', 'sum-b']) await projectAll(await logOf(bodies), open(tenant), operational)
  const sums = (tenant: string) => sumsOf(reader, schema(), tenant, 'home')
  const first = await sums('sum-a')
  expect(first.facts.checkpoint).toBeGreaterThan(30)
  expect(await sums('sum-b')).toEqual(first)
  const admin = await postgres.client('admin')
  await admin.query(`UPDATE ${schema()}.points SET age_ms = age_ms + 1 WHERE tenant = 'sum-b' AND point = 'soc'`)
  const changed = Object.entries((await sums('sum-b')).facts.sums).filter(
    ([table, sum]) => first.facts.sums[table] !== sum,
  )
  expect(changed.map(([table]) => table)).toEqual(['points'])
})

test('a build is made beside the live one, switched to, and the former one dropped by name (O3)', async () => {
  const admin = await postgres.client('admin')
  const next = await addBuild(admin)
  expect(next.state).toBe('building')
  await expect(dropBuild(admin, postgres.live.id)).rejects.toThrow('beside the live one')
  await switchTo(admin, next.id)
  const states = async () => (await buildsOf(admin)).map(({ state }) => state)
  expect(await states()).toEqual(['former', 'live'])
  expect((await prepareDatabase(admin, postgres.server.access)).id).toBe(next.id)
  await switchTo(admin, postgres.live.id)
  await dropBuild(admin, next.id)
  expect(await states()).toEqual(['live'])
})

describe('the embedded server', () => {
  const keeperOf = (own: Postgres): number =>
    Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${own.pid}/status`, 'utf8'))![1])
  test('keeps its passwords for the owner alone, and takes no connection without one', async () => {
    expect(statSync(join(postgres.dir, 'passwords.json')).mode & 0o777).toBe(0o600)
    const { access } = postgres.server
    const wrong = { ...access, passwords: { ...access.passwords, reader: 'x' } }
    await expect(connect(wrong, 'reader', () => {})).rejects.toThrow('password authentication failed')
  })
  test('ends an orphan of an earlier process, and finds its rows (E2)', async () => {
    const own = await Postgres.start()
    const file = join(own.server.folder, 'data', 'postmaster.pid')
    process.kill(keeperOf(own), 'SIGKILL')
    await own.server.ended
    expect(existsSync(file)).toBe(true)
    await own.up()
    expect(own.notes).toEqual(['a Postgres of an earlier process is ended'])
    expect(await buildsOf(await own.client('admin'))).toHaveLength(1)
    await own.stop()
  })
  test('ends an orphan that hangs, too (E2)', async () => {
    const own = await Postgres.start()
    const keeper = keeperOf(own)
    own.signal('SIGSTOP')
    process.kill(keeper, 'SIGKILL')
    await own.server.ended
    await own.up()
    expect(await prepareDatabase(await own.client('admin'), own.server.access)).toEqual(own.live)
    await own.stop()
  })
  test('is made anew where its passwords are gone: its folder may outlive the one that they were in (E1)', async () => {
    const own = await Postgres.start()
    await own.server.stop()
    rmSync(join(own.dir, 'passwords.json'))
    await own.up()
    const made = await prepareDatabase(await own.client('admin'), own.server.access)
    expect(made).toEqual(own.live)
    await own.stop()
  })
  test('ends with the process that started it, however that ends (E3)', async () => {
    const script = join(import.meta.dirname, 'processes', 'postgres-starter.ts')
    const { stdout } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
      encoding: 'utf8',
    })
    const { dir, folder, pid } = JSON.parse(stdout) as { dir: string; folder: string; pid: number }
    await until(() => !existsSync(`/proc/${pid}`))
    expect(existsSync(join(folder, 'data', 'postmaster.pid'))).toBe(false)
    for (const path of [folder, dir]) rmSync(path, { recursive: true, force: true })
  })
})

describe('pages for readers', () => {
  const always = { fromMs: 0, toMs: 4_000_000_000_000 }
  let pool: pg.Pool
  const of = (tenant: string, site = 'home') => new OperationalReader(pool, tenant, site)
  beforeAll(() => {
    pool = openReaders(readerOf(postgres.server.access), () => {})
  })
  afterAll(() => pool.end())

  test('commands newest first, alarms by key, each once; of one snapshot with its checkpoint (S22)', async () => {
    await projectAll(await logOf(Story.long(40).bodies), open('paged'), operational)
    const commands: CommandRow[] = []
    for (let after: CommandKey | null = null, more = true; more; ) {
      const page: Page<CommandRow> = await of('paged').commands({}, { ...always, after, limit: 2 })
      commands.push(...page.rows)
      more = page.more
      const last = page.rows.at(-1)!
      after = [last.issuedAtMs, last.id]
    }
    const there = await read('paged', 'SELECT id FROM commands ORDER BY issued_ms DESC, id DESC')
    expect(commands.map(({ id }) => id)).toEqual(there.map(({ id }) => id))
    expect(commands.length).toBeGreaterThan(5)

    const states = [...new Set(commands.map(({ state }) => state))]
    for (const state of states) {
      const { rows } = await of('paged').commands({ state }, { ...always, after: null, limit: 100 })
      expect(rows).toEqual(commands.filter(row => row.state === state))
    }
    const [newest] = commands
    const before = { fromMs: 0, toMs: newest!.issuedAtMs, after: null, limit: 100 }
    expect((await of('paged').commands({ by: newest!.by, target: 'site' }, before)).rows).toEqual(
      commands.filter(row => row.target === 'site' && row.issuedAtMs < newest!.issuedAtMs),
    )

    const keys = (await read('paged', 'SELECT alarm_key FROM alarms ORDER BY alarm_key')).map(row => row.alarm_key)
    const alarms = await of('paged').alarms({}, { ...always, after: null, limit: 100 })
    expect(alarms.rows.map(({ key }) => key)).toEqual(keys)
    expect(alarms.rows).toContainEqual(expect.objectContaining({ alarm: 'dissent', about: 'node-b' }))
    const second = await of('paged').alarms({}, { ...always, after: [keys[0]], limit: 1 })
    expect(second).toMatchObject({ rows: [{ key: keys[1] }], more: keys.length > 2 })
    const { condition, asset } = alarms.rows[0]!
    const alike = await of('paged').alarms({ condition, asset }, { ...always, after: null, limit: 100 })
    expect(alike.rows).toEqual(alarms.rows.filter(row => row.condition === condition && row.asset === asset))
    const [at] = await read('paged', 'SELECT position, at_ms FROM checkpoints')
    const checkpoint = { from: 0, position: Number(at.position), beside: -1, atMs: Number(at.at_ms) }
    expect(alarms.checkpoint).toEqual(checkpoint)
    expect(await of('paged').standing()).toEqual({ checkpoint, setAside: 0 })
  })

  test('show a tenant nothing of another, and a site nothing of another (S23)', async () => {
    for (const reader of [of('nobody'), of('paged', 'elsewhere')]) {
      const page = await reader.commands({}, { ...always, after: null, limit: 100 })
      expect(page).toEqual({ rows: [], more: false, checkpoint: { from: 0, position: -1, beside: -1, atMs: 0 } })
    }
  })
})
