import { createHmac } from 'node:crypto'
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
  readonly sessions = this.another()
  /** Of another process, with the same tokens. */
  another(tokens = [TOKEN, OTHER]) {
    const grants = tokens.map((token, i) => ({ token, tenant: ['demo', 'else'][i]! }))
    return new Sessions({ grants, clock: this.clock, random: hostRandom })
  }
  signIn(secret: string) {
    const signed = this.sessions.signIn(secret, {})
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
    sessions.signOut(headers(cookie))
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
    const guesses = Array.from({ length: 40 }, () => sessions.signIn('d'.repeat(64), {}))
    expect(guesses.filter(guess => guess === 'tooOften').length).toBeGreaterThan(15)
  })
})

describe('a session at other inspectors with the same token (I4)', () => {
  it('is known, where the one that it began at has died', () => {
    const hands = new Hands()
    const headers = hands.headers(hands.signIn(OTHER)!.cookie)
    hands.nowMs += HOUR_MS
    expect(hands.another().of(headers, false)).toEqual({ kind: 'admitted', tenant: 'else' })
  })
  it('is over a day after it began, whoever has seen it', () => {
    const hands = new Hands()
    const headers = hands.headers(hands.signIn(TOKEN)!.cookie)
    const other = hands.another()
    const seen = other.session(headers)!
    hands.nowMs += 24 * HOUR_MS + 1
    expect(other.alive(seen)).toBe(false)
    expect(hands.another().of(headers, false).kind).toBe('refused')
  })
  it('that was signed out, or idle, does not come back where that is known', () => {
    const hands = new Hands()
    const { sessions, signIn, headers } = bound(hands)
    const out = headers(signIn(TOKEN)!.cookie)
    const idle = headers(signIn(TOKEN)!.cookie)
    sessions.signOut(out)
    hands.nowMs += 9 * HOUR_MS
    for (const cookie of [out, idle, out, idle]) expect(sessions.of(cookie, false).kind).toBe('refused')
  })
  it('is nobody else’s: not of another tenant, another beginning, another token', () => {
    const hands = new Hands()
    const { signIn, headers } = bound(hands)
    const { cookie } = signIn(TOKEN)!
    const began = hands.nowMs.toString(36)
    expect(cookie).toContain(`=demo.${began}.`)
    const refused = (forged: string, tokens?: string[]) => hands.another(tokens).of(headers(forged), false).kind
    expect(refused(cookie.replace('=demo.', '=else.'))).toBe('refused')
    expect(refused(cookie.replace(began, (hands.nowMs + HOUR_MS).toString(36)))).toBe('refused')
    expect(refused(cookie, ['f'.repeat(64), OTHER])).toBe('refused')
    expect(refused(cookie)).toBe('admitted')
    const sealedBy = (token: string, said: string) =>
      `quorate_session=${said}.${createHmac('sha256', token).update(`quorate session ${said}`).digest('base64url')}`
    const said = `else.${began}.${'0'.repeat(32)}`
    expect(refused(sealedBy(OTHER, said))).toBe('admitted')
    expect(refused(sealedBy(TOKEN, said))).toBe('refused') // S23: whoever has one token makes no session of another tenant
  })
})

describe('over the line (I5)', () => {
  const { sessions } = new Hands()
  it('a cookie is for TLS alone where the page came by it', () => {
    const cookieFor = (origin: string) => (sessions.signIn(TOKEN, { origin }) as { cookie: string }).cookie
    expect(cookieFor('https://plant.example')).toMatch(/; Secure$/)
    expect(cookieFor('http://127.0.0.1:1')).not.toMatch(/Secure/)
  })
  it.each([
    ['plant.example', 'https://plant.example', true],
    ['plant.example', 'http://plant.example', false],
    ['localhost:8081', 'http://localhost:8081', true],
    ['[::1]:8081', 'http://[::1]:8081', true],
    ['127.0.0.1.evil.example', 'http://127.0.0.1.evil.example', false],
  ])('whoever asks %s from %s signs in: %s', (host, origin, allowed) => {
    expect(sessions.private({ host, origin })).toBe(allowed)
  })
})

describe('a sign-in code', () => {
  it('is good once, for ten minutes, for the tenant of its token', () => {
    const hands = new Hands()
    const { sessions, signIn } = bound(hands)
    const code = signInCode(OTHER, hands.nowMs)
    expect(signIn(code)!.tenant).toBe('else')
    expect(signIn(code)).toBeNull()
    const late = signInCode(TOKEN, hands.nowMs)
    hands.nowMs += 10 * 60_000 + 1
    expect(sessions.signIn(late, {})).toBeNull()
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
  expect(from('file:///a')).toBe(false)
  const behind = (said: string, origin: string) => sessions.ownPage({ host: said, origin })
  expect(behind('plant.example', 'https://plant.example')).toBe(true)
  expect(behind('plant.example:443', 'https://plant.example')).toBe(true)
  expect(behind('plant.example', 'https://plant.example:8443')).toBe(false)
  expect(from(undefined)).toBe(false)
})

const bound = (hands: Hands) => ({
  sessions: hands.sessions,
  signIn: (secret: string) => hands.signIn(secret),
  headers: (cookie: string) => hands.headers(cookie),
})
