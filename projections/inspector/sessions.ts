/**
 * Who looks on: a bearer token, or a short-lived code of a sign-in link, is exchanged once for a cookie.
 *
 * I1  The cookie is HttpOnly and SameSite=Strict: no script reads it, no other site sends it. What changes anything must
 *     come from a page of this very address (`Sec-Fetch-Site`, `Origin`), so that nobody's page acts in another's name.
 * I2  A session shows one tenant and nothing of another (S23). It ends after IDLE_MS without a request, and after LIFE_MS.
 * I3  A code is an HMAC of its end under the token: it needs no memory of its maker, is good for CODE_MS, and once at
 *     each inspector.
 * I4  A cookie is an HMAC of its beginning under the token: every inspector that has the token knows it, also one that
 *     has just started. So the death of the one that somebody looked through signs nobody out. What one alone knows is
 *     that a session was signed out or idle; for the others LIFE_MS ends it, or another token.
 * I5  Nobody signs in over a line that others can read: by https, or from this machine.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock, Random } from '../../protocol/ports.ts'
import { Access, type Grant, type Granted, isLoopback } from '../api/access.ts'
import { type Admits, type Admitted, refused } from '../api/admittance.ts'
import { Buckets, RATE } from '../api/rate.ts'

const NAME = 'quorate_session'
/** Tenant, beginning, what makes it another than all others, and the seal of these three. */
const COOKIE = new RegExp(
  `(?:^|; *)${NAME}=([a-z0-9-]{1,64}\\.[0-9a-z]{1,12}\\.[0-9a-f]{32,64}\\.[A-Za-z0-9_-]{43})(?:;|$)`,
)
/** A shift. */
const IDLE_MS = 8 * 3_600_000
const LIFE_MS = 24 * 3_600_000
/** From the terminal to the browser. */
const CODE_MS = 10 * 60_000
/** People at one inspector at once; the one that has been idle longest goes first. */
const SESSIONS_MAX = 256
/** Of sessions that were signed out or idle, each until LIFE_MS would have ended it: more than sign in within a day. */
const ENDED_MAX = 4_096
/** Sign-ins are guesses until they are right: few of them, however many ask. */
const SIGN_INS = { perSecond: 1, burst: 20 }

export interface Session {
  /** The cookie's value. */
  readonly value: string
  readonly tenant: string
  /** Wall time: of whichever inspector it began at. */
  readonly beganMs: number
  /** Monotonic, of this process. */
  seenMs: number
}

/** What a link carries behind its `#`. */
export function signInCode(token: string, wallMs: number): string {
  const ends = Math.floor(wallMs + CODE_MS)
  return `${ends.toString(36)}.${seal(token, codeText(ends))}`
}
const seal = (token: string, text: string): string => createHmac('sha256', token).update(text).digest('base64url')
const codeText = (ends: number): string => `quorate sign-in ${ends}`
const sessionText = (said: string): string => `quorate session ${said}`

export interface SessionsOptions {
  readonly grants: readonly Grant[]
  readonly hosts?: readonly string[]
  /** The host's time. */
  readonly clock: Clock
  readonly random: Random
}

export class Sessions implements Admits {
  readonly #o: SessionsOptions
  readonly #access: Access
  /** By the cookie's value. */
  readonly #sessions = new Map<string, Session>()
  readonly #ended = new Set<string>()
  /** Codes that were used, until they would have ended anyway. */
  readonly #used = new Map<string, number>()
  readonly #rates: Buckets<Session | Granted>
  readonly #signIns: Buckets<'all'>

  constructor(options: SessionsOptions) {
    this.#o = options
    this.#access = new Access(options.grants, options.hosts)
    this.#rates = new Buckets(RATE, options.clock)
    this.#signIns = new Buckets(SIGN_INS, options.clock)
  }

  of(headers: IncomingHttpHeaders, open: boolean): Admitted {
    if (!this.#access.serves(headers.host)) return refused('WRONG_HOST', 'the Host header is another')
    if (open) return { kind: 'admitted', tenant: null }
    const granted = this.#access.grantOf(headers.authorization) // a program: no page can make a browser send this
    const session = granted ?? this.session(headers)
    if (!session) return refused('UNAUTHENTICATED', 'sign in first: the session has ended, or there is none')
    const waitMs = this.#rates.take(session)
    if (waitMs === 0) return { kind: 'admitted', tenant: session.tenant }
    return refused('TOO_OFTEN', `${Math.ceil(waitMs)} ms too early`, { 'Retry-After': `${Math.ceil(waitMs / 1_000)}` })
  }
  /** Null: there is none, or it is over. */
  session({ cookie = '' }: IncomingHttpHeaders): Session | null {
    const value = COOKIE.exec(cookie)?.[1]
    const session = value === undefined ? null : (this.#sessions.get(value) ?? this.#begunElsewhere(value))
    if (!session) return null
    const now = this.#o.clock.monotonicMs()
    if (this.#isOver(session) || now - session.seenMs > IDLE_MS) {
      this.#end(session)
      return null
    }
    session.seenMs = now // I2
    return session
  }
  /** I1: the page that asks is one of ours. */
  ownPage({ host, origin, 'sec-fetch-site': fetchSite }: IncomingHttpHeaders): boolean {
    if (fetchSite !== undefined && fetchSite !== 'same-origin') return false
    const page = URL.parse(origin ?? '')
    // by the page's own scheme, so that a port that goes without saying is the same, said or not
    return page !== null && page.host !== '' && page.host === URL.parse(`${page.protocol}//${host}`)?.host
  }
  /** I5 */
  private({ host, origin }: IncomingHttpHeaders): boolean {
    return isSecure(origin) || isLoopback(host ?? '')
  }

  /** By a token or a code; null: neither is good. Answers the value of `Set-Cookie`. */
  signIn(
    secret: string,
    { origin }: IncomingHttpHeaders,
  ): { readonly tenant: string; readonly cookie: string } | 'tooOften' | null {
    if (this.#signIns.take('all') > 0) return 'tooOften'
    const grant = this.#grantOf(secret)
    if (!grant) return null
    const beganMs = Math.floor(this.#o.clock.wallMs())
    const said = `${grant.tenant}.${beganMs.toString(36)}.${this.#o.random.id()}`
    const value = `${said}.${seal(grant.token, sessionText(said))}`
    this.#begin(value, grant.tenant, beganMs)
    return { tenant: grant.tenant, cookie: cookieOf(value, isSecure(origin), LIFE_MS) }
  }
  signOut(headers: IncomingHttpHeaders): string {
    const session = this.session(headers)
    if (session) this.#end(session)
    return cookieOf('', isSecure(headers.origin), 0)
  }
  alive(session: Session): boolean {
    return this.#sessions.get(session.value) === session && !this.#isOver(session)
  }

  #begin(value: string, tenant: string, beganMs: number): Session {
    const session: Session = { value, tenant, beganMs, seenMs: this.#o.clock.monotonicMs() }
    if (this.#sessions.size >= SESSIONS_MAX) this.#dropIdlest()
    this.#sessions.set(value, session)
    return session
  }
  /** I4 */
  #begunElsewhere(value: string): Session | null {
    if (this.#ended.has(value)) return null
    const [tenant = '', began = '', , sealed = ''] = value.split('.')
    const said = value.slice(0, value.lastIndexOf('.'))
    const made = this.#o.grants.some(g => g.tenant === tenant && same(seal(g.token, sessionText(said)), sealed))
    return made ? this.#begin(value, tenant, Number.parseInt(began, 36)) : null
  }
  /** By wall time: a clock that was set back makes no session longer. */
  #isOver({ beganMs }: Session): boolean {
    return Math.abs(this.#o.clock.wallMs() - beganMs) > LIFE_MS
  }
  #end({ value }: Session): void {
    this.#sessions.delete(value)
    this.#ended.add(value)
    if (this.#ended.size > ENDED_MAX) this.#ended.delete(this.#ended.keys().next().value!)
  }
  #grantOf(secret: string): Grant | null {
    return this.#o.grants.find(({ token }) => same(token, secret)) ?? this.#byCode(secret)
  }
  #byCode(code: string): Grant | null {
    const [, end = '', sealed = ''] = /^([0-9a-z]{1,12})\.([A-Za-z0-9_-]{43})$/.exec(code) ?? []
    const ends = Number.parseInt(end, 36)
    const now = this.#o.clock.wallMs()
    for (const [used, until] of this.#used) if (until < now) this.#used.delete(used)
    if (!(ends > now) || ends > now + CODE_MS || this.#used.has(code)) return null // I3
    const grant = this.#o.grants.findLast(({ token }) => same(seal(token, codeText(ends)), sealed)) ?? null
    if (grant) this.#used.set(code, ends)
    return grant
  }
  #dropIdlest(): void {
    let idlest: Session | null = null
    for (const session of this.#sessions.values()) if (!idlest || session.seenMs < idlest.seenMs) idlest = session
    if (idlest) this.#sessions.delete(idlest.value)
  }
}
const same = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
const isSecure = (origin: string | undefined): boolean => origin?.startsWith('https://') === true
const cookieOf = (value: string, secure: boolean, lifeMs: number): string =>
  `${NAME}=${value}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${Math.floor(lifeMs / 1_000)}${secure ? '; Secure' : ''}`
