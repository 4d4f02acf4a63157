/**
 * The live feed of one browser: one snapshot of each thing that its page shows, at a position, then what changed of it.
 *
 * V1  A view is sent whole once, then by its differences from what was last sent: no gap and no duplicate, whatever lies
 *     between. After a cut the page asks anew and is where everybody is.
 * V2  Changes are gathered for BATCH_MS; a browser whose unsent bytes are many is passed over until it has read, and then
 *     gets the newest, so that nothing is ever queued for it but one batch. One that reads nothing for STUCK_MS is cut.
 * V3  It hears something at least every BEAT_MS: a page that does not knows that what it shows is old.
 * V4  A browser may show so much at once, and ask so often; what is beyond is refused and told.
 */
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Cancel, Clock, Note } from '../../protocol/ports.ts'
import { ERRORS, Refusal } from '../../protocol/words/errors.ts'
import { Buckets } from '../api/rate.ts'
import { refuseUpgrade } from '../api/upgrade.ts'
import { deltaOf } from './delta.ts'
import type { Session, Sessions } from './sessions.ts'
import type { SiteViews } from './site.ts'
import type { Params } from './views/view.ts'

export const LIVE_PATH = '/inspector/live'
const BATCH_MS = 50
const BEAT_MS = 500
const UNSENT_BYTES_MAX = 1_000_000
const STUCK_MS = 15_000
const HEARD_BYTES_MAX = 4_096
const SHOWN_MAX = 24
const ASKS = { perSecond: 40, burst: 200 }
const BROWSERS_MAX = 64
/** Close codes of RFC 6455: against the rules; try again later. Ours: sign in first. */
const POLICY = 1_008
const LATER = 1_013
const SIGN_IN = 4_401

interface Asked {
  readonly do: 'show' | 'hide'
  readonly id: number
  readonly tenant: string
  readonly site: string
  readonly view: string
  readonly params: Params
  readonly at: number | null
}
interface Subscription {
  readonly id: number
  readonly asked: Asked
  readonly views: SiteViews
  /** The page shows it no more. */
  hidden: boolean
  /** What the browser has; absent: nothing yet. */
  sent?: { readonly revision: number; readonly position: number; readonly value: unknown }
}

export interface LiveContext {
  readonly sites: readonly SiteViews[]
  readonly sessions: Sessions
  readonly clock: Clock
  readonly note: Note
}

export function serveLive(app: FastifyInstance, context: LiveContext): void {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true, maxPayload: HEARD_BYTES_MAX })
  app.server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {}) // a browser that went away; `close` follows
    try {
      const session = admitted(request, context)
      if (sockets.clients.size >= BROWSERS_MAX) throw new Refusal('TOO_MANY', `${BROWSERS_MAX} browsers look on here`)
      sockets.handleUpgrade(request, socket, head, browser => void new Browser(browser, session, context))
    } catch (error) {
      refuseUpgrade(socket, request, error, context.note)
    }
  })
  app.addHook('preClose', async () => {
    for (const browser of sockets.clients) browser.terminate()
  })
}

/** Throws WRONG_HOST, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND. */
function admitted({ headers, url = '' }: IncomingMessage, { sessions }: LiveContext): Session {
  const outcome = sessions.of(headers, false)
  if (outcome.kind === 'refused') throw new Refusal(outcome.code, outcome.detail)
  if (!sessions.ownPage({ ...headers, 'sec-fetch-site': undefined }))
    throw new Refusal('FORBIDDEN', 'the page that asks is of another address')
  if (url.split('?')[0] !== LIVE_PATH) throw new Refusal('NOT_FOUND', `${url} takes no WebSocket`)
  const session = sessions.session(headers)
  if (!session) throw new Refusal('UNAUTHENTICATED', 'the live feed is for pages that have signed in')
  return session
}

class Browser {
  readonly #socket: WebSocket
  readonly #session: Session
  readonly #context: LiveContext
  readonly #shown = new Map<number, Subscription>()
  readonly #asks: Buckets<'asks'>
  readonly #listening = new Map<SiteViews, Cancel>()
  #batch: Cancel | null = null
  #beat: Cancel | null = null
  #sending = false
  #again = false
  #readAtMs: number

  constructor(socket: WebSocket, session: Session, context: LiveContext) {
    this.#socket = socket
    this.#session = session
    this.#context = context
    this.#asks = new Buckets(ASKS, context.clock)
    this.#readAtMs = context.clock.monotonicMs()
    socket.on('error', () => {}) // `close` follows
    socket.on('message', data => this.#hear(String(data)))
    socket.once('close', () => this.#close())
    this.#pulse()
  }

  #hear(text: string): void {
    if (this.#asks.take('asks') > 0) {
      this.#socket.close(POLICY, 'too many questions')
      return
    }
    const asked = read(text)
    if (!asked) {
      this.#socket.close(POLICY, 'not a question of this page')
      return
    }
    if (asked.do === 'hide') {
      this.#hide(asked.id)
      return
    }
    try {
      const views = this.#siteOf(asked)
      this.#hide(asked.id)
      if (this.#shown.size >= SHOWN_MAX) throw new Refusal('TOO_MANY', `a page shows ${SHOWN_MAX} things at most`)
      this.#shown.set(asked.id, { id: asked.id, asked, views, hidden: false })
      if (!this.#listening.has(views))
        this.#listening.set(
          views,
          views.listen(() => this.#soon()),
        )
      void this.#send()
    } catch (error) {
      this.#socket.send(JSON.stringify([problem(asked.id, error, this.#context.note)]))
    }
  }
  /** Another tenant's is as unknown as one that does not exist (S23). */
  #siteOf({ tenant, site }: Asked): SiteViews {
    const own = this.#context.sites.filter(each => each.of.tenant === this.#session.tenant)
    const found = tenant === this.#session.tenant ? own.find(each => each.of.site === site) : undefined
    if (found) return found
    const known = own.map(each => each.of.site).join(', ') || 'none'
    throw new Refusal('NOT_FOUND', `there is no site '${site}' of '${tenant}' here; your sites: ${known}`)
  }
  #hide(id: number): void {
    const shown = this.#shown.get(id)
    if (!shown) return
    const { views } = shown
    shown.hidden = true
    this.#shown.delete(id)
    if ([...this.#shown.values()].some(other => other.views === views)) return
    this.#listening.get(views)?.cancel()
    this.#listening.delete(views)
  }

  /** V2 */
  #soon(): void {
    this.#batch ??= this.#context.clock.after(BATCH_MS, () => {
      this.#batch = null
      void this.#send()
    })
  }
  async #send(): Promise<void> {
    if (this.#sending) {
      this.#again = true
      return
    }
    this.#sending = true
    do {
      this.#again = false
      const batch: object[] = []
      for (const shown of [...this.#shown.values()]) {
        const message = await this.#messageOf(shown)
        if (message && !shown.hidden) batch.push(message)
      }
      if (batch.length > 0) this.#socket.send(JSON.stringify(batch))
    } while (this.#again && !this.#full)
    this.#sending = false
  }
  get #full(): boolean {
    return this.#socket.bufferedAmount > UNSENT_BYTES_MAX
  }
  /** V1 */
  async #messageOf(shown: Subscription): Promise<object | null> {
    const { asked, views, sent, id } = shown
    if (sent && (asked.at !== null || sent.revision === views.revision || this.#full)) return null
    const { revision } = views
    try {
      const { moment, value } = await views.show(asked.view, asked.params, asked.at)
      const { position } = moment
      shown.sent = { revision, position, value }
      if (!sent) return { id, position, whole: value }
      const changes = deltaOf(sent.value, value)
      return changes.length === 0 && position === sent.position ? null : { id, position, changes }
    } catch (error) {
      delete shown.sent
      if (asked.at !== null || !(error instanceof Refusal && error.code === 'UNAVAILABLE')) this.#shown.delete(id)
      return problem(id, error, this.#context.note)
    }
  }

  /** V3 */
  #pulse(): void {
    const { clock, sessions } = this.#context
    if (!sessions.alive(this.#session)) {
      this.#socket.close(SIGN_IN, 'the session has ended')
      return
    }
    if (this.#socket.bufferedAmount === 0) this.#readAtMs = clock.monotonicMs()
    if (clock.monotonicMs() - this.#readAtMs > STUCK_MS) {
      this.#socket.close(LATER, 'nothing is read')
      return
    }
    if (!this.#full) this.#socket.send('[]')
    this.#soon()
    this.#beat = clock.after(BEAT_MS, () => this.#pulse())
  }
  #close(): void {
    this.#beat?.cancel()
    this.#batch?.cancel()
    for (const listening of this.#listening.values()) listening.cancel()
    this.#shown.clear()
  }
}

function read(text: string): Asked | null {
  try {
    const asked = JSON.parse(text)
    if (!Number.isInteger(asked.id) || !['show', 'hide'].includes(asked.do)) return null
    if (asked.do === 'hide') return asked
    const words = [asked.tenant, asked.site, asked.view, ...Object.values(asked.params ?? {})]
    const position = asked.at ?? null
    if (words.some(word => typeof word !== 'string') || !(position === null || Number.isSafeInteger(position)))
      return null
    return { ...asked, params: asked.params ?? {}, at: position }
  } catch {
    return null
  }
}
function problem(id: number, error: unknown, note: Note): object {
  const known = error instanceof Refusal
  if (!known) note('error', 'a view failed', { error: error instanceof Error ? (error.stack ?? '') : String(error) })
  const code = known ? error.code : 'INTERNAL'
  const detail = known ? error.detail : 'what went wrong is in the log of this process'
  const { title, fix } = ERRORS[code]
  return { id, problem: { code, title, detail, fix } }
}
