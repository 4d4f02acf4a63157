/** Results of scenarios in words, for a terminal. */
import { clock, inWords } from '../moments.ts'
import { holds, type ScenarioResult } from '../result.ts'

export function resultInWords(r: ScenarioResult, tookMs: number): string[] {
  const verdict = holds(r) ? 'OK' : 'NOT AS EXPECTED'
  return [
    `${r.title} (${r.path}): ${verdict}, ${inWords(r.forMs)} in ${(tookMs / 1_000).toFixed(1)} s`,
    ...r.expectations.map(e =>
      e.ok ? `  OK   ${e.text}: ${e.seen}` : `  NOT  ${e.text} (line ${e.line})\n       seen: ${e.seen}`,
    ),
    ...r.violations.map(v => `  BROKEN  ${v.invariant} at ${clock(r.startMs + v.atMs)}: ${v.text}`),
  ]
}

/** The same as data: everything but the curves. */
export function resultAsData(r: ScenarioResult, tookMs: number) {
  const { plots: _, slots, ...rest } = r
  const counts = Object.fromEntries(
    [...Map.groupBy(slots, s => s.class)].map(([kind, own]) => [
      kind,
      own.reduce((ms, s) => ms + s.toMs - s.fromMs, 0),
    ]),
  )
  return { kind: 'scenario', holds: holds(r), ...rest, slotMs: counts, tookMs }
}
