/** Times of a scenario, in ms since its start. */
import { parse, raw } from '../../protocol/words/units.ts'

export interface Span {
  /** UTC. */
  readonly startMs: number
  readonly forMs: number
}
const DAY_MS = 86_400_000
const CLOCK = /^(\d\d):(\d\d)(?::(\d\d))?$/

export const durationMs = (text: string): number => raw(parse('s', text))

/** `2025-06-21 17:00`, UTC; null where there is no such time. */
export function startMs(text: string): number | null {
  const ms = Date.parse(`${text.replace(' ', 'T')}:00Z`)
  return Number.isFinite(ms) ? ms : null
}

/** A time of day is the first one at or after `notBeforeMs`. What is wrong with it, else. */
export function momentMs(text: string, { startMs, forMs }: Span, notBeforeMs = 0): number | string {
  const ms = read(text, startMs, forMs, notBeforeMs)
  if (typeof ms === 'string' || ms <= forMs) return ms
  return `'${text}' is after the end, which is ${clock(startMs + forMs)}`
}
function read(text: string, startMs: number, forMs: number, notBeforeMs: number): number | string {
  if (text === 'start') return 0
  if (text === 'end') return forMs
  const m = CLOCK.exec(text)
  if (!m) return durationMs(text)
  const [h, min, s] = m.slice(1).map(part => Number(part ?? 0)) as [number, number, number]
  if (h > 24 || min > 59 || s > 59) return `'${text}' is no time of day`
  const first = ((h * 60 + min) * 60 + s) * 1_000 - (startMs % DAY_MS)
  const days = Math.max(0, Math.ceil((notBeforeMs - first) / DAY_MS))
  return first + days * DAY_MS
}

/** `17:00:05`, UTC. */
export const clock = (utcMs: number): string => new Date(utcMs).toISOString().slice(11, 19)
/** How long, for people. */
export function inWords(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`
  return ms < 7_200_000 ? `${Math.round(ms / 6_000) / 10} min` : `${Math.round(ms / 360_000) / 10} h`
}
