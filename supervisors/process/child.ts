/**
 * A child process's side: answers its parent's requests, and ends in order when the channel closes, because a parent
 * that died cannot say so. Until then Ctrl-C of a terminal, which reaches every process of the group, is the parent's
 * business.
 */

import type { Clock } from '../../protocol/ports.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { hostClock, OwnedClock, pacedClock } from '../real/clock.ts'
import { ALIVE, type Answer, type ClockSpec, type Request } from './messages.ts'

export type Handlers = Readonly<Record<string, (argument: any) => unknown>>

export function serveParent(handlers: Handlers, orphaned: () => Promise<void>): void {
  process.on('message', (request: Request) => {
    void answer(handlers, request).then(reply => process.connected && process.send?.(reply))
  })
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => void orphaned().finally(() => process.exit(0)))
  process.on('disconnect', () => void orphaned().finally(() => process.exit(0)))
}

async function answer(handlers: Handlers, { id, do: what, with: argument }: Request): Promise<Answer> {
  try {
    if (what === ALIVE) return { id, ok: true, value: null }
    const handler = handlers[what]
    if (!handler) throw new Refusal('BAD_REQUEST', `no request '${what}'`)
    return { id, ok: true, value: (await handler(argument)) ?? null }
  } catch (error) {
    const code = error instanceof Refusal ? error.code : 'FAILED'
    const reason =
      error instanceof Refusal ? error.detail : error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { id, ok: false, code, reason }
  }
}

export function openClock(spec: ClockSpec): { readonly clock: Clock; readonly owned: OwnedClock | null } {
  if (spec.kind === 'owned') {
    const owned = new OwnedClock(spec.startMs)
    return { clock: owned, owned }
  }
  if (spec.kind === 'paced') return { clock: pacedClock(spec.pace, spec.originMs, spec.hostOriginMs), owned: null }
  return { clock: hostClock, owned: null }
}
