/** A route as data: what the server registers and what the OpenAPI document says are one and the same. */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type Type from 'typebox'
import type { Clock, Note } from '../../protocol/ports.ts'
import { type ErrorCode, Refusal } from '../../protocol/words/errors.ts'
import type { ApiMetrics } from './metrics.ts'
import type { SiteView } from './view.ts'

export interface Asked {
  /** Null on open routes. */
  readonly tenant: string | null
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, any>>
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Absent: JSON. */
  readonly contentType?: string
}
/** The response is the handler's own from here on. */
interface Streaming {
  readonly stream: (response: ServerResponse) => void
}

export interface Context {
  readonly sites: readonly SiteView[]
  readonly clock: Clock
  readonly note: Note
  readonly metrics: ApiMetrics
  readonly waiting: { count: number }
  readonly streams: { count: number }
  /** It is about to end: what stands before it shall ask another. */
  readonly draining: () => boolean
}

/** `C`: what a door hands to each of its routes. */
export interface Route<C = Context> {
  readonly method: 'GET' | 'POST'
  /** `/api/v1/sites/:site` */
  readonly path: string
  /** Unique; generated clients name their functions by it. */
  readonly id: string
  readonly text: string
  /** Answers without a token; says nothing that a stranger may not know. */
  readonly open?: true
  readonly params?: Type.TObject
  readonly query?: Type.TObject
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: { readonly contentType: string; readonly text: string }
  readonly answers: Readonly<
    Record<number, { readonly text: string; readonly schema?: Type.TSchema; readonly contentType?: string }>
  >
  /** Refusals that it may answer beside the common ones. */
  readonly refuses?: readonly ErrorCode[]
  handle(asked: Asked, context: C): Promise<Answer | Streaming> | Answer | Streaming
}

/** Of the sites of the caller's tenant; another tenant's is as unknown as one that does not exist (S23). */
export function siteOf<S extends { readonly tenant: string; readonly site: string }>(
  { tenant, params }: Pick<Asked, 'tenant' | 'params'>,
  { sites }: { readonly sites: readonly S[] },
): S {
  const own = sites.filter(view => view.tenant === tenant)
  const view = own.find(each => each.site === params.site)
  if (!view)
    throw new Refusal('NOT_FOUND', `no site '${params.site}'; sites: ${own.map(v => v.site).join(', ') || 'none'}`)
  return view
}
export const notYet = (view: SiteView): Refusal =>
  new Refusal('UNAVAILABLE', `the replica of '${view.site}' is ${view.replica} and has read no manifest yet`)
