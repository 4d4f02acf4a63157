/**
 * Who looks on: a bearer token, or a short-lived code of a sign-in link, is exchanged once for a cookie.
 *
 * I1  The cookie is HttpOnly and SameSite=Strict: no script reads it, no other site sends it. What changes anything must
 *     come from a page of this very address (`Sec-Fetch-Site`, `Origin`), so that nobody's page acts in another's name.
 * I2  A session shows one tenant and nothing of another (S23). It ends after IDLE_MS without a request, and after LIFE_MS.
 * I3  A code is an HMAC of its end under the token: it needs no memory of its maker, is good for CODE_MS, and once.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock, Random } from '../../protocol/ports.ts'
import { Access, type Grant, type Granted } from '../api/access.ts'
import { type Admits, type Admitted, refused } from '../api/admittance.ts'
import { Buckets, RATE } from '../api/rate.ts'

const COOKIE = 'quorate_session'
/** A shift. */
const IDLE_MS = 8 * 3_600_000
const LIFE_MS = 24 * 3_600_000
/** From the terminal to the browser. */
const CODE_MS = 10 * 60_000
/** People at one inspector at once; the one that has been idle longest goes first. */
const SESSIONS_MAX = 256
/** Sign-ins are guesses until they are right: few of them, however many ask. */
const SIGN_INS = { perSecond: 1, burst: 20 }

export interface Session {
  readonly id: string
  readonly tenant: string
  readonly beganMs: number
  seenMs: number
}

/** What a link carries behind its `#`. */
export function signInCode(token: string, wallMs: number): string {
  const ends = Math.floor(wallMs + CODE_MS)
  return `${ends.toString(36)}.${seal(token, ends)}`
}
const seal = (token: string, ends: number): string =>
  createHmac('sha256', token).update(`quorate sign-in ${ends}`).digest('base64url')

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
  readonly #sessions = new Map<string, Session>()
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
  session(headers: IncomingHttpHeaders): Session | null {
    const id = new RegExp(`(?:^|; *)${COOKIE}=([0-9a-f]{32,64})(?:;|$)`).exec(headers.cookie ?? '')?.[1]
    const session = id === undefined ? undefined : this.#sessions.get(id)
    if (!session) return null
    const now = this.#o.clock.monotonicMs()
    if (now - session.seenMs > IDLE_MS || now - session.beganMs > LIFE_MS) {
      this.#sessions.delete(session.id)
      return null
    }
    session.seenMs = now // I2
    return session
  }
  /** I1: the page that asks is one of ours. */
  ownPage({ host, origin, 'sec-fetch-site': fetchSite }: IncomingHttpHeaders): boolean {
    if (fetchSite !== undefined && fetchSite !== 'same-origin') return false
    return origin !== undefined && URL.parse(origin)?.host === host
  }

  /** By a token or a code; null: neither is good. Answers the value of `Set-Cookie`. */
  signIn(secret: string, secure: boolean): { readonly session: Session; readonly cookie: string } | 'tooOften' | null {
    if (this.#signIns.take('all') > 0) return 'tooOften'
    const tenant = this.#tenantOf(secret)
    if (tenant === null) return null
    const now = this.#o.clock.monotonicMs()
    const session: Session = { id: this.#o.random.id(), tenant, beganMs: now, seenMs: now }
    if (this.#sessions.size >= SESSIONS_MAX) this.#dropIdlest()
    this.#sessions.set(session.id, session)
    return { session, cookie: cookieOf(session.id, secure, LIFE_MS) }
  }
  signOut(headers: IncomingHttpHeaders, secure: boolean): string {
    const session = this.session(headers)
    if (session) this.#sessions.delete(session.id)
    return cookieOf('', secure, 0)
  }
  alive(session: Session): boolean {
    return this.#sessions.get(session.id) === session
  }

  #tenantOf(secret: string): string | null {
    const granted = this.#access.grantOf(`Bearer ${secret}`)
    return granted ? granted.tenant : this.#byCode(secret)
  }
  #byCode(code: string): string | null {
    const [, end = '', sealed = ''] = /^([0-9a-z]{1,12})\.([A-Za-z0-9_-]{43})$/.exec(code) ?? []
    const ends = Number.parseInt(end, 36)
    const now = this.#o.clock.wallMs()
    for (const [used, until] of this.#used) if (until < now) this.#used.delete(used)
    if (!(ends > now) || ends > now + CODE_MS || this.#used.has(code)) return null // I3
    let tenant: string | null = null
    for (const grant of this.#o.grants) if (same(seal(grant.token, ends), sealed)) tenant = grant.tenant
    if (tenant !== null) this.#used.set(code, ends)
    return tenant
  }
  #dropIdlest(): void {
    let idlest: Session | null = null
    for (const session of this.#sessions.values()) if (!idlest || session.seenMs < idlest.seenMs) idlest = session
    if (idlest) this.#sessions.delete(idlest.id)
  }
}
const same = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
const cookieOf = (id: string, secure: boolean, lifeMs: number): string =>
  `${COOKIE}=${id}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${Math.floor(lifeMs / 1_000)}${secure ? '; Secure' : ''}`
