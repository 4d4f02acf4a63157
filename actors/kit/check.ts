/** What the compiler cannot check in a definition. Problems refuse it; notes are printed by `quorate asset check`. */
import type { AnySpec } from './spec.ts'

export interface Finding {
  readonly level: 'problem' | 'note'
  readonly code: string
  /** `battery.operating.standby on start` */
  readonly at: string
  readonly text: string
}
/** A line for each finding, problems first. */
export function describeFindings(findings: readonly Finding[]): string {
  const ordered = [...findings.filter(f => f.level === 'problem'), ...findings.filter(f => f.level === 'note')]
  return ordered.map(f => `  ${f.level === 'note' ? 'note ' : ''}${f.code} ${f.at}: ${f.text}`).join('\n')
}
export function check(_spec: AnySpec): Finding[] {
  return []
}
