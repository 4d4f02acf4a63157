/** A Postgres that is away, or hangs, for a while under a run. */
import { createServer, connect as dial, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ProjectorStatus } from '../../supervisors/run/projectors.ts'
import { Postgres } from '../contract/projections/postgres.ts'
import { folder, quorate, remove, SiteRun, steady, until } from './site-run.ts'

const dir = folder()
const data = join(dir, 'data')
const LAG_MAX = '2s'

/** A server that can go away: whoever comes is turned out. */
class Road {
  readonly #sockets = new Set<Socket>()
  readonly #server: Server
  #closed = false
  port = 0

  constructor(to: number) {
    this.#server = createServer(inward => {
      inward.on('error', () => {})
      if (this.#closed) return void inward.destroy()
      const onward = dial(to, '127.0.0.1')
      for (const [one, other] of [[inward, onward] as const, [onward, inward] as const]) {
        this.#sockets.add(one)
        one.on('error', () => {}).on('close', () => other.destroy())
        one.pipe(other)
      }
    })
  }
  async open(): Promise<void> {
    await new Promise<void>(done => this.#server.listen(0, '127.0.0.1', done))
    this.port = (this.#server.address() as { port: number }).port
  }
  close(): void {
    this.#closed = true
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }
  reopen(): void {
    this.#closed = false
  }
  async end(): Promise<void> {
    this.close()
    await new Promise(done => this.#server.close(done))
  }
}

let postgres: Postgres
let road: Road
let run: SiteRun
beforeAll(async () => {
  postgres = await Postgres.start()
  const { access } = postgres.server
  road = new Road(access.port)
  await road.open()
  const server = `postgres://${access.admin}:${access.passwords.admin}@127.0.0.1:${road.port}/${access.database}`
  const args = ['--cycle', '500ms', '--postgres', server, '--lag-max', LAG_MAX, ...steady(dir, 2_000)]
  run = new SiteRun(data, args, true)
  await run.started()
}, 120_000)
afterAll(async () => {
  await remove(dir)
  await road.end()
  await postgres.stop()
})

const found = async (name: string) => (await run.status()).projections[name]
async function up(name: string): Promise<ProjectorStatus | null> {
  const status = await found(name)
  return status && !('down' in status) ? status : null
}
/** Has projected what the log held when this was called. */
async function current(name: string): Promise<void> {
  const { nodes } = await run.status()
  const position = Math.max(...Object.values(nodes).map(n => n?.position ?? 0))
  await until(async () => ((await up(name))?.checkpoint ?? -1) >= position)
}
const told = (event: string, name: string) =>
  run.stderr.split('\n').filter(line => line.includes(`"msg":"${event}"`) && line.includes(`"projection":"${name}"`))
async function equal(name: string): Promise<void> {
  const { out, err } = await quorate('rebuild', name, '--verify', '--json', '--data', data)
  expect(JSON.parse(out.trim().split('\n').at(-1)!), err).toMatchObject({ phase: 'done', compared: { equal: true } })
}

test('a Postgres that is away for longer than it may be is told of once; it is back by itself, and nothing is lost', async () => {
  await current('operational')
  const before = told('a projection is down', 'operational').length // its start may have taken as long
  road.close()
  await until(async () => {
    const status = await found('operational')
    return status !== undefined && 'down' in status && status.lagging
  })
  expect(await found('operational')).toMatchObject({ down: expect.stringContaining('quorate_admin at 127.0.0.1') })
  await current('timeseries')
  road.reopen()
  await current('operational')
  expect(told('a projection is down', 'operational')).toHaveLength(before + 1)
  await until(() => told('a projection is up again', 'operational').length === before + 1)
  await equal('operational')
  expect((await run.status()).gateway!.slots.uncovered).toBe(0)
})

test('a Postgres that hangs is given up, and gone on with once it answers', async () => {
  await current('operational')
  postgres.signal('SIGSTOP')
  try {
    await until(async () => {
      const status = await found('operational')
      return status !== undefined && 'down' in status && status.lagging && /timeout/.test(status.down)
    })
    await current('timeseries')
  } finally {
    postgres.signal('SIGCONT')
  }
  await current('operational')
  await equal('operational')
  expect((await run.status()).gateway!.slots.uncovered).toBe(0)
})
