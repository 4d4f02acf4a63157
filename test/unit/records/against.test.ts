/** A recorded log held against what other code would command. */
import { expect, test } from 'vitest'
import { sealFact } from '../../../protocol/codec/fact.ts'
import type { Actions, Candidate } from '../../../protocol/words/candidate.ts'
import { type CycleDiffers, compare, type Decision } from '../../../supervisors/records/against.ts'
import { casesOf, Differing, summaryInWords } from '../../../supervisors/records/against-words.ts'
import { divergences } from '../../../supervisors/records/commanded.ts'
import { Exported } from '../../../supervisors/records/exported.ts'
import { junit } from '../../../supervisors/records/junit.ts'
import { FoldedSide, folded, noFacts, RecordedSide } from '../../../supervisors/records/sides.ts'
import { claim, FoldBench, manifestOf, signerOf } from '../controller/household.ts'
import { CYCLES, decided, logOf, progress, recorded } from './recorded-site.ts'

const history = recorded()
const bent = (candidate: Candidate, change: (actions: Actions) => void): Candidate => {
  const copy = structuredClone(candidate)
  change(copy.actions)
  return copy
}
const power = (actions: Actions) => actions.assets.bat1!.setpoints.power!

async function against(decisions: readonly string[], facts: readonly string[] = history.facts) {
  const counts = noFacts()
  const log = {
    facts: await logOf('facts', facts),
    partition: 0,
    range: {},
    fold: FoldBench.options,
    progress: progress(),
  }
  const differing: CycleDiffers[] = []
  const compared = await compare(
    folded(log, counts),
    new RecordedSide(await logOf('decisions', decisions), 0, 'home'),
    async cycle => void differing.push(cycle),
  )
  return { compared, counts, differing }
}
/** What all three nodes recorded of one cycle. */
const replaced = (index: number, candidate: Candidate, nodes = ['node-a', 'node-b', 'node-c']) =>
  history.decisions.toSpliced(3 * index, 3, ...nodes.map(by => decided(candidate, by)))

test('the same code commands the same, whatever engine recorded it', async () => {
  const { compared, counts, differing } = await against(
    history.candidates.flatMap(c => ['node-a', 'node-b'].map(by => decided({ ...c, engine: 'e'.repeat(64) }, by))),
  )
  expect(compared).toEqual({
    compared: CYCLES,
    different: 0,
    undecided: 0,
    words: 0,
    unrecorded: 0,
    outvoted: 0,
    first: null,
  })
  expect(differing).toEqual([])
  expect(counts).toMatchObject({ refused: 0, firstRefused: null })
})

test('a setpoint is told with its cycle, its path, both values and why', async () => {
  const candidate = bent(history.candidates[3]!, actions =>
    Object.assign(power(actions), { value: 700, why: 'manual: by hand' }),
  )
  const { compared, differing } = await against(replaced(3, candidate))
  expect(compared).toMatchObject({ compared: CYCLES, different: 1, words: 0 })
  const why = { recorded: 'manual: by hand', computed: power(history.candidates[3]!.actions).why }
  const divergence = { kind: 'commanded', path: 'assets.bat1.setpoints.power.value', recorded: 700, computed: 0, why }
  expect(differing).toEqual([{ position: candidate.position, epoch: 1, cycle: 4, divergences: [divergence] }])
  expect(compared.first).toEqual(differing[0])
})

test.each<[string, (actions: Actions) => void, string]>([
  ['mode', actions => Object.assign(actions, { mode: 'safe' }), 'mode'],
  ['bound', actions => Object.assign(power(actions), { max: 1 }), 'assets.bat1.setpoints.power.max'],
  ['ramp', actions => Object.assign(power(actions), { rise: 1 }), 'assets.bat1.setpoints.power.rise'],
  [
    'pulse',
    actions => Object.assign(actions.assets.bat1!, { pulses: [{ id: 'bat1-9', name: 'closeMain' }] }),
    'assets.bat1.pulses',
  ],
  [
    'law',
    actions => Object.assign(actions, { laws: [{ law: 'exportLimit', asset: 'bat2' }] }),
    'laws.exportLimit bat2',
  ],
  ['command', actions => Object.assign(actions, { commands: [] }), 'commands.go-automatic'],
  ['asset', actions => Reflect.deleteProperty(actions.assets, 'bat2'), 'assets.bat2'],
])('a %s is commanded', (_, change, path) => {
  const { actions } = history.candidates[1]!
  expect(divergences(actions, bent(history.candidates[1]!, change).actions)[0]).toMatchObject({
    kind: 'commanded',
    path,
  })
})

test('assets and setpoints may have any name', () => {
  const { actions } = history.candidates[0]!
  const bat1 = actions.assets.bat1!
  const { power: own } = bat1.setpoints
  const called = (value: number): Actions => ({
    ...actions,
    assets: { mode: { ...bat1, setpoints: { pulses: { ...own!, value } } }, laws: bat1, commands: bat1 },
  })
  const found = (computed: Actions) => divergences(called(1), computed).map(d => d.path)
  expect(found(called(2))).toEqual(['assets.mode.setpoints.pulses.value'])
  expect(found({ ...called(1), mode: 'safe' })).toEqual(['mode'])
})

test('words alone are told as such, and are no difference', async () => {
  const candidate = bent(history.candidates[2]!, actions =>
    Object.assign(power(actions), { why: 'otherwise', boundBy: 'x' }),
  )
  const { compared, counts, differing } = await against(replaced(2, candidate))
  expect(compared).toMatchObject({ different: 0, words: 1, first: null })
  expect(differing[0]!.divergences.map(d => [d.kind, d.path])).toEqual([
    ['words', 'assets.bat1.setpoints.power.boundBy'],
    ['words', 'assets.bat1.setpoints.power.why'],
  ])
  expect(summaryInWords(compared, counts, 0).join('\n')).toMatch(
    /nothing would be commanded otherwise\n1 cycles differ in words only/,
  )
})

test('the id of a pulse is no difference', () => {
  const pulse = (id: string) =>
    bent(history.candidates[0]!, actions =>
      Object.assign(actions.assets.bat1!, { pulses: [{ id, name: 'closeMain' }] }),
    ).actions
  expect(divergences(pulse('bat1-1'), pulse('bat1-2'))).toEqual([])
})

test('what most nodes recorded counts; an outvoted record is counted by itself', async () => {
  const lie = bent(history.candidates[3]!, actions => Object.assign(power(actions), { value: 700 }))
  const decisions = history.decisions.toSpliced(3 * 3, 1, decided(lie, 'node-a'))
  expect((await against(decisions)).compared).toMatchObject({ different: 0, outvoted: 1 })
})

test('a recorded cycle that is not decided any more is a difference, an unrecorded one is none', async () => {
  const { compared } = await against(history.decisions.slice(3))
  expect(compared).toMatchObject({ compared: CYCLES - 1, different: 0, unrecorded: 1 })
  const frame = history.facts.findIndex(body => body.includes('"cycle":6') && body.includes('FrameMeasured'))
  const facts = history.facts.toSpliced(frame, 2, history.facts[frame - 1]!, history.facts[frame - 1]!)
  const gone = await against(history.decisions, facts)
  expect(gone.compared).toMatchObject({
    undecided: 1,
    different: 1,
    first: { cycle: 6, divergences: [{ computed: 'not decided' }] },
  })
})

test('facts that this code refuses are told with the first of them', async () => {
  const forged = sealFact(claim('node-a', 1, 1, { epoch: 9 }), signerOf('node-a', 'another'))
  const { counts } = await against(history.decisions, [...history.facts, forged])
  expect(counts).toMatchObject({ refused: 1, firstRefused: { position: history.facts.length, code: 'BAD_SIGNATURE' } })
})

test('without recorded decisions another fold stands in', async () => {
  const facts = await logOf('facts', history.facts)
  const log = { facts, partition: 0, range: {}, fold: FoldBench.options, progress: progress() }
  const other = async function* () {
    for await (const { decisions } of folded(log, noFacts()))
      for (const one of decisions) yield { position: one.position, decisions: [bentDecision(one)] }
  }
  const bentDecision = (one: Decision): Decision =>
    one.cycle === 5 ? { ...one, actions: { ...one.actions, mode: 'off' } } : one
  const compared = await compare(other(), new FoldedSide(folded(log, noFacts())), async () => {})
  expect(compared).toMatchObject({ compared: CYCLES, different: 1, first: { cycle: 5 } })
})

test('an export is read as the log that it was written from', async () => {
  const lines = [
    ...history.facts.map((body, position) => {
      const space = body.indexOf(' ')
      return `{"topic":"facts","position":${position},"stampMs":0,"signature":"${body.slice(0, space)}","fact":${body.slice(space + 1)}}`
    }),
    `{"topic":"facts","position":900,"stampMs":0,"body":"no fact"}`,
    ...history.decisions.map((body, i) => `{"topic":"decisions","position":${2 * i},"stampMs":0,"record":${body}}`),
  ]
  const exported = new Exported()
  for (const [i, line] of lines.entries()) exported.line(line, i + 1)
  const facts = exported.log('facts')!
  expect(await facts.ends(0)).toEqual({ earliest: 0, next: 901 })
  expect((await facts.read(0, 0, 10_000)).map(r => r.body)).toEqual([...history.facts, 'no fact'])
  expect(await facts.read(0, history.facts.length, 5)).toMatchObject([{ position: 900 }])
  expect((await exported.log('decisions')!.read(0, 3, 1))[0]).toMatchObject({ position: 4, body: history.decisions[2] })
  expect(exported.log('history')).toBeNull()
})
test.each([
  ['hello', /^LOG_CORRUPT: line 2 is none of/],
  [
    '{"topic":"facts","position":0,"stampMs":0,"body":"x"}',
    /^LOG_CORRUPT: line 2: position 0 of 'facts' comes after 0/,
  ],
])('a line %j of an export is refused with its number', (line, says) => {
  const exported = new Exported()
  exported.line('{"topic":"facts","position":0,"stampMs":0,"body":"x"}', 1)
  expect(() => exported.line(line, 2)).toThrow(says)
})

test('a test report has a case for each asset, and names what differs', async () => {
  const candidate = bent(history.candidates[3]!, actions =>
    Object.assign(power(actions), { value: 700, why: 'a "<law>" & more\u0007' }),
  )
  const { compared, counts, differing } = await against(replaced(3, candidate))
  const by = new Differing()
  for (const cycle of differing) by.take(cycle)
  const cases = casesOf(manifestOf(), compared, counts, by)
  expect(cases.filter(c => c.failure).map(c => c.name)).toEqual(['bat1'])
  expect(cases.map(c => c.name)).toEqual(
    expect.arrayContaining(['every recorded cycle is decided', 'mode', 'grid', 'bat2', 'laws', 'commands']),
  )
  const xml = junit([{ name: 'quorate replay', cases }])
  expect(xml).toContain(`<testsuite name="quorate replay" tests="${cases.length}" failures="1" errors="0">`)
  expect(xml).toContain('bat1.power.value: recorded 700, computed 0 (a &quot;&lt;law&gt;&quot; &amp; more? -&gt; ')
})
test('nothing compared is a failure by itself', async () => {
  const { compared, counts } = await against([])
  const [every] = casesOf(manifestOf(), compared, counts, new Differing())
  expect(every!.failure?.message).toMatch(/^NOTHING was compared/)
})
