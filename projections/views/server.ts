/** The door of the projections: lists of rows by pages, beside the nodes' own doors and of the same kind. */
import type { FastifyInstance } from 'fastify'
import type { Note } from '../../protocol/ports.ts'
import { type Admission, Admittance } from '../api/admittance.ts'
import { buildDoor, type Door, openDoor } from '../api/door.ts'
import { openApi } from '../api/openapi.ts'
import type { Route } from '../api/route.ts'
import { explain, health } from '../api/routes/operations.ts'
import { ViewsMetrics } from './metrics.ts'
import { listAlarms, listCommands, listPoints, listVerdicts } from './routes/rows.ts'
import { metrics, ready } from './routes/standing.ts'
import { AlarmRow, Checkpoint, CommandRow, PointRow, RollupRow, type SiteViews, VerdictRow } from './view.ts'

const VERSION = '1'
const SCHEMAS = { Checkpoint, PointRow, RollupRow, VerdictRow, CommandRow, AlarmRow }

export interface ViewsContext {
  readonly sites: readonly SiteViews[]
  readonly metrics: ViewsMetrics
  readonly lagMsMax: number
}
export interface ViewsOptions extends Admission {
  /** `host:port`; port 0 for any. Beyond loopback only with `hosts`. */
  readonly address: string
  readonly sites: readonly SiteViews[]
  /** Further behind, or away for longer: the rows are old. */
  readonly lagMsMax: number
  readonly note: Note
}

const document: Route<ViewsContext> = {
  method: 'GET',
  path: '/api/v1/openapi.json',
  id: 'openApi',
  text: 'This document',
  open: true,
  answers: { 200: { text: 'OpenAPI 3.1' } },
  handle: () => ({
    status: 200,
    body: openApi(ROUTES, { title: 'Quorate views', version: VERSION, schemas: SCHEMAS }),
  }),
}
export const ROUTES: readonly Route<ViewsContext>[] = [
  ...[listPoints, listVerdicts, listCommands, listAlarms],
  ...[health, ready, metrics, explain, document],
]

export function serveViews(options: ViewsOptions): Promise<Door> {
  return openDoor(buildViews(options), options.address, options.hosts)
}
/** Without a socket: for tests, and for `serveViews`. */
export function buildViews(options: Omit<ViewsOptions, 'address'>): FastifyInstance {
  const { sites, lagMsMax, clock } = options
  const own = new ViewsMetrics(clock, lagMsMax)
  const context = { sites, metrics: own, lagMsMax }
  const answered = (route: string, status: number) => own.answered(route, status)
  return buildDoor({
    admittance: new Admittance(options),
    routes: ROUTES,
    context,
    answered,
    note: options.note,
    sockets: false,
  })
}
