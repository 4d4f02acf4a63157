/**
 * What the compiler cannot check in a definition, or does not for an author without it. Problems refuse the
 * definition; notes are printed by `quorate asset check`. One file for each kind of question: names, ways through the
 * chart, values.
 */
import { chartNodes } from './chart.ts'
import { checkNames } from './check-names.ts'
import { checkValues } from './check-values.ts'
import { checkWays } from './check-ways.ts'
import { compile } from './compile.ts'
import { setpointPlans } from './limits.ts'
import { pointPlans } from './points.ts'
import type { AnySpec } from './spec.ts'

export const FINDING_CODES = {
  UNKNOWN_GUARD: 'a transition names a guard that is not declared',
  UNKNOWN_ACTION: 'a place names an action that is not declared',
  UNKNOWN_EFFECT: 'an action is no effect of the kit',
  UNKNOWN_EVENT: 'a state handles an event that nobody sends',
  UNKNOWN_TARGET: 'a transition leads to a state that does not exist',
  UNKNOWN_TAG: 'a limit names a tag that no state has',
  UNKNOWN_DELAY: 'a wait is neither a time nor a declared delay',
  UNKNOWN_SETPOINT: 'an effect or a limit names a setpoint that is not declared',
  UNKNOWN_PULSE: 'an effect names a pulse that is not declared',
  UNKNOWN_ALARM: 'an effect names an alarm that is not declared',
  UNKNOWN_CONTEXT: 'an effect names a context field that is not declared',
  UNKNOWN_KEY: 'a state has a key that is not of a chart',
  BAD_NAME: 'a name that is no word cannot stand in paths and conditions',
  BAD_DELAY: 'a wait must be longer than nothing',
  BAD_QUANTITY: 'a declared quantity cannot be read',
  BAD_CONDITION: 'a condition cannot be read',
  ANONYMOUS: 'an inline function has no name to draw',
  NEGATED_GUARD: 'the negation of a guard is true on a bad measurement',
  WILDCARD: 'a wildcard swallows errors and time-outs too',
  CHILD_ACTOR: 'a log actor has no children',
  RESERVED_EVENT: 'a command is called like an event of the kit',
  ALARM_ON_EXIT: 'an alarm cannot belong to a state that is being left',
  NO_INITIAL: 'a state with children does not say where it starts',
  HISTORY_IN_PARALLEL: 'history inside a parallel state can leave an impossible configuration',
  UNREACHABLE: 'no transition leads to a state',
  NO_WAY_OUT: 'nothing leads out of a state',
  LOST_UNHANDLED: 'a state does not say what happens when measurements are lost',
  DEAD_COMMAND: 'no state accepts a command',
  CONTEXT_NOT_JSON: 'context does not survive a snapshot',
  NOT_DETERMINISTIC: 'a function uses what differs between replicas',
  NOT_COMPILED: 'the chart cannot be built',
  SHADOWED: 'a child handles an event before its parent does',
  UNUSED: 'a declaration is never used',
  ALWAYS_UNGUARDED: 'a state is left at once',
} as const
export type FindingCode = keyof typeof FINDING_CODES

export interface Finding {
  readonly level: 'problem' | 'note'
  readonly code: FindingCode
  /** `battery.operating.standby on start` */
  readonly at: string
  readonly text: string
}
export interface Report {
  problem(code: FindingCode, at: string, text: string): void
  note(code: FindingCode, at: string, text: string): void
}

export function check(spec: AnySpec): readonly Finding[] {
  const findings: Finding[] = []
  const report: Report = {
    problem: (code, at, text) => void findings.push({ level: 'problem', code, at, text }),
    note: (code, at, text) => void findings.push({ level: 'note', code, at, text }),
  }
  const nodes = chartNodes(spec.type, spec.chart)
  checkNames(spec, nodes, report)
  checkWays(spec, nodes, report)
  checkValues(spec, nodes, report)
  if (findings.some(finding => finding.level === 'problem')) return findings
  try {
    compile(spec)
    pointPlans(spec)
    setpointPlans(spec)
  } catch (error) {
    report.problem('NOT_COMPILED', spec.type, (error as Error).message)
  }
  return findings
}

/** A line for each finding, problems first. */
export function describeFindings(findings: readonly Finding[]): string {
  const ordered = [...findings.filter(f => f.level === 'problem'), ...findings.filter(f => f.level === 'note')]
  return ordered.map(f => `  ${f.level === 'note' ? 'note ' : ''}${f.code} ${f.at}: ${f.text}`).join('\n')
}
