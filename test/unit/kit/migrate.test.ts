import { describe, expect, test } from 'vitest'
import { battery } from '../../../actors/assets/battery.ts'
import { freezeActor, nextDue, type Placed, place, stepActor, thawActor } from '../../../actors/kit/host.ts'
import { defineAsset } from '../../../actors/kit/index.ts'
import { migrate, type Stored } from '../../../actors/kit/migrate.ts'
import { bent, GOOD, placeBattery, Story } from './sample.ts'

/** Version 2: `precharging` is called `filling`, `charging` in it `waiting`; there is one more context field. */
function second(migrations: unknown, more: (spec: any) => void = () => {}): Placed {
  const spec = bent(battery.spec, s => {
    s.version = 2
    s.migrations = migrations
    s.context.stops = 0
    const { states } = s.chart.states.operating
    states.filling = states.precharging
    delete states.precharging
    states.disconnected.on.start.target = 'filling'
    states.filling.states.waiting = states.filling.states.charging
    delete states.filling.states.charging
    states.filling.initial = 'waiting'
    more(s)
  })
  return place(defineAsset(spec as never) as never, 'bat1', placeBattery().settings)
}
const renamed = {
  'operating.precharging': 'operating.filling',
  'operating.precharging.charging': 'operating.filling.waiting',
}
const context = (old: any) => ({ ...old, stops: 0 })
const good = { 1: { renamed, context } }

function stored(story: Story = new Story().frame(GOOD).send({ type: 'start' })): Stored {
  return { type: 'battery', version: 1, actor: freezeActor(story.actor) }
}

describe('an actor of version 1', () => {
  test('goes on in version 2, its timer too', () => {
    const placed = second(good)
    const result = migrate(placed, stored())
    if (result.kind === 'refused') throw new Error(result.reason)
    expect(result.stored.version).toBe(2)
    const actor = thawActor(placed, result.stored.actor)
    expect(actor.chart.value).toEqual({ operating: { filling: 'waiting' } })
    expect(actor.chart.context).toMatchObject({ starts: 1, stops: 0 })
    const story = new Story(placed)
    story.actor = actor
    expect(nextDue(actor)).toMatchObject({
      due: 5_000,
      event: { type: 'xstate.after.prechargeTimeout.battery.operating.filling.waiting' },
    })
    expect(story.fire().actor.chart.value).toBe('faulted')
  })

  test('with an alarm up keeps it, under the new name of its state', () => {
    const placed = second({ 1: { renamed: { ...renamed, faulted: 'tripped' }, context } }, s => {
      const text = JSON.stringify(s.chart)
        .replaceAll('"faulted"', '"tripped"')
        .replaceAll('#battery.faulted', '#battery.tripped')
      s.chart = JSON.parse(text)
    })
    const result = migrate(placed, stored(new Story().frame(GOOD).send({ type: 'start' }).fire()))
    if (result.kind === 'refused') throw new Error(result.reason)
    const actor = thawActor(placed, result.stored.actor)
    expect(actor.alarms).toEqual({ prechargeFailed: 'battery.tripped' })
    expect(stepActor(placed, actor, { type: 'reset' }, GOOD, 0, []).actor.alarms).toEqual({})
  })

  test('gets new setpoints at their safe value and loses those that are gone', () => {
    const placed = second(good, s => {
      s.setpoints.reserve = { unit: 'W', safe: '9 W' }
      s.limits.reserve = {}
    })
    const result = migrate(placed, stored())
    expect(result).toMatchObject({ stored: { actor: { out: { power: 0, reserve: 9 }, wanted: { reserve: 9 } } } })
  })

  const refusals: readonly [string, () => Placed, string][] = [
    [
      'no migration',
      () => second({}),
      'battery has no migration from version 1 to 2; add migrations: { 1: { renamed: {}, context: c => c } }',
    ],
    [
      'a state is not mapped',
      () => second({ 1: { context } }),
      "battery v2 has no state 'operating.precharging.charging'; add renamed: { 'operating.precharging.charging': " +
        "'<new path>' } to migrations[1]",
    ],
    [
      'context is missing',
      () => second({ 1: { renamed } }),
      "battery v2 needs context 'stops'; give it in migrations[1].context",
    ],
    [
      'context is left over',
      () => second({ 1: { renamed, context: (c: any) => ({ ...context(c), old: 1 }) } }),
      "battery v2 does not know context 'old'; drop it in migrations[1].context",
    ],
    [
      'a wait is gone',
      () =>
        second(good, s => {
          s.chart.states.operating.states.filling.states.waiting.after = { '7 s': '#battery.faulted' }
        }),
      "battery v2: timer 'xstate.after.prechargeTimeout.battery.operating.filling.waiting' leads nowhere; keep",
    ],
    [
      'a new region has no state',
      () =>
        second(good, s => {
          const { waiting } = s.chart.states.operating.states.filling.states
          s.chart.states.operating.states.filling.states.waiting = {
            ...waiting,
            type: 'parallel',
            states: { one: {}, two: {} },
          }
        }),
      "battery v2: the stored value says nothing about 'battery.operating.filling.waiting.one'",
    ],
  ]
  for (const [what, placed, reason] of refusals)
    test(`is refused: ${what}`, () => {
      const result = migrate(placed(), stored())
      expect(result.kind === 'refused' ? result.reason.slice(0, reason.length) : result).toBe(reason)
    })

  test('of another type, or of a newer version, is refused', () => {
    const placed = placeBattery()
    expect(migrate(placed, { ...stored(), type: 'load' })).toEqual({
      kind: 'refused',
      reason: 'a stored load cannot become a battery',
    })
    expect(migrate(placed, { ...stored(), version: 3 })).toEqual({
      kind: 'refused',
      reason: 'battery v3 is newer than v1, which is in force',
    })
  })
})
