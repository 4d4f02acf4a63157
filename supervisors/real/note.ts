import { pino } from 'pino'
import type { Note } from '../../protocol/ports.ts'

/** Fields that no line may show, wherever they stand. */
const SECRETS = ['secret', 'token', 'authorization', 'key.secret', '*.secret', '*.token', '*.authorization']

/**
 * One JSON line for each event on standard error, where a supervisor or a log collector picks it up. `of`: what each
 * line says of whom it is about (tenant, site).
 */
export function pinoNote(name: string, of: Readonly<Record<string, string>> = {}): Note {
  const level = process.env.QUORATE_LOG ?? 'info'
  const options = { name, level, base: { pid: process.pid }, redact: { paths: SECRETS, censor: '[hidden]' } }
  const logger = pino(options, pino.destination({ fd: 2, sync: true }))
  return (at, event, detail = {}) => logger[at]({ process: name, ...of, ...detail }, event)
}
