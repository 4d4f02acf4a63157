/** A run with its databases: beside control, lost and made anew, rebuilt and compared. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
    expect(status).toMatchObject({ projection: name, late: false, setAside: 0 })
    expect(status.checkpoint).toBeGreaterThan(0)
  }
  elsewhere.push(await postgresFolder())
})

test('a projector that is killed is back and current, and control has not noticed', async () => {
  for (const name of ['operational', 'timeseries']) {
    const { pid } = await current(name)
    process.kill(pid, 'SIGKILL')
    await until(async () => ((await projector(name))?.pid ?? pid) !== pid)
    await current(name)
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

test('a database that is deleted under the running system is made anew from the log, and equal to a rebuild of it', async () => {
  const folders = { operational: await postgresFolder(), timeseries: join(data, 'timeseries', 'data') }
  for (const [name, path] of Object.entries(folders)) {
    const { pid, checkpoint } = await current(name)
    rmSync(path, { recursive: true, force: true })
    process.kill(pid, 'SIGKILL') // what it has open it could go on with for a while
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
