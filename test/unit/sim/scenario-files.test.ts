/** Scenario files that are refused: each mistake with its line and the nearest name that there is. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, expectTypeOf, test } from 'vitest'
import { Refusal } from '../../../protocol/words/errors.ts'
import { openScenario } from '../../../sim/scenario/open.ts'
import type { Expectation, Moment, Scenario } from '../../../sim/scenario/words.ts'

const SITE = fileURLToPath(new URL('../../../sim/sites/home.yaml', import.meta.url))
const WORDS = new URL('../../../sim/scenario/words.ts', import.meta.url).href
const folder = mkdtempSync(join(tmpdir(), 'scenario-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function refused(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  writeFileSync(path, text)
  const error = await openScenario(path).then(
    () => null,
    (e: unknown) => e,
  )
  if (!(error instanceof Refusal)) throw new Error(`not refused: ${String(error)}`)
  expect(error.code).toBe('SCENARIO')
  return error.detail
}
const yaml = (...lines: readonly string[]) =>
  ['title: t', `site: ${SITE}`, 'start: 2025-06-21 12:00', 'for: 10 min', ...lines].join('\n')

test.each([
  [
    'a point',
    ['expect:', '  - import below 1 kW', '  - bat1.pwoer below 1 kW'],
    7,
    "there is no point 'bat1.pwoer'; did you mean 'bat1.power'?",
  ],
  [
    'a state',
    ['expect: [bat1 in operating.runing]'],
    5,
    "there is no state of bat1 'operating.runing'; did you mean 'operating.running'?",
  ],
  ['an asset', ['expect: [bat9 in operating]'], 5, "there is no asset 'bat9'"],
  [
    'an alarm',
    ['expect: [no alarm bat1.signalLost]'],
    5,
    "there is no alarm 'bat1.signalLost'; did you mean 'bat1.signalsLost'?",
  ],
  ['a command', ['expect: [command stopp of bat1 confirmed]'], 5, "'stopp'; did you mean 'stop'?"],
  ['an engine', ['expect: [every verdict by next]'], 5, "there is no engine or majority 'next'"],
  ['a unit', ['expect: [bat1.soc below 3 kW]'], 5, "'3 kW' is no quantity in %"],
  ['a time', ['expect: [import below 3 kW from 13:00 to 14:00]'], 5, "'13:00' is after the end, which is 12:10:00"],
  ['no value at all', ['expect: [import between 3 kW and 1 kW]'], 5, 'no value is both at least 3 kW and at most 1 kW'],
  [
    'a fault',
    ['steps:', '  - { at: 1 min, fault: freez, target: grid }', 'expect: [no alarm]'],
    6,
    "there is no 'freez'; did you mean 'freeze'?",
  ],
  [
    'a target',
    ['steps: [{ at: 1 min, fault: lateEffect, target: pv1, for: 1 s }]', 'expect: [no alarm]'],
    5,
    "there is no battery to strike with 'lateEffect' 'pv1'",
  ],
  [
    'how long',
    ['steps: [{ at: 1 min, fault: freeze, target: grid }]', 'expect: [no alarm]'],
    5,
    "'freeze' lasts: say for how long",
  ],
  [
    'what has no size',
    ['steps: [{ at: 1 min, fault: freeze, target: grid, for: 1 s, by: 2 s }]', 'expect: [no alarm]'],
    5,
    "'freeze' has no size",
  ],
  ...(['clockOffset', 'clockJump', 'clockDrift'] as const).map(
    fault =>
      [
        `how far of ${fault}`,
        [`steps: [{ at: 1 min, fault: ${fault}, target: gateway, for: 1 min }]`, 'expect: [no alarm]'],
        5,
        `'${fault}' is nothing without a size: say by how much, by: ${fault === 'clockDrift' ? '100 (parts per million)' : "'30 s'"}; with a minus, the other way`,
      ] as [string, string[], number, string],
  ),
  [
    'how late of logDelay',
    ['steps: [{ at: 1 min, fault: logDelay, target: "*", for: 1 min, by: 0 s }]', 'expect: [no alarm]'],
    5,
    "say by how much, by: '500 ms'",
  ],
  [
    'a size that has no other way',
    ['steps: [{ at: 1 min, fault: pause, target: gateway, by: -3 s }]', 'expect: [no alarm]'],
    5,
    "'-3 s': 'pause' goes one way only",
  ],
  [
    'a size that is none',
    ['steps: [{ at: 1 min, fault: clockJump, target: gateway, by: far }]', 'expect: [no alarm]'],
    5,
    "'far' is no duration",
  ],
  [
    'a second traitor',
    [
      'steps:',
      '  - { at: 1 min, fault: mute, target: node-a, for: 1 s }',
      '  - { at: 2 min, fault: mute, target: node-b, for: 1 s }',
      'expect: [no alarm]',
    ],
    7,
    'that is node-a already',
  ],
  [
    'a step',
    ['steps: [{ at: 1 min, comand: [bat1, stop] }]', 'expect: [no alarm]'],
    5,
    "a step has no 'comand'; did you mean 'command'?",
  ],
  ['when', ['steps: [{ at: soon, command: [bat1, stop] }]', 'expect: [no alarm]'], 5, "'soon' is no time"],
  ['a key', ['expects: [no alarm]'], 5, "a scenario has no 'expects'; did you mean 'expect'?"],
  [
    'an input',
    ['inputs: { load1.powr: { steps: [[start, 1 kW]] } }', 'expect: [no alarm]'],
    5,
    "there is no input 'load1.powr'; did you mean 'load1.power'?",
  ],
  [
    'a kind',
    ['expect: [{ kind: valu, of: import }]'],
    5,
    "there is no kind 'valu' of expectation; did you mean 'value'?",
  ],
])('%s', async (_, lines, line, text) => {
  const detail = await refused('s.yaml', yaml(...lines))
  expect(detail).toContain(`s.yaml:${line}: `)
  expect(detail).toContain(text)
})

test('which way a clock goes is the author’s to say', async () => {
  const steps = ['30 s', '-30 s', '-100'].map(
    (by, i) =>
      `  - { at: 1 min, fault: ${i === 2 ? 'clockDrift' : 'clockOffset'}, target: node-a, for: 1 min, by: ${by} }`,
  )
  const path = join(folder, 'ways.yaml')
  writeFileSync(path, yaml('steps:', ...steps, 'expect: [no alarm]'))
  expect((await openScenario(path)).faults.map(f => f.ms)).toEqual([30_000, -30_000, -100])
})

test('a site that is not there, with the nearest that is', async () => {
  const detail = await refused('site.yaml', yaml('expect: [no alarm]').replace('home.yaml', 'hom.yaml'))
  expect(detail).toMatch(/site\.yaml:2: there is no site file .*hom\.yaml; did you mean 'home\.yaml'\?/)
})

test('a cycle or a length that cannot be', async () => {
  expect(await refused('cycle.yaml', yaml('cycle: 0 s', 'expect: [no alarm]'))).toMatch(
    /cycle\.yaml:5: '0 s': at least/,
  )
  const long = yaml('expect: [no alarm]').replace('for: 10 min', 'for: 1000 h')
  expect(await refused('long.yaml', long)).toMatch(/long\.yaml:4: '1000 h': .* at most 168 h/)
})

test('every mistake at once, and broken YAML with its line', async () => {
  const detail = await refused('both.yaml', yaml('expect:', '  - bat7.soc below 1 %', '  - no alarrm'))
  expect(detail.split('\n').map(l => /both\.yaml:(\d+)/.exec(l)?.[1])).toEqual(['6', '7'])
  expect(await refused('broken.yaml', 'title: t\nsite: [')).toContain('broken.yaml:2')
})

test('in TypeScript the line is that of the text, also where it stands twice', async () => {
  const detail = await refused(
    'own.ts',
    `import { scenario } from '${WORDS}'
export default scenario({
  title: 't',
  site: '${SITE}',
  start: '2025-06-21 12:00',
  for: '10 min',
  steps: [
    { at: '1 min', fault: 'freeze', target: 'grid', for: '1 s' },
    { at: '2 min', fault: 'freeze', target: 'gird', for: '1 s' },
    { at: '3 min', fault: 'freeze', target: 'gird', for: '1 s' },
  ],
  expect: ['no alarm', { kind: 'state', of: 'bat1', is: 'running' }, 'no alarm'],
})
`,
  )
  expect(detail).toMatch(/own\.ts:9: there is no device to strike with 'freeze' 'gird'; did you mean 'grid'\?/)
  expect(detail).toMatch(/own\.ts:10: there is no device to strike with 'freeze' 'gird'/)
  expect(detail).toMatch(/own\.ts:12: there is no state of bat1 'running'/)
})

test('the object forms are typed', () => {
  expectTypeOf<{ kind: 'state'; of: string; is: string }>().toExtend<Expectation>()
  expectTypeOf<{ kind: 'slots'; class: 'lost'; most: number }>().not.toExtend<Expectation>()
  expectTypeOf<'5 min'>().toExtend<Moment>()
  expectTypeOf<'5 minutes'>().not.toExtend<Moment>()
  expectTypeOf<Scenario['expect'][number]>().toEqualTypeOf<string | Expectation>()
})
