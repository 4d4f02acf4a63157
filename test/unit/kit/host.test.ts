import { describe, expect, test } from 'vitest'
import { battery } from '../../../actors/assets/battery.ts'
import {
  actorState,
  edgesOf,
  fireTimer,
  is,
  measure,
  nextDue,
  type Output,
  place,
  rates,
  resolveSettings,
  safeValues,
  startActor,
  visiblePoints,
} from '../../../actors/kit/host.ts'
import { defineAsset, table } from '../../../actors/kit/index.ts'
import { GOOD, LINKED, placeBattery, Story } from './sample.ts'

const kinds = (outputs: readonly Output[]) => outputs.map(o => o.kind)

describe('timers', () => {
  test('one after the other, each at its own due time, however late they are fired (H2)', () => {
    const chain = defineAsset({
      type: 'chain',
      version: 1,
      title: 'Two waits in a row',
      points: {},
      setpoints: {},
      commands: {},
      settings: {},
      alarms: {},
      context: { seen: [] as number[] },
      guards: {},
      limits: {},
      actions: { note: ({ context, now }) => ({ remember: { seen: [...context.seen, now] } }) },
      chart: {
        initial: 'a',
        states: {
          a: { after: { '300 ms': { target: 'b', actions: 'note' } } },
          b: { after: { '200 ms': { target: 'a', actions: 'note' } } },
        },
      },
    })
    const placed = place(chain, 'c', {})
    let actor = startActor(placed, 1_000, [])
    const late = 2_100
    for (let timer = nextDue(actor); timer && timer.due <= late; timer = nextDue(actor))
      actor = fireTimer(placed, actor, timer, {}, []).actor
    expect(actor.chart.context).toEqual({ seen: [1_300, 1_500, 1_800, 2_000] })
    expect(nextDue(actor)).toMatchObject({ due: 2_300 })
  })

  test('leaving a state removes its timer; a delay may be a setting', () => {
    const story = new Story(placeBattery({ prechargeTimeout: '3 s' })).frame(GOOD).send({ type: 'start' })
    expect(nextDue(story.actor)).toMatchObject({ due: 3_000 })
    story.send({ type: 'stop' })
    expect(story.actor.timers).toEqual([])
  })

  test('of timers that are due at once, the older one first', () => {
    const event = { type: 'x' }
    const actor = new Story().actor
    const timers = [
      { id: 'late', due: 5, seq: 2, event },
      { id: 'young', due: 4, seq: 9, event },
      { id: 'old', due: 4, seq: 3, event },
    ]
    expect(nextDue({ ...actor, timers })?.id).toBe('old')
  })
})

describe('lost and restored (H3)', () => {
  test('are judged from quality, age and meaning', () => {
    const placed = placeBattery()
    const point = (value: number | string, ageMs = 0, quality: 'good' | 'uncertain' | 'bad' = 'good') => ({
      value,
      ageMs,
      quality,
    })
    const points = {
      soc: point(500, 3_000),
      voltage: point(800_000, 3_001),
      linkVoltage: point(1, 0, 'bad'),
      current: point(0.5),
      power: point(7, 0, 'uncertain'),
      mode: point('asleep'),
      temperature: point(250, 9_999),
      undeclared: point(1),
    }
    expect(visiblePoints(placed, points, 3_000)).toEqual({ soc: 500, power: 7, temperature: 250 })
    expect(visiblePoints(placed, { ...points, temperature: point(250, 10_001) }, 60_000).temperature).toBe(undefined)
  })

  test('are sent on a change only, and before measured', () => {
    const probe = defineAsset({
      type: 'probe',
      version: 1,
      title: 'Writes down what it hears',
      points: { power: 'W', extra: { unit: 'W', optional: true } },
      setpoints: {},
      commands: {},
      settings: {},
      alarms: {},
      context: { heard: [] as string[] },
      guards: {},
      limits: {},
      actions: { note: ({ context, event }) => ({ remember: { heard: [...context.heard, event.type] } }) },
      chart: {
        initial: 'a',
        states: {
          a: { on: { lost: { actions: 'note' }, restored: { actions: 'note' }, measured: { actions: 'note' } } },
        },
      },
    })
    const placed = place(probe, 'p', {})
    let actor = startActor(placed, 0, [])
    for (const values of [{ power: 1 }, {}, {}, { power: 1 }]) actor = measure(placed, actor, values, 0, []).actor
    expect(actor.chart.context).toEqual({
      heard: ['measured', 'lost', 'measured', 'measured', 'restored', 'measured'],
    })
  })

  test('the edges of both are told', () => {
    const story = Story.running()
    const { moves } = measure(story.placed, story.actor, { ...GOOD, soc: undefined }, 0, [])
    expect(edgesOf(moves)).toEqual([{ source: 'battery.operating', event: 'lost', targets: ['battery.faulted'] }])
  })

  test('no guard holds on a point that is bad', () => {
    const story = new Story().frame(GOOD)
    story.values = { ...GOOD, temperature: undefined }
    expect(story.send({ type: 'start' }).actor.chart.value).toEqual({ operating: 'disconnected' })
    story.values = GOOD
    expect(story.send({ type: 'start' }).actor.chart.value).toEqual({ operating: { precharging: 'charging' } })
  })
})

test('the outcome of a pulse enters the chart with its name', () => {
  const valve = defineAsset({
    type: 'valve',
    version: 1,
    title: 'Valve',
    points: {},
    setpoints: {},
    pulses: ['open', 'close'],
    commands: { open: {} },
    settings: {},
    alarms: { stuck: { priority: 'high', text: 'x', response: 'x' } },
    context: {},
    guards: { wasOpen: ({ event }) => event.type === 'pulsed' && event.pulse === 'open' },
    limits: {},
    chart: {
      initial: 'closed',
      states: {
        closed: { entry: { pulse: 'close' }, on: { open: 'opening' } },
        opening: {
          entry: { pulse: 'open' },
          on: {
            pulsed: { guard: 'wasOpen', target: 'opened' },
            pulseFailed: { target: 'closed', actions: { alarm: 'stuck' } },
          },
        },
        opened: { on: { open: 'opening' } },
      },
    },
  })
  expect(
    table(valve, { settings: {}, frame: {} }, [
      [{ open: {} }, 'opening', { pulse: 'open' }],
      [{ pulsed: 'close' }, 'opening'],
      [{ pulsed: 'open' }, 'opened'],
      [{ open: {} }, 'opening', { pulse: 'open' }],
      [{ pulseFailed: 'open' }, 'closed', { alarm: 'stuck' }, { pulse: 'close' }],
    ]),
  ).toEqual([])
})

describe('what is wanted', () => {
  test('is set, then dispatched; the output image follows the chart', () => {
    const story = Story.running()
    expect(story.actor.out).toEqual({ power: -3_000 })
    expect(story.want(5_000).take()).toEqual([{ asset: 'bat1', kind: 'set', values: { power: 5_000 } }])
    expect(story.actor).toMatchObject({ wanted: { power: 5_000 }, out: { power: 5_000 } })
    story.send({ type: 'stop' })
    expect(story.actor).toMatchObject({ wanted: { power: 5_000 }, out: { power: 0 } })
  })

  test('starts at the safe values, and has rates', () => {
    const story = new Story()
    expect(rates(story.placed)).toEqual({ power: { rise: 50_000, fall: 50_000 } })
    expect(safeValues(story.placed)).toEqual({ power: 0 })
    expect(story.actor).toMatchObject({ wanted: { power: 0 }, out: { power: 0 }, lost: false, alarms: {} })
  })
})

describe('a placed asset', () => {
  test('needs every setting; defaults fill what the site leaves out', () => {
    expect(resolveSettings(battery, { chargeMax: '1 kW' })).toEqual({
      kind: 'refused',
      problems: [
        { code: 'MISSING', name: 'dischargeMax', text: "'dischargeMax' is missing; write dischargeMax: '<number> W'" },
        { code: 'MISSING', name: 'deratedMax', text: "'deratedMax' is missing; write deratedMax: '<number> W'" },
      ],
    })
    expect(placeBattery().settings).toMatchObject({ chargeMax: 100_000, socMin: 100, prechargeTimeout: 5_000 })
    expect(() => place(battery, 'bat1', {})).toThrow("bat1: setting 'chargeMax' is undefined, not a whole number")
  })

  test('says where it is', () => {
    const { actor } = Story.running()
    expect(actorState(actor)).toEqual({
      paths: ['operating.running.flow.charging', 'operating.running.thermal.normal'],
      tags: ['available'],
    })
    for (const where of ['operating', 'operating.running', 'operating.running.flow.charging', 'available'])
      expect(is(actor, where), where).toBe(true)
    for (const where of ['operating.standby', 'derated', 'running']) expect(is(actor, where), where).toBe(false)
  })

  test('a step that changes nothing gives the same object, so that its hash still holds', () => {
    const story = Story.running()
    const before = story.actor
    expect(story.frame(LINKED).actor).toBe(before)
    expect(story.send({ type: 'reset' }).actor).toBe(before)
  })

  test('a step leaves the actor that it was given as it was', () => {
    const story = Story.running()
    const before = story.actor
    const text = JSON.stringify([before.timers, before.out, before.wanted, before.alarms, before.chart.value])
    story.frame({ ...LINKED, temperature: 700 })
    expect(kinds(story.take())).toEqual(['set', 'alarm', 'pulse'])
    expect(story.actor).not.toBe(before)
    expect(JSON.stringify([before.timers, before.out, before.wanted, before.alarms, before.chart.value])).toBe(text)
  })
})
