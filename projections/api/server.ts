/**
 * The API of a node over HTTP. Each node serves the same, from what its own replica derived: none of them is needed.
 * Order of a request: host, token, shape, route. Refusals are problem details; nothing that a request carries in its
 * headers is ever noted.
 */
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Clock, Note } from '../../protocol/ports.ts'
import { type ErrorCode, Refusal } from '../../protocol/words/errors.ts'
import { Access, type Grant, isLoopback } from './access.ts'
import type { ApiMetrics } from './metrics.ts'
import { openApi } from './openapi.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'
import type { Context, Route } from './route.ts'
import { FACT_TYPE, readCommand, sendCommand } from './routes/commands.ts'
import { listDecisions } from './routes/decisions.ts'
import { streamEvents } from './routes/events.ts'
import { explain, health, metrics, ready } from './routes/operations.ts'
import { listSites, readAsset, readSite } from './routes/sites.ts'
import type { SiteView } from './view.ts'

/** A command is some hundred bytes; nobody may make a node hold more of an unread request. */
export const BODY_BYTES_MAX = 65_536
/** A request that has not come in whole by then holds a socket for nothing. */
const REQUEST_MS_MAX = 10_000
const PARAM_CHARS_MAX = 128
const VERSION = '1'

export interface ApiOptions {
  /** `host:port`; port 0 for any. Beyond loopback only with `hosts`. */
  readonly address: string
  readonly grants: readonly Grant[]
  /** Names under which it is served beside those of loopback. */
  readonly hosts?: readonly string[]
  readonly sites: readonly SiteView[]
  readonly metrics: ApiMetrics
  /** The host's time. */
  readonly clock: Clock
  readonly note: Note
}
export interface Api {
  /** With the real port. */
  readonly address: string
  /** Not ready from now on; what is asked is still answered. */
  drain(): void
  close(): Promise<void>
}

const SERVED: readonly Route[] = [
  listSites,
  readSite,
  readAsset,
  sendCommand,
  readCommand,
  listDecisions,
  streamEvents,
  health,
  ready,
  metrics,
  explain,
]
const document: Route = {
  method: 'GET',
  path: '/api/v1/openapi.json',
  id: 'openApi',
  text: 'This document',
  open: true,
  answers: { 200: { text: 'OpenAPI 3.1' } },
  handle: () => ({ status: 200, body: openApi(ROUTES, VERSION) }),
}
export const ROUTES: readonly Route[] = [...SERVED, document]

export async function serveApi(options: ApiOptions): Promise<Api> {
  const { address, hosts } = options
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(address) ?? []
  if (!isLoopback(address) && !hosts?.length)
    throw new Refusal('BAD_REQUEST', `address '${address}' is not loopback: name the hosts that it is served under`)
  let draining = false
  const app = buildApi({ ...options, draining: () => draining })
  await app.listen({ host: host.replace(/^\[|\]$/g, ''), port: Number(port) })
  const bound = app.server.address() as AddressInfo
  return {
    address: `${host}:${bound.port}`,
    drain: () => {
      draining = true
    },
    close: () => app.close(),
  }
}

/** Without a socket: for tests, and for `serveApi`. */
export function buildApi(options: Omit<ApiOptions, 'address'> & Pick<Context, 'draining'>): FastifyInstance {
  const { grants, hosts, sites, metrics, clock, note, draining } = options
  const access = new Access(grants, hosts)
  const context: Context = { sites, clock, note, metrics, waiting: { count: 0 }, streams: { count: 0 }, draining }
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: PARAM_CHARS_MAX },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, useDefaults: true } },
    frameworkErrors: (error, request, reply) => refuse(request, reply, 'BAD_REQUEST', error.message),
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(FACT_TYPE, { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.setSerializerCompiler(() => data => JSON.stringify(data))
  app.decorateRequest('tenant', null)
  app.addHook('onRequest', async (request, reply) => admit(request, reply, access))
  app.addHook('onResponse', async (request, reply) => {
    metrics.answered(request.routeOptions.url ?? 'none', reply.statusCode)
  })
  app.setErrorHandler((error, request, reply) => fail(error, request, reply, note))
  app.setNotFoundHandler((request, reply) => {
    refuse(request, reply, 'NOT_FOUND', `${request.method} ${pathOf(request)}; see /api/v1/openapi.json`)
  })
  for (const route of ROUTES) serve(app, route, context)
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

function serve(app: FastifyInstance, route: Route, context: Context): void {
  app.route({
    method: route.method,
    url: route.path,
    config: { open: route.open === true },
    schema: { ...(route.params && { params: route.params }), ...(route.query && { querystring: route.query }) },
    async handler(request, reply) {
      const { tenant, params, query, headers, body } = request
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

async function admit(request: FastifyRequest, reply: FastifyReply, access: Access): Promise<unknown> {
  reply.headers({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' })
  if (!access.serves(request.headers.host)) return refuse(request, reply, 'WRONG_HOST', 'the Host header is another')
  if (request.routeOptions.config.open) return
  request.tenant = access.tenantOf(request.headers.authorization)
  if (request.tenant !== null) return
  reply.header('WWW-Authenticate', 'Bearer realm="quorate"')
  return refuse(request, reply, 'UNAUTHENTICATED', 'no bearer token, or not one of this run')
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
  return refuse(request, reply, 'INTERNAL', 'what went wrong is in the log of this node')
}

const pathOf = (request: FastifyRequest): string => request.url.split('?')[0]!

function refuse(request: FastifyRequest, reply: FastifyReply, code: ErrorCode, detail: string): FastifyReply {
  const problem = problemOf(code, detail, pathOf(request))
  return reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem))
}
