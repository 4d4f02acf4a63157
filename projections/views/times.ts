/** Moments as a reader writes them: milliseconds, or ISO 8601 with its zone, a day alone being one of UTC. */
import Type from 'typebox'
import { Refusal } from '../../protocol/words/errors.ts'

/** Later than any log time that the tables hold. */
const EVER_MS = 4_000_000_000_000
const PATTERN = String.raw`^(\d{1,13}|\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?)$`
export const Moment = Type.String({ pattern: PATTERN, description: 'Milliseconds, or ISO 8601 with its zone' })

export interface Span {
  readonly fromMs: number
  /** Not in it. */
  readonly toMs: number
}

/** Throws Refusal BAD_REQUEST. */
export function spanOf({ from, to }: { readonly from?: string; readonly to?: string }): Span {
  const fromMs = from === undefined ? 0 : momentOf('from', from)
  const toMs = to === undefined ? EVER_MS : momentOf('to', to)
  if (fromMs >= toMs) throw new Refusal('BAD_REQUEST', `from=${from ?? 0} is not before to=${to}`)
  return { fromMs, toMs }
}
function momentOf(name: string, text: string): number {
  const ms = /^\d{1,13}$/.test(text) ? Number(text) : Date.parse(text)
  if (ms >= 0 && ms <= EVER_MS) return ms
  throw new Refusal('BAD_REQUEST', `${name}='${text}' is no moment between 1970 and 2096`)
}
