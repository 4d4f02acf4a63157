/** `Prefer: wait=N` (RFC 7240): an answer that comes when a command has ended, or when the time is over. */
import type { Clock } from '../../protocol/ports.ts'
import { type CommandView, isTerminal, type SiteView } from './view.ts'

/** Longer requests run into the time-outs of what stands between. */
const WAIT_S_MAX = 60
/** Requests that wait at once; beyond it they are answered as if they had not asked to. */
export const WAITING_MAX = 256

/** Seconds to wait, bounded; 0: do not. */
export function waitSeconds(prefer: string | readonly string[] | undefined): number {
  const asked = [prefer ?? []].flat().join(',')
  for (const preference of asked.split(/[,;]/)) {
    const seconds = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*$/i.exec(preference)?.[1]
    if (seconds !== undefined) return Math.min(Number(seconds), WAIT_S_MAX)
  }
  return 0
}

export interface Waiting {
  /** The terminal state, or null: time is over, nobody listens any more, or nothing more is to come. */
  readonly ended: Promise<CommandView | null>
  cancel(): void
}

/** Begin before the command is appended: its end may be stepped before the append has returned. */
export function awaitEnd(view: SiteView, clock: Clock, waitMs: number): Waiting & { of(id: string): void } {
  let wanted: string | null = null
  const seen = new Map<string, CommandView>()
  let settle: (command: CommandView | null) => void
  const ended = new Promise<CommandView | null>(resolve => {
    settle = resolve
  })
  const timer = clock.after(waitMs, () => finish(null))
  const listening = view.feed.listen(({ events }) => {
    for (const event of events) {
      if (event.type !== 'command' || !isTerminal(event.data.state)) continue
      if (event.data.id === wanted) return finish(event.data)
      if (wanted === null) seen.set(event.data.id, event.data)
    }
  })
  const finish = (command: CommandView | null) => {
    timer.cancel()
    listening.cancel()
    settle(command)
  }
  return {
    ended,
    cancel: () => finish(null),
    of(id) {
      wanted = id
      const before = seen.get(id) ?? view.command(id)
      if (before && isTerminal(before.state)) finish(before)
    },
  }
}
