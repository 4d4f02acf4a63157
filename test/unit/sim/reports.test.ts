/** Results as text, JUnit XML and a page. */
import { expect, test } from 'vitest'
import { suiteOf } from '../../../sim/scenario/report/junit.ts'
import { page } from '../../../sim/scenario/report/page.ts'
import { resultAsData, resultInWords } from '../../../sim/scenario/report/words.ts'
import { holds, type ScenarioResult } from '../../../sim/scenario/result.ts'
import { junit } from '../../../supervisors/records/junit.ts'

const right: ScenarioResult = {
  path: 's/calm.yaml',
  title: 'Calm <day> & "night"',
  seed: 1,
  startMs: Date.UTC(2025, 5, 21, 12),
  forMs: 600_000,
  traceHash: 'x',
  expectations: [{ text: 'import below 1 kW', line: 7, ok: true, seen: 'at most 960 W at 12:01:00', atMs: 60_000 }],
  violations: [],
  faults: [],
  steps: [],
  alarms: [],
  commands: [],
  slots: [
    { fromMs: 0, toMs: 1_000, class: 'held' },
    { fromMs: 1_000, toMs: 9_000, class: 'onTime' },
  ],
  plots: { times: [1], power: [], soc: [], frequency: [], setpoints: [], whys: [''] },
}
const wrong: ScenarioResult = {
  ...right,
  expectations: [
    { text: 'no alarm', line: 9, ok: false, seen: 'bat1.x <!--<script></script>\nat 12:05', atMs: 300_000 },
  ],
  violations: [{ invariant: 'S5', atMs: 65_000, text: 'bat1 left its envelope' }],
}
const done = (result: ScenarioResult) => ({ kind: 'done', result, tookMs: 1_500 }) as const

test('text says what was seen instead, where it was asked, and which invariant broke', () => {
  expect([holds(right), holds(wrong)]).toEqual([true, false])
  expect(resultInWords(right, 1_500)).toEqual([
    'Calm <day> & "night" (s/calm.yaml): OK, 10 min in 1.5 s',
    '  OK   import below 1 kW: at most 960 W at 12:01:00',
  ])
  expect(resultInWords(wrong, 1_500)).toEqual([
    'Calm <day> & "night" (s/calm.yaml): NOT AS EXPECTED, 10 min in 1.5 s',
    '  NOT  no alarm (line 9)\n       seen: bat1.x <!--<script></script>\nat 12:05',
    '  BROKEN  S5 at 12:01:05: bat1 left its envelope',
  ])
})

test('data holds everything but the curves', () => {
  const data = resultAsData(right, 1_500)
  expect(data).toMatchObject({ kind: 'scenario', holds: true, slotMs: { held: 1_000, onTime: 8_000 } })
  expect(data).not.toHaveProperty('plots')
})

test('JUnit: a suite for each scenario, a case for each expectation and one for the invariants', () => {
  const refused = { kind: 'refused', path: 's/odd.yaml', text: 's/odd.yaml:3: no' } as const
  const xml = junit([done(right), done(wrong), refused].map(suiteOf))
  expect(xml.match(/<testsuite /g)).toHaveLength(3)
  expect(xml).toContain(
    'name="Calm &lt;day&gt; &amp; &quot;night&quot;" file="s/calm.yaml" tests="2" failures="0" errors="0" time="1.500"',
  )
  expect(xml).toContain('tests="2" failures="2"')
  expect(xml).toContain(
    '<failure message="line 9: bat1.x &lt;!--&lt;script&gt;&lt;/script&gt;&#10;at 12:05"></failure>',
  )
  expect(xml).toContain('<failure message="S5 at 12:01:05: bat1 left its envelope"></failure>')
  expect(xml).toContain('<failure message="s/odd.yaml:3: no"></failure>')
})

test('the page is one file: nothing from elsewhere, and no text of a result can end its script', () => {
  const html = page([done(right), done(wrong)])
  expect(html).not.toMatch(/(src|href)=["']?(https?:)?\/\//)
  expect(html.match(/<\/script>/g)).toHaveLength(3)
  expect(html).not.toContain('<!--')
  const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]!
  expect(JSON.parse(data)[1].result.expectations[0].seen).toContain('</script>')
  expect(html).toContain('prefers-color-scheme')
})
