/**
 * Writes to a register never exceed its declared budget (S30): at most `perDay` in any 24 hours, over restarts too.
 *
 * B1  Counted in hours: a write stays counted until its whole hour is more than 24 hours old, so the true sliding
 *     window holds fewer.
 * B2  A write is counted durably before it is sent: one in doubt is spent.
 * B3  Time only goes forward here: a clock that is set back gives no writes back.
 */
import { Journal } from '../../protocol/journal.ts'
import type { Disk } from '../../protocol/ports.ts'

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
/** Records between two compactions; what remains after one is a number for each register and hour that still counts. */
const COMPACT_EVERY = 1_024

/** The counts after one more write, or undefined where the budget is spent. */
export function spend(b: BudgetCounts, register: string, perDay: number, wallMs: number): BudgetCounts | undefined {
  const hour = Math.max(b.hour, Math.floor(wallMs / HOUR_MS)) // B3
  const kept = Object.entries(b.spent[register] ?? {}).filter(([h]) => Number(h) > hour - HOURS)
  if (kept.reduce((sum, [, n]) => sum + n, 0) >= perDay) return undefined
  const counts = Object.fromEntries(kept)
  counts[hour] = (counts[hour] ?? 0) + 1
  return { hour, spent: { ...b.spent, [register]: counts } }
}

/** How many writes of a register an hour has seen: the whole number, so that a record that stands twice counts once. */
interface Counted {
  readonly register: string
  readonly hour: number
  readonly writes: number
}

/** The counts of all drivers of a gateway, in one journal. */
export class WriteBudgets {
  readonly #journal: Journal
  readonly #fail: (error: unknown) => void
  readonly #compactEvery: number
  #counts = NO_WRITES
  #kept = 0
  #turn: Promise<void> = Promise.resolve()

  private constructor(journal: Journal, fail: (error: unknown) => void, compactEvery: number) {
    this.#journal = journal
    this.#fail = fail
    this.#compactEvery = compactEvery
    for (const text of journal.recovered) this.#counts = recovered(this.#counts, JSON.parse(text) as Counted)
  }
  /** `fail`: the disk failed, and what was counted is in doubt. */
  static async open(disk: Disk, fail: (error: unknown) => void, compactEvery = COMPACT_EVERY): Promise<WriteBudgets> {
    return new WriteBudgets(await Journal.open(disk, 'budgets'), fail, compactEvery)
  }

  /** False where the budget is spent; else true, once the write is counted durably (B2). */
  async spend(register: string, perDay: number, wallMs: number): Promise<boolean> {
    const counts = spend(this.#counts, register, perDay, wallMs)
    if (!counts) return false
    this.#counts = counts
    const { hour } = counts
    await this.#keep({ register, hour, writes: counts.spent[register]![hour]! })
    return true
  }

  #keep(record: Counted): Promise<void> {
    const turn = this.#turn.then(async () => {
      if (this.#journal.length >= this.#kept + this.#compactEvery) {
        const standing = standingOf(this.#counts)
        this.#kept = standing.length
        return this.#journal.compact(standing.map(r => JSON.stringify(r)))
      }
      this.#journal.append(JSON.stringify(record))
      return this.#journal.sync()
    })
    this.#turn = turn.catch(this.#fail)
    return turn
  }
}

const recovered = ({ hour, spent }: BudgetCounts, r: Counted): BudgetCounts => ({
  hour: Math.max(hour, r.hour),
  spent: { ...spent, [r.register]: { ...spent[r.register], [r.hour]: r.writes } },
})
/** Of every register, also of one that is written no more, only the hours that still count. */
const standingOf = ({ hour, spent }: BudgetCounts): Counted[] =>
  Object.entries(spent).flatMap(([register, hours]) =>
    Object.entries(hours)
      .map(([h, writes]) => ({ register, hour: Number(h), writes }))
      .filter(r => r.hour > hour - HOURS),
  )
