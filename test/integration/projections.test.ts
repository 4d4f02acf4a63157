/** A run with its databases: beside control, lost and made anew, rebuilt and compared. */
import { readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseFact } from '../../protocol/codec/fact.ts'
import type { FactOf } from '../../protocol/words/facts.ts'
import { openTopic } from '../../supervisors/real/logs.ts'
import type { ProjectorStatus } from '../../supervisors/run/projectors.ts'
import { folder, quorate, remove, SiteRun, steady, until } from './site-run.ts'

const dir = folder()
const data = join(dir, 'data')
let run: SiteRun
/** Of the folders that the databases had outside the data folder. */
const elsewhere: string[] = []
beforeAll(async () => {
  run = new SiteRun(data, ['--cycle', '500ms', ...steady(dir, 2_000)], true)
  await run.started()
})
afterAll(async () => {
  await remove(dir)
  for (const path of elsewhere) rmSync(path, { recursive: true, force: true })
})

async function projector(name: string): Promise<ProjectorStatus | null> {
  const found = (await run.status().catch(() => null))?.projections[name]
  return found && !('down' in found) ? found : null
}
/** Has projected what the log held when this was called. */
async function current(name: string): Promise<ProjectorStatus> {
  const { nodes } = await run.status()
  const position = Math.max(...Object.values(nodes).map(n => n?.position ?? 0))
  let status: ProjectorStatus | null = null
  await until(async () => {
    status = await projector(name)
    return (status?.checkpoint ?? -1) >= position
  })
  return status!
}
async function postgresFolder(): Promise<string> {
  await current('operational')
  return readFileSync(join(data, 'operational', 'folder'), 'utf8').trim()
}
async function rebuild(...args: string[]): Promise<any> {
  const { code, out, err } = await quorate('rebuild', ...args, '--json', '--data', data)
  const lines = out.split('\n').filter(Boolean)
  return { code, err, last: lines.length > 0 ? JSON.parse(lines.at(-1)!) : null }
}

test('both follow the log beside a run that does not wait for them', async () => {
  for (const name of ['operational', 'timeseries']) {
    const status = await current(name)
    expect(status).toMatchObject({ projection: name, lagging: false, setAside: 0 })
    expect(status.checkpoint).toBeGreaterThan(0)
  }
  elsewhere.push(await postgresFolder())
})

const token = () => readFileSync(join(data, 'token'), 'utf8').trim()
async function view(path: string, bearer = token()): Promise<{ status: number; body: any }> {
  const { views } = JSON.parse(readFileSync(join(data, 'run.json'), 'utf8'))
  const reply = await fetch(`http://${views}${path}`, { headers: { Authorization: `Bearer ${bearer}` } })
  const text = await reply.text()
  return { status: reply.status, body: text.startsWith('{') ? JSON.parse(text) : text }
}
/** Every row of a list, by pages of so many, up to a position. */
async function rowsOf(list: string, limit: number, upTo = Number.POSITIVE_INFINITY): Promise<any[]> {
  const rows: any[] = []
  const sign = list.includes('?') ? '&' : '?'
  for (let cursor = ''; ; ) {
    const { status, body } = await view(`/api/v1/sites/home/${list}${sign}limit=${limit}${cursor}`)
    expect(status, JSON.stringify(body)).toBe(200)
    rows.push(...body.items.filter((row: any) => row.position <= upTo))
    if (!body.more || (body.items.at(-1)?.position ?? 0) > upTo) return rows
    cursor = `&cursor=${body.next}`
  }
}

test('the rows of both are served by pages, and the points are those of the log', async () => {
  await run.line(line => line.kind === 'views')
  expect((await run.status()).views).toBe((await run.line(line => line.kind === 'views')).address)
  const facts = await openTopic({ driver: 'embedded', dir: join(data, 'log') }, 'facts', { readOnly: true })
  const { next } = await facts.ends(0)
  // a frame that was sent twice counts once
  const frames = new Map<string, { readonly position: number; readonly fact: FactOf<'FrameMeasured'> }>()
  for (const { position, body } of await facts.read(0, 0, next)) {
    const opened = parseFact(body)
    if (opened.kind === 'refused' || opened.fact.kind !== 'FrameMeasured') continue
    const cycle = `${opened.fact.epoch} ${opened.fact.cycle}`
    if (!frames.has(cycle)) frames.set(cycle, { position, fact: opened.fact })
  }
  await facts.close()
  await until(async () => ((await projector('timeseries'))?.checkpoint ?? -1) >= next - 1)

  const expected = [...frames.values()].flatMap(({ position, fact }) =>
    Object.entries(fact.assets).flatMap(([asset, { points }]) =>
      Object.entries(points).map(([point, { value, unit = null, quality, ageMs }]) => {
        return { position, cycle: fact.cycle, asset, point, value, unit, quality, ageMs, late: false }
      }),
    ),
  )
  const order = (a: any, b: any) =>
    a.position - b.position || (a.asset < b.asset ? -1 : a.asset > b.asset ? 1 : a.point < b.point ? -1 : 1)
  const points = await rowsOf('points', 97, next - 1)
  expect(points.map(({ atMs: _, epoch: __, ...row }) => row)).toEqual(expected.sort(order))

  const ofSoc = await rowsOf('points?asset=bat1&point=soc', 20, next - 1)
  expect(ofSoc).toEqual(points.filter(p => p.asset === 'bat1' && p.point === 'soc'))
  const verdicts = await rowsOf('decisions?source=majority', 20, next - 1)
  expect(verdicts.length).toBeGreaterThan(3)
  expect(new Set(verdicts.map(row => row.seq)).size).toBe(verdicts.length)
  const commands = await rowsOf('commands?target=site', 1)
  expect(commands.map(row => [row.id, row.state])).toEqual([['first-site-automatic', 'confirmed']])
  for (const list of ['alarms', 'points?rollup=1m', 'points?rollup=15m']) await rowsOf(list, 2)
})

test('what is asked wrongly is refused, and strangers see nothing', async () => {
  const statusOf = async (path: string, bearer?: string) => (await view(path, bearer)).status
  expect(await statusOf('/api/v1/sites/home/points?cursor=nobodys')).toBe(400)
  expect(await statusOf('/api/v1/sites/home/points', 'e'.repeat(64))).toBe(401)
  expect(await statusOf('/api/v1/sites/elsewhere/points')).toBe(404)
  expect((await view('/metrics')).body).toContain('quorate_projection_up{site="home",projection="operational"} 1')
  expect((await view('/api/v1/openapi.json')).body.openapi).toBe('3.1.0')
  expect(await statusOf('/healthz')).toBe(200)
})

test('a projector that is killed is back and current, and control has not noticed', async () => {
  for (const name of ['operational', 'timeseries']) {
    const { pid } = await current(name)
    process.kill(pid, 'SIGKILL')
    await until(async () => ((await projector(name))?.pid ?? pid) !== pid)
    await current(name)
    // the same door, at the same place, over whichever database began anew
    for (const list of ['points?limit=1', 'commands?limit=1'])
      await until(async () => (await view(`/api/v1/sites/home/${list}`).catch(() => null))?.body.items?.length === 1)
  }
  expect((await run.status()).gateway!.slots.uncovered).toBe(0)
})

test('a Postgres that is killed under its projector is back with it', async () => {
  const pid = Number(readFileSync(join(await postgresFolder(), 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
  const { pid: before, checkpoint } = await current('operational')
  process.kill(pid, 'SIGKILL')
  await until(async () => ((await projector('operational'))?.pid ?? before) !== before)
  expect((await current('operational')).checkpoint).toBeGreaterThan(checkpoint)
})

/** Kills a process that may have found by itself that its database is gone, and have ended. */
function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

test('a database that is deleted under the running system is made anew from the log, and equal to a rebuild of it', async () => {
  const folders = { operational: await postgresFolder(), timeseries: join(data, 'timeseries', 'data') }
  for (const [name, path] of Object.entries(folders)) {
    const { pid, checkpoint } = await current(name)
    renameSync(path, `${path}.gone`) // at one instant: its next life must not meet half a folder
    rmSync(`${path}.gone`, { recursive: true, force: true })
    endNow(pid) // what it has open it could go on with for a while
    await until(async () => ((await projector(name))?.pid ?? pid) !== pid)
    expect((await current(name)).checkpoint).toBeGreaterThan(checkpoint)
    const { code, err, last } = await rebuild(name, '--verify')
    expect(last, err).toMatchObject({ kind: 'rebuilt', projection: name, phase: 'done', compared: { equal: true } })
    expect(code).toBe(0)
  }
  expect((await run.status()).gateway!.slots.uncovered).toBe(0)
})

test('a rebuild switches to its build; the former one is kept until it is dropped', async () => {
  const states = async () => (await current('operational')).builds.map(({ id, state }) => `${id} ${state}`)
  const { code, err, last } = await rebuild('operational')
  expect(code, err).toBe(0)
  expect(last.compared).toMatchObject({ equal: true })
  expect(await states()).toEqual(['1 former', `${last.build} live`])
  expect((await current('operational')).build).toBe(last.build)
  expect((await rebuild('operational', '--drop', '1')).code).toBe(0)
  expect(await states()).toEqual([`${last.build} live`])
  expect((await rebuild('operational', '--drop', String(last.build))).err).toContain('NOT_FOUND')
})

test('it stops in order, and the same rebuild works where no run is', async () => {
  expect((await run.stop()).cycles).toMatchObject({ uncovered: 0 })
  const { code, err, last } = await rebuild('all', '--verify')
  expect(last, err).toMatchObject({ projection: 'timeseries', phase: 'done', compared: { equal: true } })
  expect(code, err).toBe(0)
  expect((await rebuild('nothing')).err).toContain("rebuild 'nothing': operational, timeseries or all")
  expect((await rebuild('all', '--from', '3', '--verify')).err).toContain('not with --from')
})
