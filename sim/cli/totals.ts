/** What a range of seeds came to: its last line. */
import type { FaultKind } from '../faults/kinds.ts'
import { INVARIANTS } from '../oracle/registry.ts'
import type { Done } from '../worker.ts'
import { HOUR_MS } from './call.ts'

export class Totals {
  readonly #cores: number
  #seeds = 0
  #failed = 0
  #simulatedHours = 0
  #facts = 0
  /** How often each kind struck. */
  readonly #faults: Partial<Record<FaultKind, number>> = {}
  /** Seeds by the invariants that they broke. */
  readonly #violations: Record<string, number> = {}

  /** `cores`: that worked on it at once. */
  constructor(cores: number) {
    this.#cores = cores
  }

  take(done: Done): void {
    this.#seeds++
    if (done.kind === 'failed') {
      this.#failed++
      return
    }
    const { simulatedHours, facts, faults, violations } = done.result
    this.#facts += facts
    this.#simulatedHours += simulatedHours
    for (const [kind, n] of Object.entries(faults) as [FaultKind, number][])
      this.#faults[kind] = (this.#faults[kind] ?? 0) + n
    for (const id of new Set(violations.map(v => v.invariant))) this.#violations[id] = (this.#violations[id] ?? 0) + 1
  }

  summary(tookMs: number) {
    const perHour = (this.#simulatedHours * HOUR_MS) / Math.max(1, tookMs)
    return {
      kind: 'summary' as const,
      seeds: this.#seeds,
      failed: this.#failed,
      simulatedHours: rounded(this.#simulatedHours),
      /** Each replayed. */
      facts: this.#facts,
      tookMs: Math.round(tookMs),
      simulatedHoursPerHour: rounded(perHour),
      simulatedHoursPerCoreHour: rounded(perHour / this.#cores),
      faults: this.#faults,
      violations: this.#violations,
      notJudged: INVARIANTS.filter(i => i.notYet !== undefined).map(i => i.id),
    }
  }
}
export type Summary = ReturnType<Totals['summary']>
const rounded = (x: number): number => Math.round(x * 100) / 100

export function summaryInWords(s: Summary): string[] {
  const struck = Object.entries(s.faults)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, n]) => `${kind} ${n}`)
  const broken = Object.entries(s.violations).map(([id, n]) => `${id} in ${n}`)
  const failed = s.failed > 0 ? `${s.failed} FAILED; ` : ''
  const speed = `${Math.round(s.simulatedHoursPerHour)} an hour, ${Math.round(s.simulatedHoursPerCoreHour)} of a core`
  return [
    `${s.seeds} seeds, ${s.simulatedHours.toFixed(1)} simulated hours, ${s.facts} facts, each replayed, in ${(s.tookMs / 1_000).toFixed(0)} s (${speed})`,
    `struck: ${struck.join(', ') || 'nothing'}`,
    `${failed}${broken.length > 0 ? `VIOLATED: ${broken.join(', ')} seeds` : 'no violation'}; not judged yet: ${s.notJudged.join(', ')}`,
  ]
}
