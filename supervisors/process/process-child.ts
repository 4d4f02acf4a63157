import { Refusal } from '../../protocol/words/errors.ts'
import type { ChildSpec } from '../kit/spec.ts'
import { Spawned } from './spawn.ts'
import { watch } from './watch.ts'

/** For an orderly stop of a process: it writes down what it has, closes its links and files. */
const STOP_MS = 12_000

/**
 * A child process as a child of a supervisor: whatever ends it is an exit; it is up once `begin` has resolved. `inStep`:
 * the record that it is in the step of, as it has marked it.
 */
export function processChild(
  id: string,
  file: URL,
  begin: (spawned: Spawned) => Promise<void>,
  refused: (refusal: Refusal) => void,
  inStep?: () => number | null,
): ChildSpec {
  // its first process begins to load at once, beside the others; only `begin` waits for its turn
  let early: Spawned | null = new Spawned(id, file)
  return {
    id,
    restart: 'permanent',
    stopMs: STOP_MS,
    async start(ports, exit) {
      const spawned = early && !early.gone ? early : new Spawned(id, file)
      early = null
      void spawned.exited.then(({ code, signal }) => {
        exit({ kind: 'failed', error: signal ? `killed by ${signal}` : `ended with code ${code}` })
      })
      void watch(spawned, ports, inStep)
      try {
        await begin(spawned)
      } catch (error) {
        spawned.kill('SIGKILL')
        if (error instanceof Refusal) refused(error) // starting again does not cure it
        throw error
      }
      return { stop: async () => void (await spawned.stop()) }
    },
  }
}
