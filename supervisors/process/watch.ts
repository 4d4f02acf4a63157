/**
 * A process that hangs holds whatever it holds for ever: a step that does not end is ended by its parent. Every process
 * is asked over and over whether it lives, and killed if it does not say so in time.
 */
import type { Ports } from '../../protocol/ports.ts'
import { ALIVE } from './messages.ts'
import type { Spawned } from './spawn.ts'

export const LOOK_MS = 2_000
/**
 * Looks without an answer: ten seconds. Counted by looks and not by the clock, so that a parent that was itself held up
 * blames nobody; a replay answers between its batches, which take less than one.
 */
export const MISSED_MAX = 5

/**
 * From its first answer on: until then it loads, and whoever starts it waits for so long at most. `inStep`: the record
 * that it is in the step of, which is told of one that is killed, so that an administrator can have it passed.
 */
export async function watch(
  spawned: Spawned,
  { host, note }: Pick<Ports, 'host' | 'note'>,
  inStep: () => number | null = () => null,
): Promise<void> {
  const loaded = await spawned.ask(ALIVE).then(
    () => true,
    () => false,
  )
  let missed = 0
  const look = (): void => {
    if (spawned.gone) return
    if (missed === MISSED_MAX) {
      const position = inStep()
      note('error', 'a process does not answer: killed', {
        process: spawned.name,
        afterMs: MISSED_MAX * LOOK_MS,
        ...(position !== null && { position, passedBy: `quorate log skip ${position}` }),
      })
      spawned.kill('SIGKILL')
      return
    }
    missed++
    spawned.ask(ALIVE).then(
      () => {
        missed = 0
      },
      () => {}, // it is gone, or does not answer: the count tells
    )
    host.after(LOOK_MS, look)
  }
  if (loaded) look()
}
