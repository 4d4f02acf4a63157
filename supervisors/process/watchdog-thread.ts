/** The thread that sees whether the main one still turns (watchdog.ts). */
import { workerData } from 'node:worker_threads'
import { pinoNote } from '../real/note.ts'
import { StepMark } from './step-mark.ts'
import { LOOK_MS, MISSED_MAX } from './watch.ts'
import type { Watched } from './watchdog.ts'

const { name, beats, marks } = workerData as Watched
const note = pinoNote(name)
const never = new Int32Array(new SharedArrayBuffer(4))

for (let last = -1, missed = 0; ; ) {
  Atomics.wait(never, 0, 0, LOOK_MS)
  const beat = Atomics.load(beats, 0)
  missed = beat === last ? missed + 1 : 0
  last = beat
  if (missed < MISSED_MAX) continue
  const positions = marks.map(dir => StepMark.read(dir)).filter(position => position !== null)
  note('error', 'a process does not answer: killed', {
    afterMs: MISSED_MAX * LOOK_MS,
    ...(positions.length > 0 && { positions, passedBy: `quorate log skip ${positions[0]}` }),
  })
  process.kill(process.pid, 'SIGKILL')
}
