import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { ApiMetrics } from '../../../projections/api/metrics.ts'
import type { Ports } from '../../../protocol/ports.ts'
import { NodeApi } from '../../../supervisors/node/api.ts'
import { OwnedClock } from '../../../supervisors/real/clock.ts'
import { decided, FakeSite, TOKEN } from '../api/fake-site.ts'

const dir = mkdtempSync(join(tmpdir(), 'quorate-node-api-'))
const token = join(dir, 'token')
writeFileSync(token, `${TOKEN}\n`)
let api: NodeApi
afterEach(async () => {
  await api.stop()
})

const listen = (): Promise<Server> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server))
  })
const addressOf = (server: Server) => `127.0.0.1:${(server.address() as { port: number }).port}`

const turn = () => new Promise<void>(resolve => void setImmediate(resolve))
/** Asks for the stream and never reads of it. */
function readerOf(address: string): Promise<Socket> {
  const [host, port] = address.split(':') as [string, string]
  return new Promise(resolve => {
    const socket = connect(Number(port), host, () => {
      const head = ['GET /api/v1/sites/home/events HTTP/1.1', `Host: ${address}`, `Authorization: Bearer ${TOKEN}`]
      socket.write(`${head.join('\r\n')}\r\n\r\n`)
      socket.pause()
      resolve(socket)
    })
    socket.on('error', () => {})
  })
}

function open(address: string, file = token) {
  const clock = new OwnedClock(0)
  const notes: string[] = []
  const ports = { host: clock, note: (_: string, event: string) => void notes.push(event) } as unknown as Ports
  const site = new FakeSite()
  api = new NodeApi(ports, { address, grants: [{ tenant: 'demo', tokenFile: file }] }, [site], new ApiMetrics())
  return { clock, notes, site }
}

describe('the API beside a replica', () => {
  it('is served with the token of the file', async () => {
    open('127.0.0.1:0')
    await api.start()
    const headers = { Authorization: `Bearer ${TOKEN}` }
    expect((await fetch(`http://${api.address}/api/v1/sites`, { headers })).status).toBe(200)
    expect((await fetch(`http://${api.address}/api/v1/sites`)).status).toBe(401)
  })

  it('that cannot be served stops nothing, and is served later', async () => {
    const holder = await listen()
    const address = addressOf(holder)
    const { clock, notes } = open(address)
    await api.start()
    expect(api.address).toBeNull()
    expect(notes).toEqual(['api not served'])
    await new Promise(resolve => holder.close(resolve))
    clock.advanceTo(5_000)
    while (api.address === null) await turn()
    expect(api.address).toBe(address)
  })

  it('cuts a reader that does not read, however much the kernel holds for it', async () => {
    const { site } = open('127.0.0.1:0')
    await api.start()
    const reader = await readerOf(api.address!)
    while (site.feed.listeners === 0) await turn()
    const words = 'x'.repeat(1_000_000)
    for (let position = 8; position < 100 && site.feed.listeners > 0; position++) {
      site.feed.publish({ position, events: [decided(position, words)], frame: false })
      await turn()
    }
    expect(site.feed.listeners).toBe(0)
    reader.destroy()
  })

  it('ends while somebody still listens', async () => {
    const { site } = open('127.0.0.1:0')
    await api.start()
    const reader = await readerOf(api.address!)
    while (site.feed.listeners === 0) await turn()
    await api.stop()
    while (site.feed.listeners > 0) await turn()
    reader.destroy()
  })

  it('is not served without a token', async () => {
    const { notes } = open('127.0.0.1:0', join(dir, 'nothing'))
    await api.start()
    expect(api.address).toBeNull()
    expect(notes).toEqual(['api not served'])
    rmSync(dir, { recursive: true, force: true })
  })
})
