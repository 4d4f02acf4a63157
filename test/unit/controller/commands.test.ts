import { describe, expect, test } from 'vitest'
import { commandState } from '../../../actors/commands/life.ts'
import { ACCEPTED_MAX, SKEW_MS_MAX, WORD_CYCLES } from '../../../actors/controller/commands.ts'
import { recordAt } from '../../../actors/kit/keyed.ts'
import type { FactOf } from '../../../protocol/words/facts.ts'
import { Bench, batteryPoints, good, START_MS } from './household.ts'

type Asked = readonly [target: string, name: string, changes?: Partial<FactOf<'CommandRequested'>>]
const setpoint = (params: FactOf<'CommandRequested'>['params']): Asked => ['bat1', 'setpoint', { params }]
const old = { issuedAtMs: START_MS - 60_000, expiresMs: 59_000 }
const skewed = { issuedAtMs: START_MS - SKEW_MS_MAX - 1, expiresMs: 1 }

/** In order of precedence: each row would also be refused by what the rows below it say. */
const REFUSED: readonly [reason: string, bench: () => Bench, asked: Asked][] = [
  ['CLOCK_SKEW: stamped -120001 ms from log time', () => Bench.started(), ['nobody', 'nothing', skewed]],
  [
    'CLOCK_SKEW: stamped 120001 ms from log time',
    () => Bench.started(),
    ['bat1', 'start', { issuedAtMs: START_MS + SKEW_MS_MAX + 1 }],
  ],
  ['EXPIRED: 1000 ms ago', () => Bench.started(), ['nobody', 'nothing', old]],
  ["NOT_FOUND: no asset 'nobody'; assets: grid, load1, bat1, bat2", () => Bench.started('off'), ['nobody', 'nothing']],
  ["NOT_FOUND: no command 'of-nobody'", () => Bench.started(), ['site', 'cancel', { params: { id: 'of-nobody' } }]],
  ['WRONG_MODE: the site is off', () => new Bench().time(START_MS).frame(), ['bat1', 'nothing']],
  ['WRONG_MODE: a setpoint by hand needs manual mode', () => Bench.started(), setpoint({ name: 'nothing' })],
  [
    "UNKNOWN_COMMAND: 'strat' is no command of battery; did you mean 'start'?",
    () => Bench.started(),
    ['bat1', 'strat', { params: { x: 1 } }],
  ],
  [
    "UNKNOWN_COMMAND: 'autmatic' is no command of site; did you mean 'automatic'?",
    () => Bench.started(),
    ['site', 'autmatic'],
  ],
  ["BAD_PARAMETER: id is missing; write id='<command>'", () => Bench.started(), ['site', 'cancel']],
  [
    "BAD_PARAMETER: name='pwer' is no setpoint of bat1; setpoints: power",
    () => Bench.running('manual'),
    setpoint({ name: 'pwer', value: '1 kW' }),
  ],
  ["BAD_PARAMETER: value is missing; write value='12 W'", () => Bench.running('manual'), setpoint({ name: 'power' })],
  [
    "BAD_PARAMETER: 'ramp' is no parameter; setpoint takes name and value",
    () => Bench.running('manual'),
    setpoint({ name: 'power', value: '1 kW', ramp: 1 }),
  ],
  [
    "OUT_OF_LIMITS: value=4 kW is outside -3000 to 3000 (smallest steps of W), by 'rating'",
    () => Bench.running('manual'),
    setpoint({ name: 'power', value: '4 kW' }),
  ],
  [
    "OUT_OF_LIMITS: value=-4 kW is outside -3000 to 3000 (smallest steps of W), by 'rating'",
    () => Bench.running('manual'),
    setpoint({ name: 'power', value: '-4 kW' }),
  ],
  [
    'NOT_NOW: guard says no: safe',
    () => Bench.started().frame({ bat1: { points: batteryPoints({ temperature: good(560, '°C') }) } }),
    ['bat1', 'start'],
  ],
  ["NOT_NOW: bat1 is operating.disconnected, which takes no 'stop'", () => Bench.started(), ['bat1', 'stop']],
]
describe('refusals', () => {
  test.each(REFUSED)('%s', (reason, bench, [target, name, changes]) => {
    const asked = bench()
    const before = asked.state
    asked.command(target, name, changes)
    expect(asked.record).toMatchObject({ state: 'rejected', reason, endedAtMs: asked.state.now })
    const { commands: _, position: __, ...rest } = asked.state
    expect(before).toMatchObject(rest) // a refused command leaves no trace but its record
  })

  test('BAD_PARAMETER says what to write instead', () => {
    const bench = Bench.running('manual').command('bat1', 'setpoint', { params: { name: 'power', value: '1 V' } })
    expect(bench.record.reason).toMatch(/^BAD_PARAMETER: value: '1 V' is no quantity in W; write/)
  })
  test('DUPLICATE: the first one counts, whatever the second says', () => {
    const bench = Bench.started().command('bat1', 'start', { id: 'the-first' })
    const before = bench.state
    for (const again of [{ id: 'the-first' }, { id: 'the-first', ...skewed }])
      expect(bench.command('bat2', 'start', again).state).toMatchObject({ ...before, position: expect.any(Number) })
  })
  test('a quarantined asset takes no setpoint', () => {
    const bench = Bench.running('manual')
    const held = { code: 'endless', reason: 'it turned in a circle' } as const
    bench.state = { ...bench.state, assets: { ...bench.state.assets, bat1: { ...bench.state.assets.bat1!, held } } }
    bench.command('bat1', 'setpoint', { params: { name: 'power', value: 0 } })
    expect(bench.record.reason).toBe('NOT_NOW: bat1 is quarantined: it turned in a circle')
  })
  test('TOO_LARGE: no more wait than a candidate can list', () => {
    const bench = Bench.running('manual')
    const waiting = Object.fromEntries(
      Array.from({ length: ACCEPTED_MAX }, (_, i) => [
        `waiting-${i}`,
        { ...bench.record, id: `waiting-${i}`, state: 'accepted' as const, endedAtMs: null },
      ]),
    )
    bench.state = { ...bench.state, commands: waiting, riding: Object.keys(waiting) }
    expect(bench.command('site', 'safe').record.reason).toBe('TOO_LARGE: 256 commands wait for their end')
  })
})

describe('an accepted command', () => {
  const rides = (bench: Bench) => bench.frame().last.actions!.commands.map(c => c.name)

  test('rides in every candidate until its receipt, with the pulses that it caused', () => {
    const bench = Bench.started().receipt({ commands: [{ id: 'site-automatic-4', outcome: 'confirmed' }] })
    bench.command('bat1', 'start')
    const { id, pulses } = bench.record
    expect(pulses).toEqual(['bat1-1'])
    expect(bench.frame().last.actions).toMatchObject({
      commands: [{ id, name: 'start', pulses, setpoints: [] }],
      assets: { bat1: { pulses: [{ id: 'bat1-1', name: 'closePrecharge' }] } },
    })
    bench.receipt({ commands: [{ id, outcome: 'confirmed' }] })
    expect([bench.record.state, rides(bench)]).toEqual(['confirmed', []])
    expect(bench.last.actions!.assets.bat1!.pulses).toEqual([])
  })
  test('is over by log time, however many early frames or lives of a gateway used up numbers', () => {
    const bench = Bench.started().command('bat1', 'start', { expiresMs: 2_500 })
    const over = () => bench.last.actions!.commands.filter(c => c.name === 'start').map(c => c.over)
    const { now } = bench.state
    for (let i = 0; i < 30; i++) bench.frame()
    expect(over()).toEqual([false])
    expect(bench.last.actions!.assets.bat1!.pulses).toHaveLength(1)
    bench.time(now + 2_500).frame()
    expect(over()).toEqual([false])
    bench.time(now + 2_501).frame()
    expect(over()).toEqual([true])
    expect(bench.last.actions!.assets.bat1!.pulses).toEqual([]) // what has not begun is not begun any more
  })
  test('is unknown when the gateway says nothing until after its expiry', () => {
    const bench = Bench.started().command('bat1', 'start')
    const lastMs = bench.record.expiresAtMs + WORD_CYCLES * bench.site.manifest.timing.cycleMs
    expect(bench.time(lastMs).frame().record.state).toBe('accepted')
    expect(bench.time(lastMs + 1).record).toMatchObject({
      state: 'unknown.silent',
      reason: 'no word from the gateway',
    })
  })
  test('is unknown when the gateway restarts, and never executed after it', () => {
    const bench = Bench.started().command('bat1', 'start')
    bench.epoch = 2
    bench.frame({}, { cycle: 1 })
    expect(bench.record).toMatchObject({ state: 'unknown.silent', reason: 'the gateway restarted before its word' })
    expect(bench.last.actions).toMatchObject({ commands: [], assets: { bat1: { pulses: [] } } })
  })
  test('stays unknown: a late receipt only annotates it (S11)', () => {
    const bench = Bench.started().command('bat1', 'start')
    const { id } = bench.record
    bench.epoch = 2
    bench.frame({}, { cycle: 1 }).receipt({ commands: [{ id, outcome: 'confirmed' }] })
    expect(bench.record).toMatchObject({
      state: 'unknown.confirmedLate',
      reason: 'unknown; the gateway says later: confirmed',
    })
  })
  test.each(['confirmed', 'failed', 'expired', 'superseded', 'cancelled', 'unknown'] as const)(
    'ends once: %s',
    outcome => {
      const bench = Bench.started().command('bat1', 'start')
      const { id } = bench.record
      expect(commandState(bench.receipt({ commands: [{ id, outcome, reason: 'so it was' }] }).record)).toBe(outcome)
      expect(commandState(bench.receipt({ commands: [{ id, outcome: 'failed' }] }).record)).toBe(outcome)
    },
  )
  test('is cancelled by another command, and its pulses with it; the asset learns that they failed', () => {
    const bench = Bench.started()
      .command('bat1', 'start', { id: 'to-cancel' })
      .command('site', 'cancel', { params: { id: 'to-cancel' } })
    expect(bench.state.commands['to-cancel']).toMatchObject({ state: 'cancelled' })
    expect(bench.state.pulses).toEqual([])
    expect(bench.record.state).toBe('accepted')
    expect(bench.command('site', 'cancel', { params: { id: 'to-cancel' } }).record.reason).toBe(
      "NOT_NOW: command 'to-cancel' is cancelled",
    )
  })
  test('cannot cancel itself', () => {
    const bench = Bench.started().command('site', 'cancel', { id: 'of-itself', params: { id: 'of-itself' } })
    expect(bench.record).toMatchObject({ state: 'rejected', reason: "NOT_FOUND: no command 'of-itself'" })
  })
  test('is superseded by a newer one on the same setpoint; the newest value holds', () => {
    const bench = Bench.running('manual')
    bench.command('bat1', 'setpoint', { id: 'the-older', params: { name: 'power', value: '1 kW' } })
    bench.command('bat1', 'setpoint', { id: 'the-newer', params: { name: 'power', value: '2 kW' } })
    expect(bench.state.commands['the-older']).toMatchObject({ state: 'superseded', reason: 'by the-newer' })
    expect(bench.frame().last.actions!.assets.bat1!.setpoints.power!.value).toBe(2_000)
  })
  test('S9: a setpoint by hand gives way to the mode that decides otherwise; what sets none goes on', () => {
    const bench = Bench.running('manual')
    bench.command('bat1', 'setpoint', { id: 'by-hand', params: { name: 'power', value: '1 kW' } })
    bench.command('bat1', 'cap', { id: 'the-cap', params: { power: '2 kW' } })
    bench.command('site', 'safe', { id: 'to-safe' })
    expect(bench.state.commands['by-hand']).toMatchObject({ state: 'superseded', reason: 'by to-safe' })
    expect(bench.frame().last.actions!.commands.map(c => c.id)).toEqual(expect.arrayContaining(['the-cap', 'to-safe']))
    expect(bench.last.actions!.commands.map(c => c.id)).not.toContain('by-hand')
  })
})

describe('pulses', () => {
  test('have the asset’s own numbers, whatever caused them', () => {
    const bench = Bench.started().command('bat1', 'start').pulsed('bat1-1')
    bench.frame({ bat1: { points: batteryPoints({ linkVoltage: good(369_000, 'V') }) } })
    expect(bench.last.actions!.assets.bat1!.pulses).toEqual([{ id: 'bat1-2', name: 'closeMain' }])
  })
  test('ride until their receipt, which counts once', () => {
    const bench = Bench.started().command('bat1', 'start').frame()
    expect(bench.state.pulses).toHaveLength(1)
    expect(bench.pulsed('bat1-1').pulsed('bat1-1').state.pulses).toHaveLength(0)
  })
  test('of no command ride for a minute at most', () => {
    const bench = Bench.running()
    const { untilMs } = bench.state.pulses.find(p => p.name === 'closeMain')!
    expect(
      bench
        .time(untilMs)
        .frame()
        .state.pulses.map(p => p.name),
    ).toContain('closeMain')
    expect(
      bench
        .time(untilMs + 1)
        .frame()
        .state.pulses.map(p => p.name),
    ).not.toContain('closeMain')
  })
  test('of one asset are as many as a candidate can list; what is too much is an alarm', () => {
    const bench = Bench.running()
    for (let i = 0; i < 40; i++) {
      bench.frame({ bat1: { points: batteryPoints({ temperature: good(700, '°C') }) } })
      bench.frame({ bat1: { points: batteryPoints() } }).command('bat1', 'reset', { expiresMs: 600_000 })
    }
    expect(bench.frame().last.actions!.assets.bat1!.pulses).toHaveLength(64)
    expect(recordAt(bench.state.alarms, 'bat1.tooManyPulses')).toBeDefined()
  })
})

test('ended commands are forgotten after ten minutes, the oldest first', () => {
  const bench = Bench.started().command('bat1', 'stop', { id: 'long-ended' })
  bench.time(START_MS + 600_001).command('bat1', 'stop', { id: 'just-ended' })
  expect(Object.keys(bench.state.commands)).not.toContain('long-ended')
  expect(Object.keys(bench.state.commands)).toContain('just-ended')
})
