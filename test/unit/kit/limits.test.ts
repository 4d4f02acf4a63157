import { describe, expect, test } from 'vitest'
import { bounds, place, startActor } from '../../../actors/kit/host.ts'
import { defineAsset, quantity } from '../../../actors/kit/index.ts'
import { GOOD, LINKED, placeBattery, Story } from './sample.ts'

describe('bounds of a battery', () => {
  const rows: readonly [what: string, change: (story: Story) => Story, expected: unknown][] = [
    ['its ratings', s => s, { min: -100_000, max: 80_000, minBy: 'rating', maxBy: 'rating' }],
    [
      'empty: no discharge',
      s => s.frame({ ...LINKED, soc: 100 }),
      { min: -100_000, max: 0, minBy: 'rating', maxBy: 'empty' },
    ],
    ['full: no charge', s => s.frame({ ...LINKED, soc: 900 }), { min: 0, max: 80_000, minBy: 'full', maxBy: 'rating' }],
    [
      'hot: derated',
      s => s.frame({ ...LINKED, temperature: 500 }),
      { min: -50_000, max: 50_000, minBy: 'derated', maxBy: 'derated' },
    ],
    [
      'capped by an operator',
      s => s.send({ type: 'cap', power: 20_000 }),
      { min: -100_000, max: 20_000, minBy: 'rating', maxBy: 'operatorCap' },
    ],
    [
      'a cap below zero contradicts being full: the safe value, and both names',
      s => s.send({ type: 'cap', power: -5_000 }).frame({ ...LINKED, soc: 900 }),
      { min: 0, max: 0, minBy: 'full against operatorCap', maxBy: 'full against operatorCap' },
    ],
    ['stopped', s => s.send({ type: 'stop' }), { min: 0, max: 0, minBy: 'notRunning', maxBy: 'notRunning' }],
  ]
  for (const [what, change, expected] of rows)
    test(what, () => {
      const { placed, actor, values } = change(Story.running())
      expect(bounds(placed, actor, values)).toEqual({ power: expected })
    })

  test('a limit whose point is bad applies (B2)', () => {
    const { placed, actor } = Story.running()
    expect(bounds(placed, actor, { ...LINKED, soc: undefined })).toEqual({
      power: { min: 0, max: 0, minBy: 'full', maxBy: 'empty' },
    })
  })

  test('settings of the site count', () => {
    const { placed, actor } = Story.running(placeBattery({ socMin: '60 %' }))
    expect(bounds(placed, actor, GOOD).power).toMatchObject({ max: 0, maxBy: 'empty' })
  })
})

describe('limits that are functions', () => {
  const oven = defineAsset({
    type: 'oven',
    version: 1,
    title: 'Oven',
    points: { heat: '°C' },
    setpoints: { power: { unit: 'W', safe: 'settings.idle' }, spare: { unit: 'W', safe: '0 W' } },
    commands: {},
    settings: { idle: 'W' },
    alarms: {},
    context: {},
    guards: {},
    limits: {
      power: {
        ramp: ({ points }) => (points.heat > quantity('100 °C') ? { max: quantity('500 W') } : {}),
        broken: ({ points }) => {
          if (points.heat > quantity('200 °C')) throw new Error('no table entry')
          return {}
        },
      },
      spare: {},
    },
    chart: { initial: 'on', states: { on: { on: { lost: {} } } } },
  })
  const placed = place(oven, 'o', { idle: 40 })
  const actor = startActor(placed, 0, [])
  const none = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, minBy: 'none', maxBy: 'none' }

  test('may say nothing, one end, or fail to the safe value (B2)', () => {
    expect(bounds(placed, actor, { heat: 900 })).toEqual({ power: none, spare: none })
    expect(bounds(placed, actor, { heat: 1_500 }).power).toEqual({ ...none, max: 500, maxBy: 'ramp' })
    expect(bounds(placed, actor, {}).power).toEqual({ min: 40, max: 40, minBy: 'ramp', maxBy: 'ramp' })
    expect(bounds(placed, actor, { heat: 2_500 }).power).toEqual({ min: 40, max: 40, minBy: 'broken', maxBy: 'broken' })
  })
})
