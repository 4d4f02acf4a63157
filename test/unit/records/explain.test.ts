import { expect, test } from 'vitest'
import { sealFact } from '../../../protocol/codec/fact.ts'
import { commandStory, storyInWords } from '../../../supervisors/records/command-story.ts'
import { explain } from '../../../supervisors/records/explain.ts'
import { inWords } from '../../../supervisors/records/explain-words.ts'
import { firstDifference } from '../../../supervisors/records/json-path.ts'
import { FoldBench, signerOf } from '../controller/household.ts'
import { CYCLES, decided, logOf, progress, receipt, recorded } from './recorded-site.ts'

const history = recorded()
const told = async (cycle?: number, facts = history.facts, decisions = history.decisions) =>
  explain({
    facts: await logOf('facts', facts),
    decisions: await logOf('decisions', decisions),
    partition: 0,
    fold: FoldBench.options,
    progress: progress(),
    ...(cycle !== undefined && { cycle }),
  })

test('the newest decided cycle, in words and units', async () => {
  const { explained, fold } = await told()
  expect(explained).toMatchObject({
    epoch: 1,
    cycle: CYCLES,
    verdict: { source: 'majority', signed: ['node-a', 'node-b'], certifies: explained.digest },
  })
  const words = inWords(explained, fold)
  expect(words).toContain('mode: automatic')
  expect(words).toContain(
    'bat1.power = 0 W: peakShaving: between recharge level and peak; between 0 W and 0 W, ramp 50000/50000 W/s',
  )
  expect(words).toContain('  decided 0 W, written 0 W, accepted, read back 0 W: confirmed')
  expect(words).toContain('  node-c agrees, too late for the certificate')
})

test('any cycle, by its number', async () => {
  expect((await told(1)).explained).toMatchObject({ cycle: 1, candidate: { actions: { mode: 'off' } } })
  await expect(told(900)).rejects.toThrow('NOT_FOUND: the log has no cycle 900')
})

test('who dissented, who was silent', async () => {
  const candidate = history.candidates.at(-1)!
  const lie = { ...candidate, validityMs: 1 }
  const body = sealFact(
    receipt(CYCLES, candidate, { dissent: [{ by: 'node-c', digest: 'd'.repeat(64) }] }),
    signerOf('gateway'),
  )
  const facts = history.facts.with(-1, body)
  expect((await told(undefined, facts)).explained.votes.map(v => v.says)).toEqual(['agrees', 'agrees', 'dissents'])
  const decisions = history.decisions.slice(0, -3)
  expect((await told(undefined, history.facts, decisions)).explained.votes.map(v => v.says)).toEqual([
    'agrees',
    'agrees',
    'silent',
  ])
  expect(
    (await told(undefined, history.facts, [...decisions, decided(lie, 'node-c')])).explained.votes.map(v => v.says),
  ).toEqual(['agrees', 'agrees', 'dissents'])
})

test('a refused command says why, and in which state its asset was', async () => {
  const story = await commandStory(
    await logOf('facts', history.facts),
    0,
    FoldBench.options,
    'stop-too-soon',
    progress(),
  )
  expect(storyInWords(story)).toEqual([
    `stop-too-soon: 'operator' asked bat1 for stop at position ${story.position}; bat1 was operating.disconnected`,
    `  ${story.position}: rejected: NOT_NOW: bat1 is operating.disconnected, which takes no 'stop'`,
  ])
})

test('a command that is not there, and one that was forged, have no story', async () => {
  const ask = async (facts: readonly string[], id: string) =>
    commandStory(await logOf('facts', facts), 0, FoldBench.options, id, progress())
  await expect(ask(history.facts, 'of-nobody')).rejects.toThrow("NOT_FOUND: the log has no command 'of-nobody'")
  const own = history.facts.findIndex(body => body.includes('"id":"go-automatic"'))
  const forged = history.facts.with(own, `x${history.facts[own]!}`)
  await expect(ask(forged, 'go-automatic')).rejects.toThrow(/never entered a step: position \d+: BAD_SIGNATURE/)
})

test.each([
  [{ a: 1 }, { a: 1 }, null],
  [{ a: { b: [1, 2] } }, { a: { b: [1, 3] } }, 'a.b.1'],
  [{ a: 1 }, { a: 1, b: 2 }, 'b'],
  [{ a: [1] }, { a: { 0: 1 } }, 'a'],
  [{ a: null }, { a: {} }, 'a'],
])('%j and %j differ at %s', (a, b, path) => expect(firstDifference(a, b)?.path ?? null).toBe(path))
