import { describe, expect, it } from 'vitest'
import { COMMAND_STATES, type CommandState, isTerminal } from '../../../projections/api/view.ts'
import { Lifecycle } from '../../../supervisors/cli/lifecycle.ts'
import { commandAt } from '../api/fake-site.ts'

/** `a` to `c`: what each node says, null where it knows nothing. */
type Reports = readonly (CommandState | null)[]
const hear = (life: Lifecycle, reports: Reports) => {
  const known = reports.flatMap((state, i) => (state ? [['abc'[i]!, commandAt('command-1', state)] as const] : []))
  return life.hear(new Map(known)).map(step => `${step.state} by ${step.nodes.join('')}`)
}

describe('what the sender is told', () => {
  it.each<[string, Reports[], string[]]>([
    ['nothing while one node alone speaks', [['confirmed', null, null]], []],
    [
      'a step once two nodes report it',
      [
        ['accepted', null, null],
        ['accepted', 'accepted', null],
      ],
      ['accepted by ab'],
    ],
    [
      'each step once',
      [
        ['accepted', 'accepted', null],
        ['accepted', 'accepted', 'accepted'],
      ],
      ['accepted by ab'],
    ],
    [
      'both steps where only the end was seen',
      [['confirmed', 'confirmed', null]],
      ['accepted by ab', 'confirmed by ab'],
    ],
    ['accepted where one is further than the other', [['confirmed', 'accepted', null]], ['accepted by ab']],
    ['no acceptance of what was rejected', [['rejected', 'rejected', 'rejected']], ['rejected by abc']],
    ['what two say against one that lies', [['confirmed', 'failed', 'failed']], ['accepted by abc', 'failed by bc']],
    [
      'the first end only',
      [
        ['failed', 'failed', null],
        ['failed', 'confirmed', 'confirmed'],
      ],
      ['accepted by ab', 'failed by ab'],
    ],
    [
      'nothing of three that contradict each other but that it was accepted',
      [['confirmed', 'failed', 'unknown']],
      ['accepted by abc'],
    ],
  ])('%s', (_, rounds, told) => {
    const life = new Lifecycle(2)
    expect(rounds.flatMap(reports => hear(life, reports))).toEqual(told)
  })

  it('is never a state that one node alone reports', () => {
    const all: Reports = [null, ...COMMAND_STATES]
    for (const a of all)
      for (const b of all)
        for (const c of all) {
          const life = new Lifecycle(2)
          hear(life, [a, b, c])
          const told = life.told
          if (told === null) continue
          const says = (s: CommandState | null) =>
            s !== null && (s === told || (told === 'accepted' && s !== 'rejected'))
          expect([a, b, c].filter(says).length).toBeGreaterThanOrEqual(2)
          expect(life.ended).toBe(isTerminal(told))
        }
  })
})
