import { describe, expect, test } from 'vitest'
import { battery } from '../../../actors/assets/battery.ts'
import { edgesOf, parseCommand, refusal, stepActor } from '../../../actors/kit/host.ts'
import { GOOD, Story } from './sample.ts'

describe('commands', () => {
  test('unknown events never reach the chart', () => {
    const { placed, actor } = new Story()
    expect(stepActor(placed, actor, { type: 'nonsense' }, GOOD, 0, [])).toEqual({ actor, taken: false, moves: [] })
    expect(stepActor(placed, actor, { type: 'xstate.init' }, GOOD, 0, [])).toEqual({ actor, taken: false, moves: [] })
  })

  test('taken means the event itself, not an always beside it', () => {
    const story = new Story().frame(GOOD)
    story.values = { ...GOOD, temperature: 610 }
    const { actor, taken, moves } = stepActor(story.placed, story.actor, { type: 'reset' }, story.values, 0, [])
    expect([actor.chart.value, taken]).toEqual(['faulted', false])
    expect(edgesOf(moves).map(edge => `${edge.source} -> ${edge.targets}`)).toEqual([
      'battery.operating -> battery.faulted',
    ])
  })

  const refusals: readonly [string, (story: Story) => Story, string, unknown][] = [
    ['unknown', s => s, 'jump', { kind: 'unknown-command' }],
    ['a kit event is no command', s => s, 'measured', { kind: 'unknown-command' }],
    ['no transition here', s => s, 'stop', { kind: 'no-transition', state: 'operating.disconnected' }],
    ['guards that are closed', s => s.frame({ ...GOOD, current: 9_000 }), 'start', { kind: 'guard', guards: ['safe'] }],
    ['none: it would be taken', s => s, 'start', undefined],
  ]
  for (const [what, prepare, type, expected] of refusals)
    test(`refusal: ${what}`, () => {
      const { placed, actor, values } = prepare(new Story().frame(GOOD))
      expect(refusal(placed, actor, { type }, values)).toEqual(expected)
      expect(stepActor(placed, actor, { type }, values, 0, []).taken).toBe(expected === undefined)
    })

  const parsed: readonly [string, Record<string, string | number>, unknown][] = [
    ['cap', { power: '5 kW' }, { kind: 'parsed', event: { type: 'cap', power: 5_000 } }],
    ['cap', { power: 5_000 }, { kind: 'parsed', event: { type: 'cap', power: 5_000 } }],
    ['start', {}, { kind: 'parsed', event: { type: 'start' } }],
    [
      'strat',
      {},
      { kind: 'refused', code: 'UNKNOWN_COMMAND', text: "'strat' is no command of battery; did you mean 'start'?" },
    ],
    [
      'cap',
      { power: '5 kW', speed: '1 W' },
      { kind: 'refused', code: 'UNKNOWN_PARAMETER', text: "cap: 'speed' is not declared; declared: power" },
    ],
    [
      'cap',
      {},
      { kind: 'refused', code: 'MISSING_PARAMETER', text: "cap: 'power' is missing; write power: '<number> W'" },
    ],
    [
      'cap',
      { power: '5 V' },
      {
        kind: 'refused',
        code: 'BAD_PARAMETER',
        text: "cap: power: '5 V' is no quantity in W; write a number, a space and one of W, kW, MW, e.g. '12 MW'",
      },
    ],
    [
      'cap',
      { power: 0.5 },
      { kind: 'refused', code: 'BAD_PARAMETER', text: 'cap: power: 0.5 is no whole number of the smallest step of W' },
    ],
  ]
  for (const [name, params, expected] of parsed)
    test(`parse ${name} ${JSON.stringify(params)}`, () => expect(parseCommand(battery, name, params)).toEqual(expected))
})
