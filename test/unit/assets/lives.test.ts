import { describe, expect, test } from 'vitest'
import { modes } from '../../../actors/controller/modes.ts'
import { type ActorState, actorState, place, refusal, startActor, stepActor } from '../../../actors/kit/host.ts'
import { table } from '../../../actors/kit/index.ts'

const nothing = { settings: {}, frame: {} } as const

describe('modes of a site', () => {
  const placed = place(modes, 'site', {})
  const inMode = (mode: string): ActorState =>
    mode === 'off'
      ? startActor(placed, 0, [])
      : stepActor(placed, startActor(placed, 0, []), { type: mode }, {}, 0, []).actor

  const tags: readonly [mode: string, tags: readonly string[]][] = [
    ['off', []],
    ['observe', ['dispatches', 'strategies']],
    ['manual', ['dispatches', 'operator', 'writes']],
    ['automatic', ['dispatches', 'strategies', 'writes']],
    ['safe', ['dispatches', 'safe', 'writes']],
  ]
  for (const [mode, expected] of tags)
    test(`${mode}: ${expected.join(', ') || 'nothing'}`, () => {
      expect(actorState(inMode(mode))).toEqual({ paths: [mode], tags: expected })
    })

  test('each leads to each other, and a repeat is refused', () => {
    for (const [from] of tags)
      for (const [to] of tags) {
        const { actor, taken } = stepActor(placed, inMode(from), { type: to }, {}, 0, [])
        expect([taken, actorState(actor).paths], `${from} to ${to}`).toEqual([from !== to, [to]])
      }
    expect(refusal(placed, inMode('safe'), { type: 'safe' }, {})).toEqual({ kind: 'no-transition', state: 'safe' })
  })

  test('safe is an alarm as long as it lasts', () => {
    expect(
      table(modes, nothing, [
        [{ safe: {} }, 'safe', { alarm: 'safeMode' }],
        [{ automatic: {} }, 'automatic', { clear: 'safeMode' }],
      ]),
    ).toEqual([])
  })
})
