/** JUnit XML as other programs must be able to read it, whatever a test is called and says. */
import { expect, test } from 'vitest'
import { junit } from '../../../supervisors/records/junit.ts'

test('suites are counted, each by itself and all together', () => {
  const failure = { message: 'no', text: 'line 1\nline 2' }
  const cases = [{ name: 'holds' }, { name: 'does not', failure }]
  expect(
    junit([
      { name: 'all', cases },
      { name: 'one', file: 'a.yaml', seconds: 1.5, cases: [{ name: 'holds' }] },
    ]),
  ).toBe(
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1" errors="0">
  <testsuite name="all" tests="2" failures="1" errors="0">
    <testcase classname="all" name="holds"/>
    <testcase classname="all" name="does not"><failure message="no">line 1\nline 2</failure></testcase>
  </testsuite>
  <testsuite name="one" file="a.yaml" tests="1" failures="0" errors="0" time="1.500">
    <testcase classname="a.yaml" name="holds"/>
  </testsuite>
</testsuites>
`,
  )
})

/** In an attribute, and in text, where white space counts as it stands. */
const WRITTEN: readonly [what: string, text: string, attribute: string, body?: string][] = [
  ['what XML means something by', `<a b="c"> & 'd'`, `&lt;a b=&quot;c&quot;&gt; &amp; 'd'`],
  ['white space', 'a\tb\nc\r\nd', 'a&#9;b&#10;c&#13;&#10;d', 'a\tb\nc&#13;\nd'],
  ['what is outside the first plane', '⚡ 🔋', '⚡ 🔋'],
  ['what XML 1.0 cannot hold', '\0a\x07b\x1bc\uFFFE\uFFFF', '?a?b?c??'],
  ['half a character', 'a\uD800b\uDC00', 'a?b?'],
]
test.each(WRITTEN)('%s', (_, text, attribute, body = attribute) => {
  const xml = junit([{ name: text, file: text, cases: [{ name: text, failure: { message: text, text } }] }])
  expect(xml).toContain(`<testsuite name="${attribute}" file="${attribute}"`)
  expect(xml).toContain(`name="${attribute}"><failure message="${attribute}">${body}</failure>`)
})
