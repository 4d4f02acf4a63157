/**
 * Who may ask. A bearer token belongs to one tenant and shows nothing of another (S23); a request is served only under
 * the names of this machine, so that a web page cannot reach the API by a name that it rebinds to loopback.
 */
import { createHash, timingSafeEqual } from 'node:crypto'

export interface Grant {
  readonly token: string
  readonly tenant: string
}

/** Shorter ones can be guessed: 128 bits are 32 hex characters. */
export const TOKEN_CHARS_MIN = 32
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]']

const digest = (text: string) => createHash('sha256').update(text).digest()

/** One for each grant, and always the same. */
export interface Granted {
  readonly tenant: string
}

export class Access {
  readonly #grants: readonly (Granted & { readonly digest: Buffer })[]
  readonly #hosts: ReadonlySet<string>

  /** `hosts`: further names, for an API that is deliberately served beyond loopback. */
  constructor(grants: readonly Grant[], hosts: readonly string[] = []) {
    for (const { token } of grants)
      if (token.length < TOKEN_CHARS_MIN) throw new RangeError(`a token has at least ${TOKEN_CHARS_MIN} characters`)
    this.#grants = grants.map(({ token, tenant }) => ({ digest: digest(token), tenant }))
    this.#hosts = new Set([...LOOPBACK, ...hosts.map(host => host.toLowerCase())])
  }

  /** By an `Authorization` header; null: nobody's. Every grant is compared, in constant time each. */
  grantOf(authorization: string | undefined): Granted | null {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) return null
    const given = digest(token)
    let found: Granted | null = null
    for (const grant of this.#grants) if (timingSafeEqual(given, grant.digest)) found = grant
    return found
  }
  serves(host: string | undefined): boolean {
    const name = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(host ?? '')?.[1]
    return name !== undefined && this.#hosts.has(name.toLowerCase())
  }
}

/** Whether an address binds to this machine alone. */
export const isLoopback = (address: string): boolean => LOOPBACK.includes(address.replace(/:\d+$/, ''))
