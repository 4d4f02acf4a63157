/** The API of a node. Each node serves the same, from what its own replica derived: none of them is needed. */
import type { FastifyInstance } from 'fastify'
import type { Note } from '../../protocol/ports.ts'
import { type Admission, Admittance } from './admittance.ts'
import { asyncApi } from './asyncapi.ts'
import { buildDoor, type Door, openDoor } from './door.ts'
import { serveLive } from './live.ts'
import type { ApiMetrics } from './metrics.ts'
import { openApi } from './openapi.ts'
import type { Context, Route } from './route.ts'
import { readCommand, sendCommand } from './routes/commands.ts'
import { listDecisions } from './routes/decisions.ts'
import { streamEvents } from './routes/events.ts'
import { explain, health, metrics, ready } from './routes/operations.ts'
import { listSites, readAsset, readSite } from './routes/sites.ts'
import {
  AlarmView,
  AssetDetail,
  AssetSummary,
  CommandView,
  DecisionView,
  LiveDecision,
  PointView,
  SetpointView,
  SiteDetail,
  SiteSummary,
  type SiteView,
} from './view.ts'

const VERSION = '1'
const SCHEMAS = {
  SiteSummary,
  SiteDetail,
  AssetSummary,
  AssetDetail,
  PointView,
  SetpointView,
  CommandView,
  AlarmView,
  DecisionView,
  LiveDecision,
}

export interface ApiOptions extends Admission {
  /** `host:port`; port 0 for any. Beyond loopback only with `hosts`. */
  readonly address: string
  readonly sites: readonly SiteView[]
  readonly metrics: ApiMetrics
  readonly note: Note
}
export interface Api extends Door {
  /** Not ready from now on; what is asked is still answered. */
  drain(): void
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
  handle: () => ({ status: 200, body: openApi(ROUTES, { title: 'Quorate', version: VERSION, schemas: SCHEMAS }) }),
}
const liveDocument: Route = {
  method: 'GET',
  path: '/api/v1/asyncapi.json',
  id: 'asyncApi',
  text: 'The live events, by server-sent events and by WebSocket',
  open: true,
  answers: { 200: { text: 'AsyncAPI 3.0' } },
  handle: () => ({ status: 200, body: asyncApi('Quorate', VERSION, SCHEMAS) }),
}
export const ROUTES: readonly Route[] = [...SERVED, document, liveDocument]

export async function serveApi(options: ApiOptions): Promise<Api> {
  let draining = false
  const app = buildApi({ ...options, draining: () => draining })
  const door = await openDoor(app, options.address, options.hosts)
  return {
    ...door,
    drain: () => {
      draining = true
    },
  }
}

/** Without a socket: for tests, and for `serveApi`. */
export function buildApi(options: Omit<ApiOptions, 'address'> & Pick<Context, 'draining'>): FastifyInstance {
  const { sites, metrics, clock, note, draining } = options
  const context: Context = { sites, clock, note, metrics, waiting: { count: 0 }, streams: { count: 0 }, draining }
  const answered = (route: string, status: number) => metrics.answered(route, status)
  const admittance = new Admittance(options)
  const app = buildDoor({ admittance, routes: ROUTES, context, answered, note, sockets: true })
  serveLive(app, context, admittance)
  return app
}
