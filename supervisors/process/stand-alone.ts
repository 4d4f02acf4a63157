/**
 * A process that needs no parent: a service manager starts it, asks its health and ends it.
 *
 * A1  The first SIGTERM or SIGINT drains: the process stops taking in, brings to its end what it has taken, and exits 0.
 *     One that is not done by its deadline is ended by force, and so is one that is told a second time: exit 1.
 * A2  What cannot go on exits 1, and says why in one line: whoever started it starts it anew.
 * A3  A main thread that turns no more is killed (watchdog.ts).
 */
import { hostClock } from '../real/clock.ts'
import { pinoNote } from '../real/note.ts'
import { watchMyself } from './watchdog.ts'

export interface Standing {
  /** In order; everything that was taken in is durable when it resolves. */
  stop(): Promise<void>
}
export interface StandAlone {
  readonly name: string
  readonly drainMs: number
  /** Folders in which a record that is stepped is marked. */
  readonly marks?: readonly string[]
  open(): Promise<Standing>
}
/** A terminal's Ctrl-C comes twice where a launcher passes it on. */
const SECOND_AFTER_MS = 500

/** Resolves never: the process ends. Throws what `open` refuses. */
export async function standAlone({ name, drainMs, marks = [], open }: StandAlone): Promise<never> {
  const note = pinoNote(name)
  const fall = (error: unknown) => {
    note('error', 'process exits', { reason: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    process.exit(1) // A2
  }
  watchMyself(name, marks)
  const opened = open()
  let askedAtMs: number | null = null
  const end = (signal: string) => {
    const nowMs = hostClock.monotonicMs()
    if (askedAtMs !== null && nowMs - askedAtMs > SECOND_AFTER_MS) return fall(`${signal} while draining`)
    if (askedAtMs !== null) return
    askedAtMs = nowMs
    note('info', 'draining', { signal, drainMs })
    hostClock.after(drainMs, () => fall(`not drained within ${drainMs} ms`))
    opened
      .then(standing => standing.stop())
      .then(() => {
        note('info', 'drained', { tookMs: hostClock.monotonicMs() - nowMs })
        process.exit(0) // A1
      })
      .catch(fall)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => end(signal))
  process.on('disconnect', () => end('end of the launcher'))
  process.on('uncaughtException', fall)
  await opened
  note('info', 'process runs', { node: process.versions.node })
  return new Promise<never>(() => {})
}
