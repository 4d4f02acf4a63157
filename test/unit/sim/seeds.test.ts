/** What `quorate sim` tells of its seeds, and the histories that it writes and reads. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { SimCall } from '../../../sim/cli/call.ts'
import { otherCommit, type ReplayFile, readReplay, writeReplay } from '../../../sim/cli/replay-file.ts'
import { summaryInWords, Totals } from '../../../sim/cli/totals.ts'
import { tell } from '../../../sim/cli/trials.ts'
import { planInWords } from '../../../sim/cli/words.ts'
import type { Fault } from '../../../sim/faults/kinds.ts'
import type { Done } from '../../../sim/worker.ts'

const fault = (changes: Partial<Fault> = {}): Fault => ({
  id: 7,
  kind: 'loss',
  target: 'gateway>node-a',
  fromMs: 1_000,
  forMs: 500,
  rate: 0.1234,
  ...changes,
})
const violation = { invariant: 'L2', atMs: 9, text: 'no verdict' }
const done = (seed: number, violations = [violation]): Done => ({
  kind: 'done',
  ms: 1_000,
  shrunk: { faults: [fault()], runs: 3 },
  result: {
    seed,
    profile: 'swarm',
    traceHash: 'x',
    simulatedHours: 0.5,
    events: 1,
    facts: 10,
    deaths: 0,
    faults: { loss: 4, crash: 1 },
    schedule: [fault(), fault({ id: 8 })],
    struck: [],
    violations,
  },
})
const job = { site: 'trial.yaml', seed: 3, forMs: 1, sites: 1, profile: 'swarm', shrinkRuns: 0 }

const folder = mkdtempSync(join(tmpdir(), 'quorate-seeds-'))
beforeEach(() => {
  rmSync(folder, { recursive: true, force: true })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const told = (changes: Partial<SimCall>, one = done(3)): string[] => {
  const lines: string[] = []
  tell({ hours: 0.5, json: true, out: null, site: null, ...changes } as SimCall, job, one, line => lines.push(line))
  return lines
}

test('a line of JSON holds the history of what it broke, and no file comes unasked', () => {
  const [line] = told({}).map(text => JSON.parse(text))
  expect(line).toMatchObject({ kind: 'seed', seed: 3, traceHash: 'x', violations: [{ invariant: 'L2' }] })
  expect(line.history).toMatchObject({ seed: 3, invariant: 'L2', faults: [{ kind: 'loss' }] })
  expect(readdirSync('.').filter(name => name.startsWith('sim-3'))).toEqual([])
  expect(JSON.parse(told({}, done(3, []))[0]!)).not.toHaveProperty('history')
})
test('with a folder it is there, in JSON and in text, and the line names it', () => {
  const path = join(folder, 'sim-3-L2.json')
  expect(JSON.parse(told({ out: folder })[0]!)).toMatchObject({ historyFile: path })
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ hours: 0.5, invariant: 'L2' })
  expect(told({ out: folder, json: false }).at(-1)).toBe(`  step through it: quorate sim --replay ${path}`)
})

test('seeds come to hours, speeds, what struck, what was broken and what nobody judges', () => {
  const totals = new Totals(2)
  for (const one of [done(1), done(2, []), done(3, [violation, violation])]) totals.take(one)
  totals.take({ kind: 'failed', seed: 4, reason: '' })
  const summary = totals.summary(3_600)
  expect(summary).toMatchObject({
    kind: 'summary',
    seeds: 4,
    failed: 1,
    simulatedHours: 1.5,
    simulatedHoursPerHour: 1_500,
    simulatedHoursPerCoreHour: 750,
    faults: { loss: 12, crash: 3 },
    violations: { L2: 2 },
  })
  expect(summary.notJudged).toContain('S7')
  const [seeds, struck, broken] = summaryInWords(summary)
  expect([seeds, struck]).toEqual([
    '4 seeds, 1.5 simulated hours, 30 facts, each replayed, in 4 s (1500 an hour, 750 of a core)',
    'struck: loss 12, crash 3',
  ])
  expect(broken).toMatch(/^1 FAILED; VIOLATED: L2 in 2 seeds; not judged yet: .*S7/)
})
test('a profile is told with its rates', () => {
  const faults = [fault(), fault({ rate: 0.03 }), { ...fault({ kind: 'mute' }), rate: undefined }] as Fault[]
  expect(planInWords(1, { name: 'swarm', kinds: ['loss', 'mute'], traitor: null, faults })).toEqual([
    'seed 1  swarm: loss x2 (rate 0.12, 0.03), mute x1',
  ])
})

const history = (changes: object = {}): ReplayFile =>
  ({
    seed: 3,
    hours: 0.5,
    sites: 1,
    profile: 'swarm',
    site: new URL('../../../sim/sites/trial.yaml', import.meta.url).pathname,
    commit: 'abc',
    invariant: 'L2',
    faults: [fault({ only: [1, 2] }), fault({ kind: 'clockJump', ms: -30 })],
    ...changes,
  }) as ReplayFile

test('a history is read as it was written', () => {
  expect(readReplay(writeReplay(folder, history()))).toEqual(history())
})
test.each([
  [history({ site: '/nowhere.yaml' }), 'site: there is no /nowhere.yaml here'],
  [history({ faults: [{ ...fault(), kind: 'los' }] }), 'faults.0.kind must be equal to one of the allowed values'],
  [history({ hours: 'many' }), 'hours must be number'],
  [history({ more: 1 }), 'it has more, which no history has'],
  [history({ seed: undefined }), 'it lacks seed'],
  [[], 'it is no history'],
])('what is none is refused with its path and field: %#', (value, text) => {
  const path = writeReplay(folder, history())
  writeFileSync(path, JSON.stringify(value))
  expect(() => readReplay(path)).toThrow(`USAGE: --replay ${path}: ${text}`)
})
test('nor is what cannot be read', () => {
  const path = writeReplay(folder, history())
  writeFileSync(path, '{')
  expect(() => readReplay(path)).toThrow(/USAGE: --replay .*it is no JSON/)
  expect(() => readReplay(folder)).toThrow(/USAGE: --replay .*EISDIR/)
})
test('a history of another commit may go otherwise', () => {
  expect([otherCommit(history(), 'abc'), otherCommit(history(), 'unknown')]).toEqual([null, null])
  expect(otherCommit(history(), 'def')).toMatch(/^found with commit abc, and these sources are at def/)
})
