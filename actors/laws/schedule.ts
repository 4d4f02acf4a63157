/**
 * Law 6, schedule following: the active slot's grid target G* goes into law 3; between slots the schedule releases.
 * Source: common practice of energy management systems (schedules of a balancing group). UTC only, so that no hour is
 * missing or double when daylight saving changes.
 *
 * Binding limit: none of its own; law 3 and the bounds say theirs. Without a time (log time 0, before any node has
 * claimed one) no slot is active. A slot holds from its start on, up to but not at its end.
 */
export interface Slot {
  /** Of a daily plan since midnight UTC, of a dated one since 1970. */
  readonly startMs: number
  readonly durationMs: number
  /** Import is positive. */
  readonly gridW: number
}
export interface Schedule {
  readonly kind: 'daily' | 'dated'
  readonly slots: readonly Slot[]
}
export const DAY_MS = 86_400_000

export function activeSlot(schedule: Schedule, nowMs: number): Slot | null {
  if (!(nowMs > 0)) return null
  const at = schedule.kind === 'daily' ? nowMs % DAY_MS : nowMs
  const holds = (s: Slot, t: number) => t >= s.startMs && t - s.startMs < s.durationMs
  const overnight = (s: Slot) => schedule.kind === 'daily' && holds(s, at + DAY_MS)
  return schedule.slots.find(s => holds(s, at) || overnight(s)) ?? null
}

/** The first two slots that hold at one time, in order of their starts; null: the schedule is sound. */
export function overlap(schedule: Schedule): readonly [Slot, Slot] | null {
  const slots = [...schedule.slots].sort((a, b) => a.startMs - b.startMs)
  const first = slots[0]
  if (first && schedule.kind === 'daily') slots.push({ ...first, startMs: first.startMs + DAY_MS })
  for (const [i, next] of slots.entries()) {
    const before = slots[i - 1]
    if (before && before.startMs + before.durationMs > next.startMs) return [before, next]
  }
  return null
}
