/**
 * The door of `quorate inspect`, on loopback: the page, its chart, the live view, and events for the machine.
 *
 * Nothing of it commands a site. Still only this machine's own names are served, and what changes anything must be JSON from
 * the page itself, so that no other page can reach it.
 */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Door, openDoor } from '../../api/door.ts'
import { type Bundle, bundle, PAGE_POLICY, pageOf } from '../bundle.ts'
import { draw } from '../chart/draw.ts'
import { BUDGET_MOST, type Folding, fold } from '../chart/fold.ts'
import { ChartLayouts, LayoutFailed } from '../chart/layouts.ts'
import { type Direction, type Places, placesOf } from '../chart/scene.ts'
import { MachineSession, type SessionOptions } from './session.ts'
import type { FrameInput, MachineEvent } from './words.ts'

const BODY_BYTES_MAX = 262_144
const ENTRY = new URL('../web/machine/main.tsx', import.meta.url)
const OWN_NAMES = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i

export interface ChartAsk extends Required<Pick<Folding, 'opened' | 'closed' | 'budget'>> {
  readonly direction: Direction
  readonly find: string | null
}

export interface InspectOptions extends SessionOptions {
  readonly port: number
}
export async function serveMachine(options: InspectOptions): Promise<Door> {
  const [files, session, layouts] = [await bundle({ machine: ENTRY }), new MachineSession(options), new ChartLayouts()]
  const app = buildInspect(files, session, layouts)
  const end = async () => {
    session.close()
    await layouts.close()
  }
  try {
    const door = await openDoor(app, `127.0.0.1:${options.port}`)
    return {
      address: door.address,
      close: async () => {
        await end()
        await door.close()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}

function buildInspect(files: Bundle, session: MachineSession, layouts: ChartLayouts): FastifyInstance {
  const app = Fastify({ logger: false, bodyLimit: BODY_BYTES_MAX, forceCloseConnections: true })
  app.removeContentTypeParser('text/plain')
  const near = new Map<Direction, Places>()
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
    })
    const { host = '', origin } = request.headers
    if (!OWN_NAMES.test(host) || (origin !== undefined && origin !== `http://${host}`))
      return reply.code(421).send({ code: 'WRONG_HOST', detail: 'ask 127.0.0.1 or localhost' })
  })
  app.get('/', (_request, reply) => {
    reply.header('Content-Security-Policy', PAGE_POLICY).type('text/html; charset=utf-8')
    return reply.send(pageOf(files, 'machine', `${session.view.file} - Quorate`))
  })
  app.get('/assets/*', (request, reply) => sendFile(files, request, reply))
  app.get('/live', (_request, reply) => follow(session, reply))
  app.post<{ Body: ChartAsk }>('/chart', { schema: { body: ASK } }, async ({ body }, reply) => {
    const { chart } = session
    if (!chart) return reply.code(404).send({ code: 'NOT_FOUND', detail: 'no version of the file has loaded yet' })
    const { direction, opened, closed, find, budget } = body
    const show = [...(find === null ? [] : [find]), ...(session.view.moment?.live ?? [])]
    const before = near.get(direction)
    const ask = { chart, folded: fold(chart, { show, opened, closed, budget }), direction }
    const scene = await layouts.scene(before ? { ...ask, near: before } : ask)
    near.set(direction, placesOf(scene))
    const states = chart.nodes.map(({ id, key, parent }) => ({ id, key, parent }))
    return { svg: draw(scene, chart.id), scene, states }
  })
  app.post<{ Body: { event: MachineEvent } }>('/send', { schema: { body: SEND } }, async ({ body }, reply) => {
    session.send(body.event)
    return reply.code(204).send()
  })
  app.post<{ Body: Omit<FrameInput, 'unit'> }>('/write', { schema: { body: WRITE } }, async ({ body }, reply) => {
    session.write(body)
    return reply.code(204).send()
  })
  app.post('/reset', { schema: { body: { type: 'object' } } }, async (_request, reply) => {
    session.reset()
    return reply.code(204).send()
  })
  app.setErrorHandler((error, _request, reply) => {
    const { code, message, statusCode = 500 } = error as { code?: string; message: string; statusCode?: number }
    return reply
      .code(error instanceof LayoutFailed ? 503 : statusCode)
      .send({ code: code ?? 'INTERNAL', detail: message })
  })
  return app
}

const IDS = { type: 'array', maxItems: 4_000, items: { type: 'string', maxLength: 1_000 } }
const ASK = {
  type: 'object',
  required: ['direction', 'opened', 'closed', 'find', 'budget'],
  properties: {
    direction: { enum: ['DOWN', 'RIGHT'] },
    opened: IDS,
    closed: IDS,
    find: { type: ['string', 'null'] },
    budget: { type: 'integer', minimum: 1, maximum: BUDGET_MOST },
  },
}
const WRITE = {
  type: 'object',
  required: ['group', 'name', 'text'],
  properties: {
    group: { enum: ['points', 'wanted', 'settings'] },
    name: { type: 'string', maxLength: 200 },
    text: { type: 'string', maxLength: 200 },
  },
}
const SEND = {
  type: 'object',
  required: ['event'],
  properties: { event: { type: 'object', required: ['type'], properties: { type: { type: 'string', minLength: 1 } } } },
}

function sendFile({ files }: Bundle, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const file = files.get(request.url.split('?')[0]!)
  if (!file) return reply.code(404).send({ code: 'NOT_FOUND', detail: request.url })
  reply.headers({ 'Cache-Control': 'public, max-age=31536000, immutable', ETag: file.etag, Vary: 'Accept-Encoding' })
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send()
  const brotli = /\bbr\b/.test(String(request.headers['accept-encoding'] ?? '')) ? file.brotli : null
  if (brotli) reply.header('Content-Encoding', 'br')
  return reply.type(file.type).send(brotli ?? file.body)
}

/** Server-sent events: the whole view each time; a page that is behind gets the newest when it has caught up. */
function follow(session: MachineSession, reply: FastifyReply): void {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  })
  let missed = false
  const write = (): void => {
    missed = raw.writableNeedDrain
    if (!missed) raw.write(`data: ${JSON.stringify(session.view)}\n\n`)
  }
  raw.on('drain', () => {
    if (missed) write()
  })
  raw.on('close', session.onChange(write))
  write()
}
