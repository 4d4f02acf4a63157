/**
 * The inspector's door: pages, what they ask for, and the live feed, at one address, from this process alone. The page is
 * one file of markup without script of its own; its script and styles are ours by hash, and nothing else may run (CSP).
 */
import type { FastifyInstance } from 'fastify'
import type { Clock, Note, Random } from '../../protocol/ports.ts'
import type { Grant } from '../api/access.ts'
import { buildDoor, type Door, openDoor } from '../api/door.ts'
import { type Bundle, type BundledFile, bundle, PAGE_POLICY, pageOf } from './bundle.ts'
import { Drawings } from './charts.ts'
import { serveLive } from './live.ts'
import { type InspectorContext, ROUTES, type Route } from './routes.ts'
import { Sessions } from './sessions.ts'
import { type InspectedSite, SiteViews } from './site.ts'

export interface InspectorOptions {
  /** `host:port`; port 0 for any. Beyond loopback only with `hosts`. */
  readonly address: string
  readonly hosts?: readonly string[]
  readonly grants: readonly Grant[]
  readonly sites: readonly InspectedSite[]
  readonly page: Bundle
  readonly clock: Clock
  readonly random: Random
  readonly note: Note
}

const ENTRY = 'main'
/** The page, made from its sources. */
export const inspectorPage = (): Promise<Bundle> => bundle({ [ENTRY]: new URL('./web/main.tsx', import.meta.url) })

export async function serveInspector(options: InspectorOptions): Promise<Door> {
  const app = buildInspector(options)
  return openDoor(app, options.address, options.hosts)
}

/** Without a socket: for tests, and for `serveInspector`. */
export function buildInspector(options: Omit<InspectorOptions, 'address'>): FastifyInstance {
  const { sites, page, clock, random, note, grants, hosts } = options
  const sessions = new Sessions({ grants, ...(hosts && { hosts }), clock, random })
  const views = sites.map(site => new SiteViews(site))
  const drawings = new Drawings()
  const context: InspectorContext = { sites: views, sessions, drawings }
  const routes = [...ROUTES, ...[...page.files.values()].map(fileRoute), ...pageRoutes(page)]
  const app = buildDoor({ admittance: sessions, routes, context, answered: () => {}, note, sockets: true })
  app.addHook('onClose', () => drawings.close())
  serveLive(app, { sites: views, sessions, clock, note })
  return app
}

/** A year: the name changes with the content. */
const FOREVER = 'public, max-age=31536000, immutable'

function fileRoute({ path, type, etag, body, brotli }: BundledFile): Route {
  return {
    method: 'GET',
    path,
    id: path,
    text: 'A part of the page',
    open: true,
    answers: { 200: { text: 'The file' } },
    handle: ({ headers }) => {
      const packed = brotli !== null && /\bbr\b/.test(String(headers['accept-encoding'] ?? ''))
      return {
        status: 200,
        body: packed ? brotli : body,
        contentType: type,
        headers: {
          'Cache-Control': FOREVER,
          ETag: etag,
          Vary: 'Accept-Encoding',
          ...(packed && { 'Content-Encoding': 'br' }),
        },
      }
    },
  }
}

/** Every address of a page is the same markup; the script reads the rest of the address. */
function pageRoutes(made: Bundle): Route[] {
  const body = pageOf(made, ENTRY, 'Quorate')
  return ['/', '/sign-in', '/t/*'].map(path => ({
    method: 'GET',
    path,
    id: `page ${path}`,
    text: 'The page',
    open: true,
    answers: { 200: { text: 'Markup' } },
    handle: () => ({ status: 200, body, contentType: 'text/html; charset=utf-8', headers: PAGE_HEADERS }),
  }))
}
const PAGE_HEADERS = {
  'Content-Security-Policy': PAGE_POLICY,
  'Referrer-Policy': 'same-origin', // without any, a page of ours could not say that it is one (I1)
  'Cross-Origin-Opener-Policy': 'same-origin',
}
