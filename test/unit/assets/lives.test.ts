import { describe, expect, test } from 'vitest'
import { alarmLife } from '../../../actors/alarms/life.ts'
import { commandLife } from '../../../actors/commands/life.ts'
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

describe('life of a command', () => {
  const ends = [
    ['confirm', 'confirmed'],
    ['fail', 'failed'],
    ['expire', 'expired'],
    ['supersede', 'superseded'],
    ['cancel', 'cancelled'],
    ['loseSight', 'unknown'],
  ] as const
  const terminals = new Set<string>(['rejected', ...ends.map(([, end]) => end)])
  const placed = place(commandLife, 'c', {})
  const reached = (...events: readonly string[]): ActorState =>
    events.reduce((actor, type) => stepActor(placed, actor, { type }, {}, 0, []).actor, startActor(placed, 0, []))

  test('rejected, or accepted and ended once (S10)', () => {
    expect(actorState(reached('reject'))).toEqual({ paths: ['rejected'], tags: ['terminal'] })
    expect(actorState(reached('accept'))).toEqual({ paths: ['accepted'], tags: ['rides'] })
    for (const [event, end] of ends) {
      const ended = reached('accept', event)
      expect(actorState(ended).tags, event).toEqual(['terminal'])
      for (const [again] of ends) {
        const top = actorState(stepActor(placed, ended, { type: again }, {}, 0, []).actor).paths[0]!.split('.')[0]!
        expect([top, terminals.has(top)], `${event}, then ${again}`).toEqual([end, true])
      }
    }
  })

  test('nothing ends before it is accepted', () => {
    for (const [event] of ends) expect(actorState(reached(event)).paths, event).toEqual(['requested'])
  })

  test('unknown is annotated by a late receipt, and stays unknown (S11)', () => {
    expect(
      table(commandLife, nothing, [
        [{ accept: {} }, 'accepted'],
        [{ loseSight: {} }, 'unknown.silent'],
        [{ confirm: {} }, 'unknown.confirmedLate'],
        [{ fail: {} }, 'unknown.confirmedLate'],
      ]),
    ).toEqual([])
  })
})

describe('life of an alarm', () => {
  test('stays until it is acknowledged and its cause is gone, in either order', () => {
    expect(
      table(alarmLife, nothing, [
        [{ raise: {} }, 'condition.activeUnacknowledged'],
        [{ acknowledge: {} }, 'condition.activeAcknowledged'],
        [{ returned: {} }, 'condition.normal'],
        [{ raise: {} }, 'condition.activeUnacknowledged'],
        [{ returned: {} }, 'condition.returnedUnacknowledged'],
        [{ raise: {} }, 'condition.activeUnacknowledged'],
        [{ returned: {} }, 'condition.returnedUnacknowledged'],
        [{ acknowledge: {} }, 'condition.normal'],
      ]),
    ).toEqual([])
  })

  test('shelving stands beside it, ends by itself, and loses nothing', () => {
    expect(
      table(alarmLife, { settings: { shelvedMax: '1 h' }, frame: {} }, [
        [{ shelve: {} }, 'shelving.shelved'],
        [{ raise: {} }, 'condition.activeUnacknowledged'],
        [{ wait: '3599 s' }, 'shelving.shelved'],
        [{ wait: '1 s' }, 'shelving.unshelved'],
        [{ shelve: {} }, 'shelving.shelved'],
        [{ unshelve: {} }, 'condition.activeUnacknowledged'],
        [{ acknowledge: {} }, 'shelving.unshelved'],
      ]),
    ).toEqual([])
  })
})
