/** For machinery: do the databases answer, and how far are they? */
import Type from 'typebox'
import type { Route } from '../../api/route.ts'
import type { ViewsContext } from '../server.ts'
import { DATABASES, type DatabaseName, type SiteViews } from '../view.ts'

const closed = { additionalProperties: false } as const
const Part = Type.Object({ part: Type.Enum(DATABASES), ready: Type.Boolean(), says: Type.String() }, closed)
type Part = Type.Static<typeof Part>
const Readiness = Type.Object({ status: Type.Enum(['ok', 'failed']), parts: Type.Array(Part) }, closed)

async function partOf(site: SiteViews, part: DatabaseName, lagMsMax: number): Promise<Part> {
  const standing = await site.standing(part).catch(() => null) // it is not ready, and that is the answer
  if (!standing) return { part, ready: false, says: 'does not answer' }
  const { behindMs, behindRecords } = standing
  const lagging = behindMs > lagMsMax
  const says = `${behindRecords} records, ${(behindMs / 1_000).toFixed(1)} s behind${lagging ? ': lagging' : ''}`
  return { part, ready: !lagging, says }
}

export const ready: Route<ViewsContext> = {
  method: 'GET',
  path: '/readyz',
  id: 'ready',
  text: 'Both databases answer, and neither is lagging',
  open: true,
  answers: { 200: { text: 'Ready', schema: Readiness }, 503: { text: 'Not, and which one', schema: Readiness } },
  async handle(_, { sites, lagMsMax }) {
    const parts = await Promise.all(sites.flatMap(site => DATABASES.map(database => partOf(site, database, lagMsMax))))
    const all = parts.every(part => part.ready)
    return { status: all ? 200 : 503, body: { status: all ? 'ok' : 'failed', parts } }
  },
}

export const metrics: Route<ViewsContext> = {
  method: 'GET',
  path: '/metrics',
  id: 'metrics',
  text: 'Prometheus text',
  answers: { 200: { text: 'Metrics', contentType: 'text/plain' } },
  async handle({ tenant }, { sites, metrics }) {
    const { contentType, text } = await metrics.scrape(sites.filter(site => site.tenant === tenant))
    return { status: 200, body: text, contentType }
  },
}
