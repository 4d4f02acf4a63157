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

const Status = Type.Object({ status: Type.Enum(['ok', 'failed']) }, { additionalProperties: false })
const answer = (ok: boolean) => ({ status: ok ? 200 : 503, body: { status: ok ? 'ok' : 'failed' } })

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

export const health: Route = {
  method: 'GET',
  path: '/healthz',
  id: 'health',
  text: 'Alive: the process answers and its log can be read. Restart it where this fails',
  open: true,
  answers: { 200: { text: 'Alive', schema: Status }, 503: { text: 'Not', schema: Status } },
  async handle(_, { sites, clock }) {
    const lags = await Promise.all(sites.map(view => lagOf(view, clock)))
    return answer(lags.every(Number.isFinite))
  },
}

export const ready: Route = {
  method: 'GET',
  path: '/readyz',
  id: 'ready',
  text: 'Takes part: each replica votes or shadows, and has caught up with its log',
  open: true,
  answers: { 200: { text: 'Ready', schema: Status }, 503: { text: 'Not', schema: Status } },
  async handle(_, { sites, clock }) {
    const lags = await Promise.all(sites.map(view => lagOf(view, clock)))
    const caughtUp = lags.every(lag => lag <= LAG_RECORDS_MAX)
    return answer(caughtUp && sites.every(view => CAUGHT_UP.includes(view.replica)))
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
export const explain: Route = {
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
