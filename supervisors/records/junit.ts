/** JUnit's XML, as continuous integration reads it: suites, their cases, the failed ones with their text. */
export interface JunitSuite {
  readonly name: string
  readonly file?: string
  readonly seconds?: number
  readonly cases: readonly JunitCase[]
}
export interface JunitCase {
  readonly name: string
  /** Absent: it passed. */
  readonly failure?: { readonly message: string; readonly text?: string }
}

export function junit(suites: readonly JunitSuite[]): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${counts(suites.flatMap(s => s.cases))}>`,
    ...suites.flatMap(suite),
    '</testsuites>',
    '',
  ].join('\n')
}

function suite({ name, file, seconds, cases }: JunitSuite): string[] {
  const time = seconds?.toFixed(3)
  return [
    `  <testsuite${attributes({ name, file })}${counts(cases)}${attributes({ time })}>`,
    ...cases.map(c => {
      const open = `    <testcase${attributes({ classname: file ?? name, name: c.name })}`
      if (!c.failure) return `${open}/>`
      const { message, text = '' } = c.failure
      return `${open}><failure${attributes({ message })}>${escaped(text)}</failure></testcase>`
    }),
    '  </testsuite>',
  ]
}
const counts = (cases: readonly JunitCase[]): string =>
  ` tests="${cases.length}" failures="${cases.filter(c => c.failure).length}" errors="0"`
const attributes = (all: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(all)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${escaped(value).replace(/[\t\n]/g, entity)}"`))
    .join('')

/** What XML 1.0 has no way to write is replaced: a reader would refuse the whole file. */
const escaped = (text: string): string =>
  text.replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '?').replace(/[&<>"\r]/g, entity)
/** White space by its number: a reader would make one blank of it in an attribute, and of a CR a line end. */
const entity = (c: string): string => NAMED[c] ?? `&#${c.charCodeAt(0)};`
const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
