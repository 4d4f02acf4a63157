/**
 * What happens at a site over a WebSocket: the server-sent events, for whoever would rather have messages.
 *
 * L1  Whoever is not admitted, or asks for what is not there, is told by a problem before there is a socket.
 * L2  A browser cannot send an Authorization header: the token may come among the subprotocols, and is never sent back.
 * L3  A reader that does not read is closed with the reason; it goes on by `after`. A reader that speaks is, too.
 */
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import { Refusal } from '../../protocol/words/errors.ts'
import type { Admittance } from './admittance.ts'
import { type Context, notYet, siteOf } from './route.ts'
import { EventStream, type Sink, STREAMS_MAX } from './stream.ts'
import { type RefusedWith, refuseUpgrade } from './upgrade.ts'
import type { SiteView } from './view.ts'

export const LIVE_PATH = '/api/v1/sites/:site/live'
export const SUBPROTOCOL = 'quorate.v1'
export const TOKEN_PROTOCOL = 'bearer.'
/** Nothing is expected of a reader. */
const HEARD_BYTES_MAX = 1_024
/** Close codes of RFC 6455: against the rules; try again later. */
const POLICY = 1_008
const LATER = 1_013

/** Of a socket, what a stream needs. */
interface Socket {
  readonly bufferedAmount: number
  send(text: string): void
  ping(): void
  close(code: number, reason: string): void
}
export const messages = (socket: Socket): Sink => ({
  get unsentBytes() {
    return socket.bufferedAmount
  },
  tell(events) {
    for (const { event, id, data } of events) socket.send(`{"event":"${event}","id":${id},"data":${data}}`)
  },
  beat: () => socket.ping(),
  cut: reason => socket.close(LATER, reason),
})

export function serveLive(app: FastifyInstance, context: Context, admittance: Admittance): void {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: HEARD_BYTES_MAX,
    handleProtocols: offered => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false), // L2
  })
  app.server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {}) // a reader that went away; `close` follows
    try {
      const { view, after } = asked(request, context, admittance)
      sockets.handleUpgrade(request, socket, head, reader => begin(reader, view, after, context))
      context.metrics.answered(LIVE_PATH, 101)
    } catch (error) {
      context.metrics.answered(LIVE_PATH, refuseUpgrade(socket, request, error, context.note)) // L1
    }
  })
  app.addHook('preClose', async () => {
    for (const reader of sockets.clients) reader.terminate()
  })
}

/** Throws Refusal. */
function asked(request: IncomingMessage, context: Context, admittance: Admittance) {
  const { headers } = request
  const admitted = admittance.of({ ...headers, authorization: headers.authorization ?? offeredToken(request) }, false)
  if (admitted.kind === 'refused')
    throw Object.assign(new Refusal(admitted.code, admitted.detail), {
      headers: admitted.headers,
    } satisfies RefusedWith)
  const url = URL.parse(request.url ?? '', 'http://localhost')
  if (!url) throw new Refusal('BAD_REQUEST', 'the address cannot be read')
  const { pathname, searchParams } = url
  const site = /^\/api\/v1\/sites\/([^/]+)\/live$/.exec(pathname)?.[1]
  if (site === undefined) throw new Refusal('NOT_FOUND', `${pathname} takes no WebSocket`)
  const view = siteOf({ tenant: admitted.tenant, params: { site } }, context)
  if (!view.detail()) throw notYet(view)
  const after = searchParams.get('after')
  if (after !== null && !/^\d{1,15}$/.test(after))
    throw new Refusal('BAD_REQUEST', `after='${after}' is no id of an event`)
  if (context.streams.count >= STREAMS_MAX)
    throw new Refusal('TOO_MANY', `${STREAMS_MAX} streams are open at this node`)
  return { view, after: after === null ? null : Number(after) }
}
function offeredToken({ headers }: IncomingMessage): string | undefined {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map(each => each.trim())
  const token = offered.find(each => each.startsWith(TOKEN_PROTOCOL))
  return token && `Bearer ${token.slice(TOKEN_PROTOCOL.length)}`
}

function begin(reader: WebSocket, view: SiteView, after: number | null, { streams, clock }: Context): void {
  const stream = new EventStream(view, clock, messages(reader))
  streams.count++
  reader.on('error', () => {}) // `close` follows
  reader.on('message', () => reader.close(POLICY, 'nothing is taken here'))
  reader.once('close', () => {
    streams.count--
    stream.close()
  })
  stream.open(after)
}
