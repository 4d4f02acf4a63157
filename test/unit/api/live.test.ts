/** The live events over a WebSocket, and the document that tells of them. */

import { get } from 'node:http'
import type { AddressInfo } from 'node:net'
import specs from '@asyncapi/specs'
import { Ajv, type AnySchema } from 'ajv'
import type { FastifyInstance } from 'fastify'
import { Compile } from 'typebox/compile'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { messageOf } from '../../../projections/api/asyncapi.ts'
import { EVENTS, type EventName } from '../../../projections/api/events.ts'
import { messages } from '../../../projections/api/live.ts'
import { EventStream, STREAMS_MAX, UNSENT_BYTES_MAX } from '../../../projections/api/stream.ts'
import { OwnedClock } from '../../../supervisors/real/clock.ts'
import { alarm, apiOf, BEARER, commandAt, decided, FakeSite, OTHER_TOKEN, TOKEN } from './fake-site.ts'

let app: FastifyInstance
const sockets: WebSocket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate()
  await app?.close()
})

async function served(...sites: FakeSite[]): Promise<string> {
  ;({ app } = apiOf(...sites))
  await app.listen({ host: '127.0.0.1', port: 0 })
  return `127.0.0.1:${(app.server.address() as AddressInfo).port}`
}
interface Reader {
  readonly socket: WebSocket
  readonly told: any[]
  until(count: number): Promise<any[]>
}
/** Rejects with the status and the problem where it is refused. */
function listen(
  address: string,
  path = 'home/live',
  protocols: string[] = [],
  headers: object = BEARER,
): Promise<Reader> {
  const socket = new WebSocket(`ws://${address}/api/v1/sites/${path}`, protocols, { headers: { ...headers } })
  sockets.push(socket)
  const told: any[] = []
  let more = () => {}
  socket.on('message', text => {
    told.push(JSON.parse(String(text)))
    more()
  })
  const until = async (count: number) => {
    while (told.length < count)
      await new Promise<void>(resolve => {
        more = resolve
      })
    return told
  }
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve({ socket, told, until }))
    socket.once('error', reject)
    socket.once('unexpected-response', (_, response) => {
      let text = ''
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () =>
        reject(Object.assign(new Error(text), { status: response.statusCode, ...JSON.parse(text) })),
      )
    })
  })
}
const closed = (socket: WebSocket) =>
  new Promise<string>(resolve => socket.once('close', (code, reason) => resolve(`${code} ${reason}`)))
const ids = (told: any[]) => told.map(({ event, id }) => (id === null ? event : `${event}@${id}`))

describe('a WebSocket', () => {
  it('tells the same events, each fitting the schema of the document', async () => {
    const site = new FakeSite()
    const reader = await listen(await served(site))
    await reader.until(1)
    site.step(commandAt('command-1', 'accepted'), 8)
    site.feed.publish({ position: 9, events: [decided(9), { type: 'alarm', data: alarm }], frame: true })
    const told = await reader.until(4)
    expect(ids(told)).toEqual(['snapshot@7', 'command@8', 'decision', 'alarm@9'])
    for (const message of told) expect(Compile(messageOf(message.event)).Errors(message)).toEqual([])
  })

  it('goes on after the id that the reader has', async () => {
    const site = new FakeSite()
    for (const position of [8, 9, 10]) site.feed.publish({ position, events: [decided(position)], frame: true })
    const reader = await listen(await served(site), 'home/live?after=8')
    expect(ids(await reader.until(3))).toEqual(['decision@9', 'decision@10', 'state'])
  })

  it('takes the token among the subprotocols, and sends it to nobody', async () => {
    const { socket } = await listen(await served(new FakeSite()), 'home/live', ['quorate.v1', `bearer.${TOKEN}`], {})
    expect(socket.protocol).toBe('quorate.v1')
  })

  it.each([
    ['no token', 'home/live', [], {}, 401],
    ['another token', 'home/live', ['quorate.v1', `bearer.${'c'.repeat(64)}`], {}, 401],
    ['another tenant (S23)', 'home/live', [], { authorization: `Bearer ${OTHER_TOKEN}` }, 404],
    ['another host', 'home/live', [], { ...BEARER, host: 'evil.example' }, 421],
    ['no such site', 'elsewhere/live', [], BEARER, 404],
    ['no such place', 'home/decisions', [], BEARER, 404],
    ['no id', 'home/live?after=x', [], BEARER, 400],
  ])('is refused by a problem before it is there: %s', async (_, path, protocols, headers, status) => {
    const site = new FakeSite()
    await expect(listen(await served(site), path, protocols as string[], headers)).rejects.toMatchObject({ status })
    expect(site.feed.listeners).toBe(0)
  })

  it('is refused to one reader too many, and to one while nothing is known', async () => {
    const site = new FakeSite()
    const address = await served(site)
    await Promise.all(Array.from({ length: STREAMS_MAX }, () => listen(address)))
    await expect(listen(address)).rejects.toMatchObject({ status: 429, code: 'TOO_MANY' })
    site.known = false
    await expect(listen(address)).rejects.toMatchObject({ status: 503 })
  })

  it('is closed where the reader speaks, and ends with its reader', async () => {
    const site = new FakeSite()
    const { socket } = await listen(await served(site))
    socket.send('hello')
    expect(await closed(socket)).toBe('1008 nothing is taken here')
    while (site.feed.listeners > 0) await new Promise(resolve => setImmediate(resolve))
  })

  it('ends with the node', async () => {
    const { socket } = await listen(await served(new FakeSite()))
    const end = closed(socket)
    await app.close()
    expect(await end).toBe('1006 ')
  })

  it('that is not read is closed with the reason, and nothing more is kept for it', () => {
    const site = new FakeSite()
    const slow = { bufferedAmount: 0, sent: 0, ended: '' }
    const socket = {
      ...{
        send: () => slow.sent++,
        ping: () => {},
        close: (code: number, why: string) => (slow.ended = `${code} ${why}`),
      },
      get bufferedAmount() {
        return slow.bufferedAmount
      },
    }
    new EventStream(site, new OwnedClock(0), messages(socket)).open(null)
    slow.bufferedAmount = UNSENT_BYTES_MAX + 1
    for (const position of [8, 9]) site.feed.publish({ position, events: [decided(position)], frame: false })
    expect(slow).toMatchObject({ sent: 1, ended: `1013 more than ${UNSENT_BYTES_MAX} bytes were not read` })
    expect(site.feed.listeners).toBe(0)
  })

  it('is not needed: a request for another protocol is answered as it is', async () => {
    const headers = { upgrade: 'h2c', connection: 'Upgrade' }
    const address = await served(new FakeSite())
    const status = await new Promise(resolve => {
      get(`http://${address}/healthz`, { headers }, reply => resolve(reply.resume().statusCode))
    })
    expect(status).toBe(200)
  })
})

describe('the AsyncAPI document', () => {
  // its schema brings draft 7's own along
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, meta: false, validateSchema: false })
  const valid = ajv.compile(specs.schemas['3.0.0'] as AnySchema)
  const documentOf = async () => (await apiOf(new FakeSite()).get('/api/v1/asyncapi.json', {})).json()
  const at = (document: any, ref: string) =>
    ref
      .slice(2)
      .split('/')
      .reduce((value, key) => value?.[key], document)

  it('fits the schema of AsyncAPI 3.0, and refers to nothing that it does not have', async () => {
    const document = await documentOf()
    valid(document)
    expect(valid.errors ?? []).toEqual([])
    expect(valid({ ...document, operations: { tell: { action: 'shout' } } })).toBe(false)
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(m => m[1]!)
    expect(references).toContain('#/components/schemas/SiteDetail')
    for (const ref of references) expect(at(document, ref), ref).toBeDefined()
  })

  it('has every event on both channels, the parameters of each address, and messages of its own channel only', async () => {
    const document = await documentOf()
    for (const [name, channel] of Object.entries<any>(document.channels)) {
      expect(Object.keys(channel.messages).sort()).toEqual(Object.keys(EVENTS).sort())
      expect(Object.keys(channel.parameters).map(p => `{${p}}`)).toEqual(channel.address.match(/\{\w+\}/g))
      const operation = Object.values<any>(document.operations).find(o => o.channel.$ref === `#/channels/${name}`)
      expect(operation.messages).toHaveLength(Object.keys(EVENTS).length)
      for (const { $ref } of operation.messages) expect($ref).toMatch(new RegExp(`^#/channels/${name}/messages/`))
    }
  })

  it('names each message by its event, with the payload that is sent', async () => {
    const document = await documentOf()
    for (const event of Object.keys(EVENTS) as EventName[]) {
      const live = at(document, document.channels.live.messages[event].$ref)
      expect(live).toMatchObject({ name: event, payload: { properties: { event: { const: event } } } })
      const sent = at(document, document.channels.events.messages[event].$ref)
      expect(sent.payload).toEqual(live.payload.properties.data)
    }
  })
})
