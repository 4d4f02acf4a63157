/** The door of `quorate inspect`: whom it serves, what it serves. */
import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serveMachine } from '../../../projections/inspector/machine/server.ts'
import { DOOR, MachineFile } from './machine-file.ts'

let file: MachineFile
let door: Awaited<ReturnType<typeof serveMachine>>
beforeAll(async () => {
  file = new MachineFile(DOOR)
  door = await serveMachine({ file: file.path, port: 0, say: () => {} })
})
afterAll(async () => {
  await door.close()
  file.remove()
})

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}
/** By `node:http`, since `fetch` writes the host itself. */
function ask(method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Answer> {
  const [host, port] = door.address.split(':')
  return new Promise((done, fail) => {
    const asked = request({ host, port, method, path, headers }, async response => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk as Buffer)
      done({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks).toString() })
    })
    asked.on('error', fail)
    asked.end(body)
  })
}
const JSON_TYPE = { 'Content-Type': 'application/json' }
const EVENT = JSON.stringify({ event: { type: 'open' } })

test('the page allows nothing inline and nothing from elsewhere', async () => {
  const { status, headers, body } = await ask('GET', '/')
  expect(status).toBe(200)
  expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
  expect(body).not.toMatch(/<script(?![^>]*src=)|<style|style=|https?:\/\//)
})

test('scripts and fonts are small, may be kept for ever, and are not sent again', async () => {
  const page = (await ask('GET', '/')).body
  const paths = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(m => m[1]!)
  expect(paths.filter(path => path.endsWith('.woff2'))).toHaveLength(3)
  for (const path of paths) {
    const plain = await ask('GET', path)
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect((await ask('GET', path, { 'If-None-Match': String(plain.headers.etag) })).status).toBe(304)
    if (path.endsWith('.woff2')) continue
    const small = await ask('GET', path, { 'Accept-Encoding': 'br' })
    expect(small.headers['content-encoding']).toBe('br')
    expect(Number(small.headers['content-length'])).toBeLessThan(80_000)
  }
  expect((await ask('GET', '/assets/../../package.json')).status).toBe(404)
})

test.each([
  ['a name that was rebound to loopback', { Host: 'evil.example' }],
  ['another page of this machine', { Origin: 'http://localhost:1' }],
])('%s gets nothing', async (_who, headers) => {
  expect((await ask('GET', '/', headers)).status).toBe(421)
  expect((await ask('POST', '/send', { ...JSON_TYPE, ...headers }, EVENT)).status).toBe(421)
})

test('what a form of another page could send is not taken', async () => {
  expect((await ask('POST', '/send', { 'Content-Type': 'text/plain' }, EVENT)).status).toBe(415)
  expect((await ask('POST', '/send', JSON_TYPE, '{"event": {}}')).status).toBe(400)
  expect((await ask('POST', '/send', JSON_TYPE, EVENT)).status).toBe(204)
})
