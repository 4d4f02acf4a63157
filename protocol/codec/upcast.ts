import type { ErrorCode } from '../words/errors.ts'
import { FACTS } from '../words/facts.ts'

/** Version of each kind's shape that this engine steps. */
const CURRENT = 1

type Raise = (old: Record<string, unknown>) => Record<string, unknown>
/**
 * From version v to v + 1, by kind. The signature was made over the old bytes and is checked over them; only the
 * step sees the raised value. Version 0 is the shape of the first recorded runs: frames without `slots`.
 */
const RAISE: Readonly<Record<string, Readonly<Record<number, Raise>>>> = {
  FrameMeasured: {
    0: old => ({ slots: { onTime: 0, late: 0, held: 0, uncovered: 0, fieldDown: 0 }, ...old, v: 1 }),
  },
}

type Raised =
  | { readonly kind: 'raised'; readonly value: Record<string, unknown> }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly reason: string }

/** An older fact in the present shape, or why not. */
export function upcast(value: unknown): Raised {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { kind: 'refused', code: 'BAD_SHAPE', reason: 'a fact is a JSON object' }
  let fact = value as Record<string, unknown>
  const { kind, v } = fact
  if (typeof kind !== 'string' || !Object.hasOwn(FACTS, kind))
    return { kind: 'refused', code: 'BAD_SHAPE', reason: `no kind of fact is called '${String(kind)}'` }
  if (typeof v !== 'number' || v > CURRENT)
    return {
      kind: 'refused',
      code: 'UNKNOWN_VERSION',
      reason: `${kind} version ${String(v)}; this engine knows up to ${CURRENT}`,
    }
  for (let at = v; at < CURRENT; at++) {
    const raise = RAISE[kind]?.[at]
    if (!raise) return { kind: 'refused', code: 'UNKNOWN_VERSION', reason: `${kind} version ${v} is too old` }
    fact = raise(fact)
  }
  return { kind: 'raised', value: fact }
}
