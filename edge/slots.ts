import type { Slots } from '../protocol/words/facts.ts'
import type { Ballot } from './ballots.ts'

export type SlotClass = keyof Slots

/**
 * Each slot of T is classed once, at its end: quorum by D, quorum by T, no new quorum but a standing verdict younger
 * than V, none of these; or the device itself could not be reached.
 */
export function slotClass(
  ballot: Ballot,
  deadlineMs: number,
  standingUntilMs: number | null,
  nowMs: number,
  fieldUp: boolean,
): SlotClass {
  if (!fieldUp) return 'fieldDown'
  if (ballot.decided) return ballot.decided.atMs - ballot.emittedAtMs <= deadlineMs ? 'onTime' : 'late'
  return standingUntilMs !== null && nowMs < standingUntilMs ? 'held' : 'uncovered'
}

export const counted = (slots: Slots, slot: SlotClass): Slots => ({ ...slots, [slot]: slots[slot] + 1 })
