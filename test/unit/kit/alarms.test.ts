import { describe, expect, test } from 'vitest'
import { type Output, place, startActor, stepActor } from '../../../actors/kit/host.ts'
import { defineAsset, table } from '../../../actors/kit/index.ts'
import { GOOD, Story } from './sample.ts'

describe('alarms (H4)', () => {
  test('return on leaving the state that they belong to', () => {
    const story = new Story().frame(GOOD).send({ type: 'start' })
    story.take()
    story.fire()
    expect(story.take()).toEqual([
      { asset: 'bat1', kind: 'alarm', alarm: 'prechargeFailed', state: 'battery.faulted' },
      { asset: 'bat1', kind: 'pulse', pulse: 'openContactors' },
    ])
    expect(story.actor.alarms).toEqual({ prechargeFailed: 'battery.faulted' })
    expect(story.frame(GOOD).take()).toEqual([])
    expect(story.send({ type: 'reset' }).take()).toEqual([
      { asset: 'bat1', kind: 'clear', alarm: 'prechargeFailed', state: 'battery.faulted' },
      { asset: 'bat1', kind: 'pulse', pulse: 'openContactors' },
    ])
    expect(story.actor.alarms).toEqual({})
  })

  test('are raised once, by entry or by a named action, and return on clear', () => {
    const bell = defineAsset({
      type: 'bell',
      version: 1,
      title: 'Bell',
      points: {},
      setpoints: {},
      commands: { ring: {}, hush: {}, on: {}, off: {} },
      settings: {},
      alarms: {
        rung: { priority: 'low', text: 'x', response: 'x' },
        lit: { priority: 'low', text: 'x', response: 'x' },
      },
      context: {},
      guards: {},
      limits: {},
      actions: { ring: () => ({ alarm: 'rung' }) },
      chart: {
        initial: 'dark',
        on: { ring: { actions: 'ring' }, hush: { actions: { clear: 'rung' } } },
        states: {
          dark: { on: { on: 'light' } },
          light: { entry: { alarm: 'lit' }, on: { on: { target: 'light', reenter: true }, off: 'dark' } },
        },
      },
    })
    const placed = place(bell, 'b', {})
    const outputs: Output[] = []
    let actor = startActor(placed, 0, outputs)
    const said: string[] = []
    for (const type of ['ring', 'ring', 'hush', 'hush', 'on', 'on', 'off']) {
      actor = stepActor(placed, actor, { type }, {}, 0, outputs).actor
      said.push(`${type}: ${outputs.map(o => `${o.kind} ${'alarm' in o ? `${o.alarm} ${o.state}` : ''}`).join(', ')}`)
      outputs.length = 0
    }
    expect(said).toEqual([
      'ring: alarm rung bell',
      'ring: ',
      'hush: clear rung bell',
      'hush: ',
      'on: alarm lit bell.light',
      'on: clear lit bell.light, alarm lit bell.light',
      'off: clear lit bell.light',
    ])
  })
})

test('an alarm on a way into a history state belongs to the state that holds the history', () => {
  const lift = defineAsset({
    type: 'lift',
    version: 1,
    title: 'Lift',
    points: {},
    setpoints: {},
    commands: { pause: {}, resume: {}, next: {} },
    settings: {},
    alarms: { resumed: { priority: 'low', text: 'x', response: 'x' } },
    context: {},
    guards: {},
    limits: {},
    chart: {
      initial: 'moving',
      states: {
        moving: {
          initial: 'up',
          on: { pause: 'paused' },
          states: { up: { on: { next: 'down' } }, down: { on: { next: 'up' } }, last: { type: 'history' } },
        },
        paused: { on: { resume: { target: '#lift.moving.last', actions: { alarm: 'resumed' } } } },
      },
    },
  })
  expect(
    table(lift, { settings: {}, frame: {} }, [
      [{ next: {} }, 'moving.down'],
      [{ pause: {} }, 'paused'],
      [{ resume: {} }, 'moving.down', { alarm: 'resumed' }],
      [{ next: {} }, 'moving.up'],
      [{ pause: {} }, 'paused', { clear: 'resumed' }],
    ]),
  ).toEqual([])
})
