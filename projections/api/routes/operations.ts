/** For those who run it: is it alive, does it take part, how does it do, what can be asked, what does a code mean. */
import Type from 'typebox'
import type { Cancel, Clock } from '../../../protocol/ports.ts'
import { ERRORS, Refusal } from '../../../protocol/words/errors.ts'
import { isErrorCode } from '../problem.ts'
import type { Route } from '../route.ts'
import type { SiteView } from '../view.ts'

/** States of a replica in which it has read its log to the end once. */
const CAUGHT_UP: readonly string[] = ['voting', 'shadow']
/** Further behind than this it decides nothing that is still valid. */
export const LAG_RECORDS_MAX = 1_000
/** A log that does not say where it ends within this time does not read. */
export const LOG_MS_MAX = 2_000

const closed = { additionalProperties: false } as const
const Alive = Type.Object({ status: Type.Literal('ok') }, closed)
/** Parts are of the node as a whole or of one of its sites; which one, no stranger is told. */
const Part = Type.Object(
  { part: Type.Enum(['process', 'log', 'replica']), ready: Type.Boolean(), says: Type.String() },
  closed,
)
type Part = Type.Static<typeof Part>
const Readiness = Type.Object({ status: Type.Enum(['ok', 'failed']), parts: Type.Array(Part) }, closed)

/** Records that are not stepped yet; infinite where the log does not answer. */
async function lagOf(view: SiteView, clock: Clock): Promise<number> {
  let timer: Cancel | undefined
  const late = new Promise<number>(resolve => {
    timer = clock.after(LOG_MS_MAX, () => resolve(Number.POSITIVE_INFINITY))
  })
  const lag = await Promise.race([view.lag().catch(() => Number.POSITIVE_INFINITY), late])
  timer?.cancel()
  return lag
}
async function partsOf(view: SiteView, clock: Clock): Promise<Part[]> {
  const lag = await lagOf(view, clock)
  const reachable = Number.isFinite(lag)
  const { replica } = view
  const behind = lag > LAG_RECORDS_MAX ? `, ${reachable ? `${lag} records` : 'nobody knows how far'} behind` : ''
  return [
    { part: 'log', ready: reachable, says: reachable ? 'answers' : 'does not answer' },
    { part: 'replica', ready: CAUGHT_UP.includes(replica) && lag <= LAG_RECORDS_MAX, says: `${replica}${behind}` },
  ]
}

export const health: Route<unknown> = {
  method: 'GET',
  path: '/healthz',
  id: 'health',
  text: 'Alive: the process answers. Start it anew where this does not',
  open: true,
  answers: { 200: { text: 'Alive', schema: Alive } },
  handle: () => ({ status: 200, body: { status: 'ok' } }),
}

export const ready: Route = {
  method: 'GET',
  path: '/readyz',
  id: 'ready',
  text: 'Takes part: it is not about to end, its log answers, each replica votes or shadows and has caught up',
  open: true,
  answers: { 200: { text: 'Ready', schema: Readiness }, 503: { text: 'Not, and which part', schema: Readiness } },
  async handle(_, { sites, clock, draining }) {
    const own: Part = draining()
      ? { part: 'process', ready: false, says: 'is about to end' }
      : { part: 'process', ready: true, says: 'answers' }
    const parts = [own, ...(await Promise.all(sites.map(view => partsOf(view, clock)))).flat()]
    const all = parts.every(part => part.ready)
    return { status: all ? 200 : 503, body: { status: all ? 'ok' : 'failed', parts } }
  },
}

export const metrics: Route = {
  method: 'GET',
  path: '/metrics',
  id: 'metrics',
  text: 'Prometheus text',
  answers: { 200: { text: 'Metrics', contentType: 'text/plain' } },
  async handle({ tenant }, context) {
    const own = context.sites.filter(view => view.tenant === tenant)
    const { contentType, text } = await context.metrics.scrape(own)
    return { status: 200, body: text, contentType }
  },
}

const Explained = Type.Object(
  { code: Type.String(), status: Type.Integer(), title: Type.String(), fix: Type.String() },
  { additionalProperties: false },
)
export const explain: Route<unknown> = {
  method: 'GET',
  path: '/api/v1/problems/:code',
  id: 'explainProblem',
  text: 'What a code of a problem means, and what to do about it',
  open: true,
  params: Type.Object({ code: Type.String({ pattern: '^[A-Z_]{1,40}$' }) }),
  answers: { 200: { text: 'The code', schema: Explained } },
  refuses: ['NOT_FOUND'],
  handle({ params: { code = '' } }) {
    if (!isErrorCode(code)) throw new Refusal('NOT_FOUND', `no code '${code}'`)
    return { status: 200, body: { code, ...ERRORS[code] } }
  },
}
