import { describe, expect, test } from 'vitest'
import {
  bounds,
  fireTimer,
  measure,
  nextDue,
  type Output,
  place,
  refusal,
  releaseActor,
  startActor,
  stepActor,
  want,
} from '../../../actors/kit/host.ts'
import { defineAsset } from '../../../actors/kit/index.ts'

describe('quarantine (H1)', () => {
  const trap = defineAsset({
    type: 'trap',
    version: 1,
    title: 'Throws on its second kick',
    points: {},
    setpoints: { power: { unit: 'W', safe: '7 W' } },
    commands: { kick: {} },
    settings: {},
    alarms: {},
    context: { kicks: 0 },
    guards: {
      sound: ({ context }) => {
        if (context.kicks > 0) throw new Error('kicked again')
        return true
      },
    },
    limits: { power: {} },
    actions: { count: ({ context }) => ({ remember: { kicks: context.kicks + 1 } }) },
    chart: {
      initial: 'a',
      states: {
        a: { after: { '1 s': 'b' }, on: { kick: { guard: 'sound', actions: 'count' } } },
        b: { after: { '1 s': 'a' } },
      },
    },
  })
  const placed = place(trap, 't', {})

  test('keeps the last state, says why, and takes nothing more', () => {
    const outputs: Output[] = []
    const kicked = stepActor(placed, startActor(placed, 0, outputs), { type: 'kick' }, {}, 0, outputs)
    expect(kicked.taken).toBe(true)
    const { actor, taken } = stepActor(placed, kicked.actor, { type: 'kick' }, {}, 0, outputs)
    expect(taken).toBe(false)
    expect(actor.chart).toBe(kicked.actor.chart)
    expect(actor.held).toMatchObject({ code: 'guard-or-assign-threw', reason: expect.stringContaining('kicked again') })
    expect(outputs).toEqual([{ asset: 't', kind: 'quarantined', event: 'kick', ...actor.held }])
    expect(nextDue(actor)).toBe(undefined)
    expect(stepActor(placed, actor, { type: 'kick' }, {}, 0, outputs).actor).toBe(actor)
    expect(measure(placed, actor, {}, 0, outputs).actor).toBe(actor)
    expect(want(placed, actor, { power: 1 }, {}, 0, outputs).actor).toBe(actor)
    expect(fireTimer(placed, actor, actor.timers[0]!, {}, outputs).actor).toBe(actor)
    expect(outputs.length).toBe(1)
    expect(bounds(placed, actor, {})).toEqual({ power: { min: 7, max: 7, minBy: 'quarantine', maxBy: 'quarantine' } })
    expect(refusal(placed, actor, { type: 'kick' }, {})).toMatchObject({ kind: 'held' })
    expect(nextDue(releaseActor(actor))).toMatchObject({ due: 1_000 })
  })

  test('a cycle without an end is cut, and held', () => {
    const spinning = defineAsset({
      ...trap.spec,
      guards: {},
      actions: {},
      chart: { initial: 'a', states: { a: { on: { kick: 'b' } }, b: { always: 'c' }, c: { always: 'b' } } },
    } as never)
    const at = place(spinning, 't', {})
    const { actor } = stepActor(at, startActor(at, 0, []), { type: 'kick' }, {}, 0, [])
    expect(actor.held?.code).toBe('endless')
    expect(actor.chart.value).toBe('a')
  })

  test('a remembered fraction is such a throw: replicas could round it apart', () => {
    const half = defineAsset({
      ...trap.spec,
      guards: {},
      actions: { count: () => ({ remember: { kicks: 0.5 } }) },
      chart: { initial: 'a', states: { a: { on: { kick: { actions: 'count' } } } } },
    } as never)
    const at = place(half, 't', {})
    const { actor } = stepActor(at, startActor(at, 0, []), { type: 'kick' }, {}, 0, [])
    expect(actor.held?.reason).toBe('remember kicks: 0.5 is no whole number')
  })
})
