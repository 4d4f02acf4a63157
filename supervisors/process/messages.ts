/** Between a parent and its child processes, over the IPC channel. Requests are answered in their own time, by id. */
import type { ErrorCode } from '../../protocol/words/errors.ts'

/** Answered by every process itself, whatever it does: one that does not is in a step that does not end. */
export const ALIVE = 'alive'

export interface Request {
  readonly id: number
  readonly do: string
  readonly with: unknown
}
export type Answer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly code: ErrorCode | 'FAILED'; readonly reason: string }

/** How a child process knows what time it is. */
export type ClockSpec =
  | { readonly kind: 'host' }
  | { readonly kind: 'paced'; readonly pace: number; readonly originMs: number; readonly hostOriginMs: number }
  /** The parent moves it: `advance`. */
  | { readonly kind: 'owned'; readonly startMs: number }
