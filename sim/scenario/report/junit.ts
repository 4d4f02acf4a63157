/** A scenario's result as a suite of JUnit: a case for each expectation, and one for the invariants. */
import type { JunitCase, JunitSuite } from '../../../supervisors/records/junit.ts'
import { clock } from '../moments.ts'
import type { Done } from '../worker.ts'

export function suiteOf(done: Done): JunitSuite {
  if (done.kind !== 'done')
    return { name: done.path, file: done.path, seconds: 0, cases: [caseOf(done.kind, done.text)] }
  const { path, title, expectations, violations, startMs } = done.result
  const cases = expectations.map(e => caseOf(e.text, e.ok ? null : `line ${e.line}: ${e.seen}`))
  const broken = violations.map(v => `${v.invariant} at ${clock(startMs + v.atMs)}: ${v.text}`).join('\n')
  return {
    name: title,
    file: path,
    seconds: done.tookMs / 1_000,
    cases: [...cases, caseOf('invariants', broken || null)],
  }
}
const caseOf = (name: string, message: string | null): JunitCase =>
  message === null ? { name } : { name, failure: { message } }
