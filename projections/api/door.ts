/**
 * A door over HTTP: routes as data, served alike wherever they come from. Order of a request: host, token, rate, shape,
 * route. Refusals are problem details; nothing that a request carries in its headers is ever noted.
 */
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Note } from '../../protocol/ports.ts'
import { type ErrorCode, Refusal } from '../../protocol/words/errors.ts'
import { isLoopback } from './access.ts'
import type { Admits } from './admittance.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'
import type { Route } from './route.ts'
import { FACT_TYPE } from './routes/commands.ts'

/** A command is some hundred bytes; nobody may make a process hold more of an unread request. */
export const BODY_BYTES_MAX = 65_536
/** A request that has not come in whole by then holds a socket for nothing. */
const REQUEST_MS_MAX = 10_000
const PARAM_CHARS_MAX = 128

export interface DoorOptions<C> {
  readonly admittance: Admits
  readonly routes: readonly Route<C>[]
  readonly context: C
  readonly answered: (route: string, status: number) => void
  readonly note: Note
  /** Somebody takes WebSockets at it; other requests for another protocol are answered as if they had not asked. */
  readonly sockets: boolean
}
export interface Door {
  /** With the real port. */
  readonly address: string
  close(): Promise<void>
}

/** `address`: `host:port`; port 0 for any. Beyond loopback only with `hosts`. */
export async function openDoor(app: FastifyInstance, address: string, hosts?: readonly string[]): Promise<Door> {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(address) ?? []
  if (!isLoopback(address) && !hosts?.length)
    throw new Refusal('BAD_REQUEST', `address '${address}' is not loopback: name the hosts that it is served under`)
  await app.listen({ host: host.replace(/^\[|\]$/g, ''), port: Number(port) })
  const bound = app.server.address() as AddressInfo
  return { address: `${host}:${bound.port}`, close: () => app.close() }
}

/** Without a socket: for tests, and for `openDoor`. */
export function buildDoor<C>(options: DoorOptions<C>): FastifyInstance {
  const { admittance, routes, context, note, answered, sockets } = options
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    http: { shouldUpgradeCallback: ({ headers }) => sockets && /^websocket$/i.test(headers.upgrade ?? '') },
    routerOptions: { maxParamLength: PARAM_CHARS_MAX },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, useDefaults: true } },
    frameworkErrors: (error, request, reply) => refuse(request, reply, 'BAD_REQUEST', error.message),
  })
  app.removeAllContentTypeParsers()
  for (const type of [FACT_TYPE, 'application/json'])
    app.addContentTypeParser(type, { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.setSerializerCompiler(() => data => JSON.stringify(data))
  app.decorateRequest('tenant', null)
  app.addHook('onRequest', async (request, reply) => admit(request, reply, admittance))
  app.addHook('onResponse', async (request, reply) => answered(request.routeOptions.url ?? 'none', reply.statusCode))
  app.setErrorHandler((error, request, reply) => fail(error, request, reply, note))
  app.setNotFoundHandler((request, reply) => {
    refuse(request, reply, 'NOT_FOUND', `${request.method} ${pathOf(request)}; see /api/v1/openapi.json`)
  })
  for (const route of routes) serve(app, route, context)
  return app
}

declare module 'fastify' {
  interface FastifyContextConfig {
    open?: boolean
  }
  interface FastifyRequest {
    /** Whose token was shown; null on open routes. */
    tenant: string | null
  }
}

function serve<C>(app: FastifyInstance, route: Route<C>, context: C): void {
  app.route({
    method: route.method,
    url: route.path,
    config: { open: route.open === true },
    schema: { ...(route.params && { params: route.params }), ...(route.query && { querystring: route.query }) },
    async handler(request, reply) {
      const { tenant, params, query, headers, body } = request
      const wanted = route.body?.contentType
      if (wanted !== undefined && headers['content-type']?.split(';')[0]?.trim() !== wanted)
        throw new Refusal('CONTENT_TYPE', `this takes ${wanted}`)
      const asked = { tenant, params: params as any, query: query as any, headers, body: String(body ?? '') }
      const answer = await route.handle(asked, context)
      if ('stream' in answer) {
        reply.hijack()
        return answer.stream(reply.raw)
      }
      reply.code(answer.status).headers(answer.headers ?? {})
      return reply.type(answer.contentType ?? 'application/json').send(answer.body)
    },
  })
}

async function admit(request: FastifyRequest, reply: FastifyReply, admittance: Admits): Promise<unknown> {
  reply.headers({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' })
  const admitted = admittance.of(request.headers, request.routeOptions.config.open === true)
  if (admitted.kind === 'refused')
    return refuse(request, reply.headers(admitted.headers), admitted.code, admitted.detail)
  request.tenant = admitted.tenant
}

function fail(error: unknown, request: FastifyRequest, reply: FastifyReply, note: Note): unknown {
  if (error instanceof Refusal) {
    const { code, detail } = error
    return refuse(request, reply, code, detail)
  }
  const { statusCode = 500, validation, message, stack } = error as FastifyError
  if (validation) return refuse(request, reply, 'BAD_REQUEST', message)
  if (statusCode === 413) return refuse(request, reply, 'TOO_LARGE', `at most ${BODY_BYTES_MAX} bytes`)
  if (statusCode === 415) return refuse(request, reply, 'CONTENT_TYPE', `this takes ${FACT_TYPE}`)
  if (statusCode < 500) return refuse(request, reply, 'BAD_REQUEST', message)
  note('error', 'request failed', { route: request.routeOptions.url ?? null, error: stack ?? message })
  return refuse(request, reply, 'INTERNAL', 'what went wrong is in the log of this process')
}

const pathOf = (request: FastifyRequest): string => request.url.split('?')[0]!

function refuse(request: FastifyRequest, reply: FastifyReply, code: ErrorCode, detail: string): FastifyReply {
  const problem = problemOf(code, detail, pathOf(request))
  return reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem))
}
