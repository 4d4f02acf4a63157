/** What the page asks for beside the live feed: who it is, where the log ends, which position is next, what would be. */
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import type { ActorState, Placed } from '../../actors/kit/host.ts'
import { parseFact } from '../../protocol/codec/fact.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { CommandRequested } from '../../protocol/words/facts.ts'
import { NAME, SLUG } from '../../protocol/words/ids.ts'
import { type Route as AnyRoute, type Asked, siteOf } from '../api/route.ts'
import { FACT_TYPE } from '../api/routes/commands.ts'
import { BUDGET_MOST } from './chart/fold.ts'
import type { ChartAsk, Drawings } from './charts.ts'
import type { Moment } from './moments.ts'
import { basisOf, preview } from './preview.ts'
import type { Sessions } from './sessions.ts'
import type { SiteViews } from './site.ts'
import { streamStately } from './stately.ts'
import { trendOf } from './trend.ts'
import { placedOf, stateOf } from './views/actor.ts'

export interface InspectorContext {
  readonly sites: readonly SiteViews[]
  readonly sessions: Sessions
  readonly drawings: Drawings
}
export type Route = AnyRoute<InspectorContext>

const Site = Type.Object({ site: Type.String({ pattern: SLUG }) })
const Position = Type.Integer({ minimum: 0 })
const ok = { 200: { text: 'What was asked' } } as const

/** What changes something must come from a page of this address. */
const fromOwnPage = (asked: Asked, { sessions }: InspectorContext): void => {
  if (!sessions.ownPage(asked.headers)) throw new Refusal('FORBIDDEN', 'the page that asks is of another address')
}
const viewsOf = (asked: Asked, { sites }: InspectorContext): SiteViews =>
  siteOf(asked, { sites: sites.map(views => ({ tenant: views.of.tenant, site: views.of.site, views })) }).views
const nowOf = ({ of }: SiteViews): Moment => {
  if (!of.moments.now) throw new Refusal('UNAVAILABLE', 'the log is still being read, or holds no manifest yet')
  return of.moments.now
}
/** Throws BAD_SHAPE. */
function json(body: string): any {
  try {
    return JSON.parse(body)
  } catch (error) {
    throw new Refusal('BAD_SHAPE', `no JSON: ${(error as Error).message}`)
  }
}

const signIn: Route = {
  method: 'POST',
  path: '/inspector/session',
  id: 'signIn',
  text: 'Exchanges a token, or the code of a sign-in link, for a session cookie',
  open: true,
  answers: ok,
  handle: (asked, context) => {
    fromOwnPage(asked, context)
    if (!context.sessions.private(asked.headers))
      throw new Refusal(
        'FORBIDDEN',
        'whoever is on this line could read what you sign in with: ask by https, or on the machine itself',
      )
    const signed = context.sessions.signIn(String(json(asked.body).secret ?? ''), asked.headers)
    if (signed === 'tooOften') throw new Refusal('TOO_OFTEN', 'too many sign-ins at once; try again in a few seconds')
    if (!signed)
      throw new Refusal(
        'UNAUTHENTICATED',
        'this token is not known here, or the link is over: it is good once, for 10 minutes',
      )
    return { status: 200, body: {}, headers: { 'Set-Cookie': signed.cookie } }
  },
}
const signOut: Route = {
  method: 'POST',
  path: '/inspector/session/end',
  id: 'signOut',
  text: 'Ends the session',
  answers: ok,
  handle: (asked, context) => {
    fromOwnPage(asked, context)
    return { status: 200, body: {}, headers: { 'Set-Cookie': context.sessions.signOut(asked.headers) } }
  },
}
const whoAmI: Route = {
  method: 'GET',
  path: '/inspector/session',
  id: 'session',
  text: 'Whose session it is, and what there is to see',
  answers: ok,
  handle: ({ tenant }, { sites }) => {
    const own = sites.filter(views => views.of.tenant === tenant)
    const listed = own.map(({ of }) => ({ site: of.site, title: of.moments.now?.manifest.title ?? of.site }))
    return { status: 200, body: { tenant, sites: listed } }
  },
}
const ends: Route = {
  method: 'GET',
  path: '/inspector/sites/:site/ends',
  id: 'ends',
  text: 'The first and the newest record that are kept, with the log’s stamps',
  params: Site,
  answers: ok,
  handle: async (asked, context) => ({ status: 200, body: await viewsOf(asked, context).of.moments.stampedEnds() }),
}
const positionAt: Route = {
  method: 'GET',
  path: '/inspector/sites/:site/position',
  id: 'positionAt',
  text: 'The last position whose stamp is not after the time',
  params: Site,
  query: Type.Object({ time: Position }),
  answers: ok,
  handle: async (asked, context) => ({
    status: 200,
    body: { position: await viewsOf(asked, context).of.moments.positionAt(asked.query.time) },
  }),
}
const next: Route = {
  method: 'GET',
  path: '/inspector/sites/:site/step',
  id: 'step',
  text: 'The fact of this site before or after a position',
  params: Site,
  query: Type.Object({ from: Position, by: Type.Union([Type.Literal(-1), Type.Literal(1)]) }),
  answers: ok,
  handle: async (asked, context) => {
    const { moments } = viewsOf(asked, context).of
    const { from, by } = asked.query
    if (by === 1) return { status: 200, body: { position: (await moments.after(from))?.position ?? null } }
    const [before] = await moments.upTo(from - 1, 1)
    return { status: 200, body: { position: before?.position ?? null } }
  },
}

/** Records that are looked through for a trend: some minutes of a site. */
const TREND_RECORDS = 3_000
const trend: Route = {
  method: 'GET',
  path: '/inspector/sites/:site/trend',
  id: 'trend',
  text: 'How one point of an asset went, frame by frame, up to a position',
  params: Site,
  query: Type.Object({
    asset: Type.String({ pattern: NAME }),
    point: Type.String({ pattern: NAME }),
    at: Type.Optional(Position),
  }),
  answers: ok,
  handle: async (asked, context) => {
    const views = viewsOf(asked, context)
    const { asset, point, at } = asked.query
    const moments = await views.of.moments.upTo(at ?? nowOf(views).position, TREND_RECORDS)
    return { status: 200, body: trendOf(moments, asset, point) }
  },
}

const Ids = Type.Array(Type.String({ maxLength: 1_000 }), { maxItems: 4_000 })
const chartAsk = Compile(
  Type.Object({
    direction: Type.Enum(['DOWN', 'RIGHT']),
    opened: Ids,
    closed: Ids,
    find: Type.Union([Type.String({ maxLength: 1_000 }), Type.Null()]),
    budget: Type.Integer({ minimum: 1, maximum: BUDGET_MOST }),
    live: Ids,
  }),
)
const chart: Route = {
  method: 'POST',
  path: '/inspector/sites/:site/chart',
  id: 'chart',
  text: 'The chart of an actor, laid out and drawn; marks of what is live are the page’s',
  params: Site,
  query: Type.Object({ chart: Type.String({ maxLength: 100 }), at: Type.Optional(Position) }),
  answers: ok,
  handle: async (asked, context) => {
    const ask: ChartAsk = json(asked.body)
    if (!chartAsk.Check(ask))
      throw new Refusal('BAD_SHAPE', 'this takes direction, opened, closed, find, budget and live')
    const views = viewsOf(asked, context)
    const { at, chart } = asked.query
    const moment = at === undefined ? nowOf(views) : await views.of.moments.at(at)
    const known = views.charts.of(moment, chart)
    if (!known) throw new Refusal('NOT_FOUND', `no chart '${chart}' at position ${moment.position}`)
    return { status: 200, body: await context.drawings.draw(known, ask) }
  },
}

const stately: Route = {
  method: 'GET',
  path: '/inspector/sites/:site/stately',
  id: 'stately',
  text: 'One actor in the messages of Stately’s inspection protocol, a line each, as long as the reader stays',
  params: Site,
  query: Type.Object({ actor: Type.String({ pattern: NAME }) }),
  answers: { 200: { text: 'Lines of JSON', contentType: 'application/x-ndjson' } },
  handle: (asked, context) => {
    const views = viewsOf(asked, context)
    const { actor } = asked.query
    const of = (moment: Moment): [Placed, ActorState] | null => {
      const placed = placedOf(moment, actor)
      const own = stateOf(moment.state, actor)
      return placed && own ? [placed, own] : null
    }
    if (!of(nowOf(views))) throw new Refusal('NOT_FOUND', `no actor '${actor}' at '${views.of.site}'`)
    return { stream: response => streamStately(views, of, response) }
  },
}

const command = Compile(CommandRequested)
const previewed: Route = {
  method: 'POST',
  path: '/inspector/sites/:site/preview',
  id: 'preview',
  text: 'What a command would do now, by the pure step; nothing is sent',
  params: Site,
  answers: ok,
  handle: (asked, context) => {
    const fact = json(asked.body)
    if (!command.Check(fact)) throw new Refusal('BAD_SHAPE', 'this takes CommandRequested, unsigned')
    return { status: 200, body: preview(nowOf(viewsOf(asked, context)), fact) }
  },
}
const operate: Route = {
  method: 'POST',
  path: '/inspector/sites/:site/operate',
  id: 'operate',
  text: 'Sends what was selected and signed, unless the state that it was selected on is another by now',
  params: Site,
  query: Type.Object({ basis: Type.Optional(Type.String()) }),
  body: { contentType: FACT_TYPE, text: '`<signature> <canonical JSON>`' },
  answers: ok,
  handle: async (asked, context) => {
    fromOwnPage(asked, context)
    const views = viewsOf(asked, context)
    const { state } = nowOf(views)
    const parsed = parseFact(asked.body)
    if (parsed.kind === 'refused') throw new Refusal(parsed.code, parsed.reason)
    const { fact } = parsed
    if (fact.kind === 'CommandRequested' && asked.query.basis !== basisOf(state, fact.target))
      throw new Refusal('CHANGED', `'${fact.target}' is in another state than when the command was selected`)
    const submitted = await views.of.submit(asked.body)
    if (submitted.kind === 'refused') throw new Refusal(submitted.code, submitted.reason)
    return { status: 200, body: { id: submitted.id, position: submitted.position } }
  },
}
const enrol: Route = {
  method: 'POST',
  path: '/inspector/sites/:site/enrol',
  id: 'enrol',
  text: 'Has the browser’s key enrolled as an operator’s by the next manifest, where an administrator’s key is at hand',
  params: Site,
  answers: ok,
  handle: async (asked, context) => {
    fromOwnPage(asked, context)
    const publicKey = String(json(asked.body).publicKey ?? '')
    if (!/^[A-Za-z0-9_-]{43}$/.test(publicKey)) throw new Refusal('BAD_SHAPE', 'publicKey: 32 bytes in base64url')
    const views = viewsOf(asked, context)
    const enrolled = enrolledAs(nowOf(views), publicKey)
    return { status: 200, body: enrolled ?? (await views.of.enrol(publicKey)) }
  },
}
const myKey: Route = {
  method: 'GET',
  path: '/inspector/sites/:site/key',
  id: 'key',
  text: 'Under which name the manifest in force knows a public key, and with which roles',
  params: Site,
  query: Type.Object({ publicKey: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }) }),
  answers: ok,
  handle: (asked, context) => ({
    status: 200,
    body: enrolledAs(nowOf(viewsOf(asked, context)), asked.query.publicKey) ?? { id: null, roles: [] },
  }),
}
function enrolledAs({ manifest }: Moment, publicKey: string) {
  const found = Object.entries(manifest.keys).find(([, key]) => key.publicKey === publicKey)
  return found ? { id: found[0], roles: found[1].roles } : null
}

const readyz: Route = {
  method: 'GET',
  path: '/readyz',
  id: 'ready',
  text: 'Whether every site can be looked at: whoever stands before it asks another one where not',
  open: true,
  answers: { 200: { text: 'It can' }, 503: { text: 'Not yet' } },
  handle: (_asked, { sites }) => {
    const ready = sites.every(({ of }) => of.moments.now !== null)
    return { status: ready ? 200 : 503, body: { status: ready ? 'ok' : 'failed' } }
  },
}

export const ROUTES: readonly Route[] = [
  readyz,
  signIn,
  signOut,
  whoAmI,
  ends,
  positionAt,
  next,
  trend,
  chart,
  stately,
  previewed,
  operate,
  enrol,
  myKey,
]
