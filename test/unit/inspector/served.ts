/** An inspector at a real socket, over a household's log in memory, and a browser's side of it without a browser. */
import { setTimeout as later } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { type Change, patched } from '../../../projections/inspector/delta.ts'
import { serveInspector } from '../../../projections/inspector/server.ts'
import type { EventLog } from '../../../protocol/log/event-log.ts'
import { openMemoryLog } from '../../../protocol/log/memory.ts'
import { hostClock } from '../../../supervisors/real/clock.ts'
import { hostRandom } from '../../../supervisors/real/random.ts'
import { OPTIONS } from '../projections/story.ts'
import { momentsOf, recordedOf } from './looked-at.ts'

export const TOKEN = 'a'.repeat(64)
export const OTHER = 'b'.repeat(64)
const NO_PAGE = { files: new Map(), entries: { main: { script: '/assets/main.js', style: null } }, fonts: [] }

export async function served(facts: EventLog, hosts: readonly string[] = []) {
  const { tenant, site } = OPTIONS
  const moments = await momentsOf(facts)
  const recorded = await recordedOf(openMemoryLog({ topic: 'decisions' }))
  const submitted: string[] = []
  const submit = async (body: string) => {
    submitted.push(body)
    return { kind: 'appended', id: JSON.parse(body.slice(body.indexOf(' '))).id, position: 99 } as const
  }
  const enrol = async () => ({ id: 'browser-1' })
  const door = await serveInspector({
    address: '127.0.0.1:0',
    hosts,
    grants: [
      { token: TOKEN, tenant },
      { token: OTHER, tenant: 'other' },
    ],
    sites: [{ tenant, site, machines: [], moments, recorded, submit, enrol }],
    page: NO_PAGE,
    clock: hostClock,
    random: hostRandom,
    note: () => {},
  })
  const own = `http://${door.address}`
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${own}${path}`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', Origin: own, ...headers },
    })
  const signIn = async (secret = TOKEN): Promise<string> => {
    const response = await post('/inspector/session', JSON.stringify({ secret }))
    return (response.headers.get('set-cookie') ?? '').split(';')[0]!
  }
  const get = (path: string, cookie: string) => fetch(`${own}${path}`, { headers: { Cookie: cookie } })
  return { door, own, moments, post, get, signIn, submitted, close: () => door.close() }
}

/** What a page does with the feed: it keeps what it was told whole, and changes it by what it is told then. */
export class Feed {
  readonly socket: WebSocket
  readonly shown = new Map<number, { position: number; value: unknown }>()
  readonly problems = new Map<number, { code: string; detail: string }>()
  beats = 0
  closed: number | null = null

  constructor(own: string, cookie: string, origin = own) {
    this.socket = new WebSocket(`${own.replace('http', 'ws')}/inspector/live`, {
      headers: { Cookie: cookie, Origin: origin },
    })
    this.socket.on('error', () => {})
    this.socket.on('close', code => {
      this.closed = code
    })
    this.socket.on('unexpected-response', (_request, response) => {
      this.closed = response.statusCode ?? 0
      response.resume()
    })
    this.socket.on('message', data => this.#hear(JSON.parse(String(data))))
  }
  async open(): Promise<this> {
    while (this.socket.readyState === WebSocket.CONNECTING && this.closed === null) await later(1)
    return this
  }
  show(id: number, view: string, params: object = {}, more: object = {}): void {
    const { tenant, site } = OPTIONS
    this.socket.send(JSON.stringify({ do: 'show', id, tenant, site, view, params, at: null, ...more }))
  }
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await later(1)
  }
  #hear(messages: readonly any[]): void {
    this.beats++
    for (const { id, position, whole, changes, problem } of messages) {
      if (problem) this.problems.set(id, problem)
      else if (changes) {
        const before = this.shown.get(id)!
        if (position < before.position) throw new Error('backwards')
        this.shown.set(id, { position, value: patched(before.value, changes as Change[]) })
      } else this.shown.set(id, { position, value: whole })
    }
  }
}
