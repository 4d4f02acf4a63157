/** Disks that are full under both databases of a run: rows wait in the log, and all that is written can be read. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { prepareDatabase } from '../../projections/operational/database.ts'
import type { ProjectorStatus } from '../../supervisors/run/projectors.ts'
import { Postgres } from '../contract/projections/postgres.ts'
import { folder, quorate, remove, SiteRun, steady, until } from './site-run.ts'
import { SmallDisk } from './small-disk.ts'

const NAMES = ['operational', 'timeseries'] as const
const refusal = SmallDisk.refusal()
if (refusal !== null) process.stdout.write(`no small disk can be mounted here: ${refusal}\n`)

describe.skipIf(refusal !== null)('disks that are full under the databases', () => {
  const dir = folder()
  const data = join(dir, 'data')
  const disks: SmallDisk[] = []
  let postgres: Postgres
  let run: SiteRun
  beforeAll(async () => {
    postgres = new Postgres()
    await postgres.up()
    await postgres.server.stop()
    disks.push(new SmallDisk(postgres.server.folder, 160), new SmallDisk(join(data, 'timeseries'), 160))
    await postgres.up()
    const { access } = postgres.server
    await prepareDatabase(await postgres.client('admin'), access)
    const server = `postgres://${access.admin}:${access.passwords.admin}@127.0.0.1:${access.port}/${access.database}`
    run = new SiteRun(data, ['--cycle', '500ms', '--postgres', server, '--lag-max', '15s', ...steady(dir, 2_000)], true)
    await run.started()
  }, 120_000)
  afterAll(async () => {
    for (const each of SiteRun.all) each.kill()
    await postgres?.server.stop()
    for (const disk of disks) disk.remove()
    await remove(dir)
    await postgres?.stop()
  })

  const status = async (name: string): Promise<ProjectorStatus | null> => {
    const found = (await run.status()).projections[name]
    return found && !('down' in found) ? found : null
  }
  const current = async () => {
    const { nodes } = await run.status()
    const position = Math.max(...Object.values(nodes).map(n => n?.position ?? 0))
    for (const name of NAMES) await until(async () => ((await status(name))?.checkpoint ?? -1) >= position)
  }
  const told = (event: string) => run.stderr.split('\n').filter(line => line.includes(`"msg":"${event}"`))
  const rows = async (path: string): Promise<number> => {
    const { views } = JSON.parse(readFileSync(join(data, 'run.json'), 'utf8'))
    const Authorization = `Bearer ${readFileSync(join(data, 'token'), 'utf8').trim()}`
    return (await fetch(`http://${views}/api/v1/sites/home/${path}`, { headers: { Authorization } })).status
  }

  test('each says so once and goes on by itself once there is room; control has not noticed, and nothing is lost', async () => {
    await run.line(line => line.kind === 'views')
    await current()
    const pids = (await run.status()).pids
    for (const disk of disks) disk.fill()
    for (const name of NAMES) await until(async () => (await status(name))?.noRoom != null)
    for (const name of NAMES) await until(async () => (await status(name))!.lagging)
    expect((await status('operational'))!.noRoom).toMatch(/No space left on device/)
    expect((await status('timeseries'))!.noRoom).toMatch(/not enough space|No space left/)
    await run.decided(3)
    for (const list of ['points?limit=1', 'commands?limit=1']) expect(await rows(list)).toBe(200)
    expect((await run.status()).pids).toEqual(pids)
    for (const disk of disks) disk.empty()
    await current()
    for (const name of NAMES) expect(await status(name)).toMatchObject({ noRoom: null, setAside: 0 })
    expect(told('there is room in the database again').length).toBe(told('no room in the database').length)
    const { out, err } = await quorate('rebuild', 'all', '--verify', '--json', '--data', data)
    const done = out.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line)]))
    expect(
      done.filter(line => line.kind === 'rebuilt').map(line => line.compared?.equal),
      err,
    ).toEqual([true, true])
    expect((await run.status()).gateway!.slots.uncovered).toBe(0)
  })
})
