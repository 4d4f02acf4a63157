/** The inspector behind a name: HAProxy with the deployment's own configuration and TLS, and two inspectors behind it. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { served, TOKEN } from '../unit/inspector/served.ts'
import { logOf, Story } from '../unit/projections/story.ts'
import { hasHaproxy } from './deployed.ts'
import { until } from './site-run.ts'

const NAME = 'plant.example'
const CONFIG = fileURLToPath(new URL('../../supervisors/deployment/haproxy.cfg', import.meta.url))
const able = hasHaproxy && spawnSync('openssl', ['version']).status === 0
if (!able)
  process.stderr.write('no haproxy, or no openssl, on this machine: the inspector behind a name is not tried\n')

describe.skipIf(!able)('an inspector behind a name, over TLS', () => {
  const dir = mkdtempSync(join(tmpdir(), 'quorate-front-'))
  let inspectors: Awaited<ReturnType<typeof served>>[] = []
  let proxy: ChildProcess
  let port = 0
  const own = () => `https://${NAME}:${port}`

  beforeAll(async () => {
    const facts = await logOf(Story.long(2).bodies)
    inspectors = [await served(facts, [NAME]), await served(facts, [NAME])]
    port = await freePort()
    const env = {
      ...process.env,
      QUORATE_API: `127.0.0.1:${await freePort()}`,
      QUORATE_INSPECTOR: `127.0.0.1:${port}`,
      QUORATE_CERTIFICATE: certificateIn(dir),
      QUORATE_INSPECTOR_A: inspectors[0]!.door.address,
      QUORATE_INSPECTOR_B: inspectors[1]!.door.address,
    }
    proxy = spawn('haproxy', ['-db', '-f', CONFIG], { env, stdio: 'ignore' })
    await until(async () => (await ask('/readyz').catch(() => null))?.status === 200)
  })
  afterAll(async () => {
    proxy?.kill('SIGKILL')
    await Promise.all(inspectors.map(inspector => inspector.close().catch(() => {})))
    rmSync(dir, { recursive: true, force: true })
  })

  interface Answer {
    readonly status: number
    readonly cookie: string
    readonly code: string | undefined
  }
  /** As a browser that resolves the name to this machine. */
  const ask = (path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const common = { Host: `${NAME}:${port}`, 'Content-Type': 'application/json' }
      const options = { port, path, method: body === undefined ? 'GET' : 'POST', headers: { ...common, ...headers } }
      const asked = request({ ...options, rejectUnauthorized: false, agent: false }, response => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => {
          const cookie = response.headers['set-cookie']?.[0] ?? ''
          resolve({ status: response.statusCode ?? 0, cookie, code: /"code":"(\w+)"/.exec(text)?.[1] })
        })
      })
      asked.once('error', reject)
      asked.end(body)
    })
  const signIn = (headers: Record<string, string>) =>
    ask('/inspector/session', headers, JSON.stringify({ secret: TOKEN }))
  const feed = (cookie: string, origin: string): Promise<number> =>
    new Promise(resolve => {
      const headers = { Host: `${NAME}:${port}`, Cookie: cookie, Origin: origin }
      const socket = new WebSocket(`wss://127.0.0.1:${port}/inspector/live`, { headers, rejectUnauthorized: false })
      socket.on('error', () => {})
      socket.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
      socket.once('message', () => {
        resolve(101)
        socket.terminate()
      })
    })

  it('signs in under its name, with a cookie that goes over TLS alone', async () => {
    const { status, cookie } = await signIn({ Origin: own() })
    expect([status, cookie]).toEqual([200, expect.stringMatching(/; HttpOnly; SameSite=Strict; .*; Secure$/)])
  })
  it.each([
    ['a page of another name', () => ({ Origin: 'https://evil.example' }), 'FORBIDDEN'],
    ['a page of another port', () => ({ Origin: `https://${NAME}:1` }), 'FORBIDDEN'],
    ['a page that came over a line that others can read', () => ({ Origin: `http://${NAME}:${port}` }), 'FORBIDDEN'],
    ['another name', () => ({ Host: 'evil.example', Origin: 'https://evil.example' }), 'WRONG_HOST'],
  ])('refuses %s', async (_, headers, code) => {
    expect((await signIn(headers())).code).toBe(code)
  })
  it('shows the live feed to its own page, and to no other', async () => {
    const cookie = (await signIn({ Origin: own() })).cookie.split(';')[0]!
    expect(await feed(cookie, own())).toBe(101)
    expect(await feed(cookie, 'https://evil.example')).toBe(403)
    expect(await feed('', own())).toBe(401)
  })
  it('goes on with the same session, whichever of them answers, when one dies', async () => {
    const cookie = (await signIn({ Origin: own() })).cookie.split(';')[0]!
    for (const each of inspectors) expect((await each.get('/inspector/session', cookie)).status).toBe(200)
    await inspectors[0]!.close()
    await until(async () => (await ask('/inspector/session', { Cookie: cookie })).status === 200)
    await inspectors[1]!.close()
    expect((await ask('/inspector/session', { Cookie: cookie })).status).toBe(503)
  })
})

function certificateIn(dir: string): string {
  const [key, certificate, both] = ['key.pem', 'certificate.pem', 'both.pem'].map(name => join(dir, name)) as [
    string,
    string,
    string,
  ]
  const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate]
  execFileSync('openssl', ['req', '-x509', '-days', '2', '-subj', `/CN=${NAME}`, ...made], { stdio: 'pipe' })
  writeFileSync(both, readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'))
  return both
}
const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
