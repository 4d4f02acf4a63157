/** JUnit's XML, as continuous integration reads it: one suite, its cases, the failed ones with their text. */
export interface JunitCase {
  readonly name: string
  /** Absent: it passed. */
  readonly failure?: { readonly message: string; readonly text: string }
}

export function junit(suite: string, cases: readonly JunitCase[]): string {
  const failures = cases.filter(c => c.failure).length
  const head = `name="${escaped(suite)}" tests="${cases.length}" failures="${failures}" errors="0"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${cases.length}" failures="${failures}" errors="0">`,
    `  <testsuite ${head}>`,
    ...cases.map(c => {
      const open = `    <testcase classname="${escaped(suite)}" name="${escaped(c.name)}"`
      if (!c.failure) return `${open}/>`
      return `${open}><failure message="${escaped(c.failure.message)}">${escaped(c.failure.text)}</failure></testcase>`
    }),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

const NAMES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
/** Characters that XML 1.0 has no way to write are left out: a reader would refuse the whole file. */
const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, c => NAMES[c]!).replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '')
