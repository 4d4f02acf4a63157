/**
 * Lets a plant follow the site's clock: a chain of one-shot timers, each due 100 ms after the one before was due, so
 * that a stall is caught up and never turns into a burst.
 */
import type { Cancel, Clock } from '../../protocol/ports.ts'
import type { RunningPlant } from './process.ts'
import { STEP_MS } from './step.ts'

/** The plant's time moves with the monotonic clock; where it stands at the start, the wall clock says. */
export function pacePlant(plant: RunningPlant, clock: Clock): Cancel {
  const startMs = plant.timeAt(clock.wallMs())
  const originMs = clock.monotonicMs()
  let timer: Cancel = { cancel: () => {} }
  let stopped = false
  const tick = (dueMs: number) => {
    if (stopped) return
    const nowMs = clock.monotonicMs()
    plant.advanceTo(startMs + nowMs - originMs)
    const nextMs = dueMs + STEP_MS * (Math.floor((nowMs - dueMs) / STEP_MS) + 1)
    timer = clock.after(nextMs - nowMs, () => tick(nextMs))
  }
  tick(originMs)
  return {
    cancel() {
      stopped = true
      timer.cancel()
    },
  }
}
