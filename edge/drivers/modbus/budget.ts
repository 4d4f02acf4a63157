/**
 * Writes to a register never exceed its declared budget (S30): at most `perDay` in any 24 hours.
 *
 * Counted in hours: a write stays counted until its whole hour is more than 24 hours old, so the true sliding window
 * holds fewer. The counts are plain data; the gateway journals them before the write, so that a restart forgets none.
 * Time only goes forward here: a clock that is set back gives no writes back.
 */
export interface BudgetCounts {
  /** Newest hour seen, since the epoch. */
  readonly hour: number
  /** Register to hour to writes. */
  readonly spent: Readonly<Record<string, Readonly<Record<string, number>>>>
}

export const NO_WRITES: BudgetCounts = { hour: 0, spent: {} }

const HOUR_MS = 3_600_000
/** 24 full hours and the one in which they began. */
const HOURS = 25

/** The counts after one more write, or undefined where the budget is spent. */
export function spend(b: BudgetCounts, register: string, perDay: number, wallMs: number): BudgetCounts | undefined {
  const hour = Math.max(b.hour, Math.floor(wallMs / HOUR_MS))
  const kept = Object.entries(b.spent[register] ?? {}).filter(([h]) => Number(h) > hour - HOURS)
  if (kept.reduce((sum, [, n]) => sum + n, 0) >= perDay) return undefined
  const counts = Object.fromEntries(kept)
  counts[hour] = (counts[hour] ?? 0) + 1
  return { hour, spent: { ...b.spent, [register]: counts } }
}

/** Where the gateway keeps the counts. `put` resolves when they are durable. */
export interface BudgetStore {
  get(): BudgetCounts
  put(counts: BudgetCounts): Promise<void>
}

export function budgetInMemory(): BudgetStore {
  let counts = NO_WRITES
  return {
    get: () => counts,
    put: async next => {
      counts = next
    },
  }
}
