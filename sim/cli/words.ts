/** Trials in words, for a terminal. */
import type { Fault } from '../faults/kinds.ts'
import type { Profile } from '../faults/profile.ts'
import type { Violation } from '../oracle/check.ts'
import type { TrialResult } from '../trial.ts'

export function planInWords(seed: number, { name, kinds, faults, traitor }: Profile): string[] {
  const counts = kinds.map(kind => {
    const own = faults.filter(f => f.kind === kind)
    const rates = own.flatMap(f => f.rate ?? []).map(rate => Math.round(rate * 100) / 100)
    return `${kind} x${own.length}${rates.length > 0 ? ` (rate ${rates.join(', ')})` : ''}`
  })
  const faulty = traitor ? `; ${traitor} may do anything` : ''
  return [`seed ${seed}  ${name}: ${counts.join(', ') || 'no faults'}${faulty}`]
}

export function faultInWords({ fromMs, kind, target, forMs, only, rate }: Fault): string {
  const chances = only ? `, chances ${only.join(', ')}` : rate === undefined ? '' : `, rate ${rate}`
  return `${(fromMs / 1_000).toFixed(1)} s  ${kind} ${target} for ${forMs} ms${chances}`
}

export function inWords(r: TrialResult, ms: number): string[] {
  const speed = Math.round((r.simulatedHours * 3_600_000) / Math.max(1, ms))
  const struck = Object.entries(r.faults).map(([kind, n]) => `${kind} ${n}`)
  return [
    `seed ${r.seed}  trace ${r.traceHash}, ${r.simulatedHours.toFixed(2)} h in ${(ms / 1_000).toFixed(1)} s (${speed}x), ${struck.length > 0 ? `struck: ${struck.join(', ')}` : 'nothing struck'}: ${r.violations.length === 0 ? 'all invariants hold' : 'VIOLATED'}`,
    ...r.violations.map(v => `  ${v.invariant} at ${(v.atMs / 1_000).toFixed(3)} s: ${v.text}`),
  ]
}

/** The first of the named invariants that broke, or whatever broke where none is named. */
export function foundIn(violations: readonly Violation[], breaks: readonly string[]): string | null {
  return violations.find(v => breaks.length === 0 || breaks.includes(v.invariant))?.invariant ?? null
}
