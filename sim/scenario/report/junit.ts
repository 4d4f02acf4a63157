/** Results of scenarios as JUnit XML: a suite for each, a case for each expectation, and one for the invariants. */
import { clock } from '../moments.ts'
import type { Done } from '../worker.ts'

export function junit(all: readonly Done[]): string {
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites>', ...all.flatMap(suite), '</testsuites>', ''].join(
    '\n',
  )
}

interface Case {
  readonly name: string
  /** Null: it holds. */
  readonly failure: string | null
}

function suite(done: Done): string[] {
  if (done.kind !== 'done') {
    const seconds = 0
    return told(done.path, done.path, seconds, [{ name: done.kind, failure: done.text }])
  }
  const { path, title, expectations, violations, startMs } = done.result
  const broken = violations.map(v => `${v.invariant} at ${clock(startMs + v.atMs)}: ${v.text}`)
  return told(path, title, done.tookMs / 1_000, [
    ...expectations.map(e => ({ name: e.text, failure: e.ok ? null : `line ${e.line}: ${e.seen}` })),
    { name: 'invariants', failure: broken.length > 0 ? broken.join('\n') : null },
  ])
}

function told(path: string, title: string, seconds: number, cases: readonly Case[]): string[] {
  const failures = cases.filter(c => c.failure !== null).length
  const head = `name="${escaped(title)}" file="${escaped(path)}" tests="${cases.length}" failures="${failures}"`
  return [
    `  <testsuite ${head} time="${seconds.toFixed(3)}">`,
    ...cases.map(({ name, failure }) => {
      const open = `    <testcase classname="${escaped(path)}" name="${escaped(name)}"`
      return failure === null ? `${open}/>` : `${open}><failure message="${escaped(failure)}"/></testcase>`
    }),
    '  </testsuite>',
  ]
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
}
/** Also without what XML 1.0 cannot hold. */
const escaped = (text: string): string =>
  text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, '?').replace(/[&<>"\n]/g, c => ENTITIES[c]!)
