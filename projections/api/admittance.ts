/** Who comes in: the host that is asked for, then the token, then how often it asks. The same for requests and sockets. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../../protocol/ports.ts'
import type { ErrorCode } from '../../protocol/words/errors.ts'
import { Access, type Grant, type Granted } from './access.ts'
import { Buckets, RATE, type Rate } from './rate.ts'

export interface Admission {
  readonly grants: readonly Grant[]
  /** Names under which it is served beside those of loopback. */
  readonly hosts?: readonly string[]
  /** Of each token, where it is not RATE. */
  readonly rate?: Rate
  /** The host's time. */
  readonly clock: Clock
}
export type Admitted =
  /** Null: nobody's, where a token is not asked for. */
  | { readonly kind: 'admitted'; readonly tenant: string | null }
  | {
      readonly kind: 'refused'
      readonly code: ErrorCode
      readonly detail: string
      readonly headers: Readonly<Record<string, string>>
    }

/** Who stands at a door; `open`: the route asks nobody who he is. */
export interface Admits {
  of(headers: IncomingHttpHeaders, open: boolean): Admitted
}

export class Admittance implements Admits {
  readonly #access: Access
  readonly #buckets: Buckets<Granted>

  constructor({ grants, hosts, rate = RATE, clock }: Admission) {
    this.#access = new Access(grants, hosts)
    this.#buckets = new Buckets(rate, clock)
  }

  of({ host, authorization }: Pick<IncomingHttpHeaders, 'host' | 'authorization'>, open: boolean): Admitted {
    if (!this.#access.serves(host)) return refused('WRONG_HOST', 'the Host header is another')
    if (open) return { kind: 'admitted', tenant: null }
    const granted = this.#access.grantOf(authorization)
    if (!granted)
      return refused('UNAUTHENTICATED', 'no bearer token, or not one of this run', {
        'WWW-Authenticate': 'Bearer realm="quorate"',
      })
    const waitMs = this.#buckets.take(granted)
    if (waitMs === 0) return { kind: 'admitted', tenant: granted.tenant }
    const seconds = String(Math.ceil(waitMs / 1_000))
    return refused('TOO_OFTEN', `${Math.ceil(waitMs)} ms too early`, { 'Retry-After': seconds })
  }
}
export const refused = (code: ErrorCode, detail: string, headers: Record<string, string> = {}) =>
  ({ kind: 'refused', code, detail, headers }) as const
