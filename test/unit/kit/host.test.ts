import { describe, expect, test } from 'vitest'
import { battery } from '../../../actors/assets/battery.ts'
import {
  actorState,
  bounds,
  edgesOf,
  fireTimer,
  is,
  measure,
  nextDue,
  type Output,
  parseCommand,
  place,
  rates,
  refusal,
  releaseActor,
  resolveSettings,
  safeValues,
  startActor,
  stepActor,
  visiblePoints,
  want,
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
