import { describe, expect, it } from 'vitest'
import { Sessions, signInCode } from '../../../projections/inspector/sessions.ts'
import { hostRandom } from '../../../supervisors/real/random.ts'

const TOKEN = 'a'.repeat(64)
const OTHER = 'b'.repeat(64)
const HOUR_MS = 3_600_000

class Hands {
  nowMs = 1_000_000
  readonly clock = {
    monotonicMs: () => this.nowMs,
    monotonicUs: () => this.nowMs * 1_000,
    wallMs: () => this.nowMs,
    after: () => ({ cancel() {} }),
  }
  readonly sessions = new Sessions({
    grants: [
      { token: TOKEN, tenant: 'demo' },
      { token: OTHER, tenant: 'else' },
    ],
    clock: this.clock,
    random: hostRandom,
  })
  signIn(secret: string) {
    const signed = this.sessions.signIn(secret, false)
    return signed === null || signed === 'tooOften' ? null : signed
  }
  headers(cookie: string) {
    return { host: '127.0.0.1:1', cookie: cookie.split(';')[0]! }
  }
}

describe('a session', () => {
  it('is had by a token, shows its tenant, and ends when it is signed out', () => {
    const { sessions, signIn, headers } = bound(new Hands())
    const { cookie } = signIn(TOKEN)!
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict; Path=\//)
    expect(sessions.of(headers(cookie), false)).toEqual({ kind: 'admitted', tenant: 'demo' })
    sessions.signOut(headers(cookie), false)
    expect(sessions.of(headers(cookie), false)).toMatchObject({ kind: 'refused', code: 'UNAUTHENTICATED' })
  })
  it('is had by nobody else', () => {
    const { sessions, signIn, headers } = bound(new Hands())
    expect(signIn('c'.repeat(64))).toBeNull()
    expect(signIn('')).toBeNull()
    signIn(TOKEN)
    for (const cookie of ['', 'quorate_session=', `quorate_session=${'0'.repeat(32)}`])
      expect(sessions.of(headers(cookie), false).kind).toBe('refused')
    expect(sessions.of({ host: 'evil.example' }, true)).toMatchObject({ code: 'WRONG_HOST' })
  })
  it('ends when nobody uses it, and after a day all the same', () => {
    const hands = new Hands()
    const { sessions, signIn, headers } = bound(hands)
    const idle = headers(signIn(TOKEN)!.cookie)
    const used = headers(signIn(TOKEN)!.cookie)
    for (let hour = 0; hour < 9; hour++) {
      hands.nowMs += HOUR_MS
      sessions.of(used, false)
    }
    expect(sessions.of(idle, false).kind).toBe('refused')
    expect(sessions.of(used, false).kind).toBe('admitted')
    for (let hour = 9; hour < 25; hour++) {
      hands.nowMs += HOUR_MS
      sessions.of(used, false)
    }
    expect(sessions.of(used, false).kind).toBe('refused')
  })
  it('asks in a bounded rate, and so do those who guess', () => {
    const { sessions, signIn, headers } = bound(new Hands())
    const own = headers(signIn(TOKEN)!.cookie)
    const outcomes = Array.from({ length: 400 }, () => sessions.of(own, false))
    expect(outcomes.filter(o => o.kind === 'refused' && o.code === 'TOO_OFTEN').length).toBe(200)
    const guesses = Array.from({ length: 40 }, () => sessions.signIn('d'.repeat(64), false))
    expect(guesses.filter(guess => guess === 'tooOften').length).toBeGreaterThan(15)
  })
})

describe('a sign-in code', () => {
  it('is good once, for ten minutes, for the tenant of its token', () => {
    const hands = new Hands()
    const { sessions, signIn } = bound(hands)
    const code = signInCode(OTHER, hands.nowMs)
    expect(signIn(code)!.session.tenant).toBe('else')
    expect(signIn(code)).toBeNull()
    const late = signInCode(TOKEN, hands.nowMs)
    hands.nowMs += 10 * 60_000 + 1
    expect(sessions.signIn(late, false)).toBeNull()
  })
  it('of another token, or with another end, is none', () => {
    const hands = new Hands()
    const { signIn } = bound(hands)
    expect(signIn(signInCode('e'.repeat(64), hands.nowMs))).toBeNull()
    const [, seal] = signInCode(TOKEN, hands.nowMs).split('.')
    expect(signIn(`${(hands.nowMs + 500_000).toString(36)}.${seal}`)).toBeNull()
    expect(signIn(signInCode(TOKEN, hands.nowMs + HOUR_MS))).toBeNull()
  })
})

it('a page of another address is none of ours (I1)', () => {
  const { sessions } = new Hands()
  const host = '127.0.0.1:4000'
  const from = (origin: string | undefined, site?: string) =>
    sessions.ownPage({ host, ...(origin && { origin }), ...(site && { 'sec-fetch-site': site }) })
  expect(from('http://127.0.0.1:4000', 'same-origin')).toBe(true)
  expect(from('http://127.0.0.1:4000')).toBe(true)
  expect(from('http://127.0.0.1:4001')).toBe(false)
  expect(from('http://127.0.0.1:4000', 'cross-site')).toBe(false)
  expect(from('null')).toBe(false)
  expect(from(undefined)).toBe(false)
})

const bound = (hands: Hands) => ({
  sessions: hands.sessions,
  signIn: (secret: string) => hands.signIn(secret),
  headers: (cookie: string) => hands.headers(cookie),
})
