/** A WebSocket that is not opened: the answer is the problem that a request would have got. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Note } from '../../protocol/ports.ts'
import { ERRORS, Refusal } from '../../protocol/words/errors.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'

/** An error may carry headers of its answer. */
export interface RefusedWith {
  readonly headers: Readonly<Record<string, string>>
}

/** Answers and ends the connection; returns the status. */
export function refuseUpgrade(socket: Duplex, request: IncomingMessage, error: unknown, note: Note): number {
  const path = (request.url ?? '').split('?')[0]!
  const known = error instanceof Refusal
  if (!known) note('error', 'request failed', { route: path, error: String(error) })
  const code = known ? error.code : 'INTERNAL'
  const detail = known ? error.detail : 'what went wrong is in the log of this process'
  const { status } = ERRORS[code]
  const body = JSON.stringify(problemOf(code, detail, path))
  const headers = {
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    Connection: 'close',
    ...(error as Partial<RefusedWith>).headers,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  socket.end(`HTTP/1.1 ${status} ${code}\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
  return status
}
