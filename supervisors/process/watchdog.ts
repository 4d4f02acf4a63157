/**
 * A process that hangs holds whatever it holds for ever. One that has a parent is watched by it (`watch.ts`); one that
 * stands alone has a thread beside it, which kills the process where its main thread turns no more, and says in which
 * record's step it was. Whoever started the process starts it anew.
 */
import { Worker } from 'node:worker_threads'
import { hostClock } from '../real/clock.ts'

export interface Watched {
  readonly name: string
  /** Counted up by the main thread as long as it turns. */
  readonly beats: Int32Array
  /** Folders in which the record in step is marked. */
  readonly marks: readonly string[]
}
const BEAT_MS = 1_000

export function watchMyself(name: string, marks: readonly string[]): void {
  const beats = new Int32Array(new SharedArrayBuffer(4))
  const beat = () => {
    Atomics.add(beats, 0, 1)
    hostClock.after(BEAT_MS, beat)
  }
  beat()
  const workerData: Watched = { name, beats, marks }
  new Worker(new URL('./watchdog-thread.ts', import.meta.url), { workerData }).unref()
}
