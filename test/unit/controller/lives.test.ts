/** The charts of commands and alarms decide: whatever transition one of them loses, a site no longer does as written. */
import { describe, expect, test } from 'vitest'
import { alarmChart, alarmLife, SHELVED_MS_MAX } from '../../../actors/alarms/life.ts'
import { commandChart, commandLife } from '../../../actors/commands/life.ts'
import { WORD_CYCLES } from '../../../actors/controller/commands.ts'
import type { Site } from '../../../actors/controller/site.ts'
import { thawSite } from '../../../actors/controller/state.ts'
import { changesOf, recordAt, recordsOf } from '../../../actors/kit/keyed.ts'
import { lifeOf } from '../../../actors/kit/life.ts'
import type { DefinedMachine } from '../../../actors/kit/machine.ts'
import type { CommandTerminal } from '../../../protocol/words/facts.ts'
import { withoutEach } from '../edge/scenarios/script.ts'
import { Bench, DISSENT, START_MS } from './household.ts'

type Lives = Site['lives']
const lives: Lives = { command: commandLife, alarm: alarmLife }
/** A site under these charts, in manual mode, and what is told of it after each thing that happens. */
type Story = readonly (readonly [happens: (bench: Bench) => Bench, told: string])[]

function told(story: Story, say: (bench: Bench) => string, own: Lives): string[] {
  try {
    let bench = Bench.running('manual', new Bench(undefined, { lives: own }))
    return story.map(([happens]) => {
      bench = happens(bench)
      return say(bench)
    })
  } catch (error) {
    return [String(error)]
  }
}

const ID = 'the-command'
const setpoint =
  (id: string, value = '1 kW') =>
  (bench: Bench) =>
    bench.command('bat1', 'setpoint', { id, params: { name: 'power', value } })
const word = (outcome: CommandTerminal) => (bench: Bench) => bench.receipt({ commands: [{ id: ID, outcome }] })
const rides = (bench: Bench) => bench.frame().last.actions!.commands.some(c => c.id === ID)
const ofCommand = (bench: Bench) => {
  const { state, reason } = bench.state.commands[ID]!
  return `${state}${rides(bench) ? ', rides' : ''}${reason ? `: ${reason}` : ''}`
}
const asked = [setpoint(ID), 'accepted, rides'] as const
const lost = [
  (bench: Bench) => bench.time(bench.state.commands[ID]!.expiresAtMs + WORD_CYCLES * 1_000 + 1),
  'unknown.silent: no word from the gateway',
] as const
const COMMANDS: Readonly<Record<string, Story>> = {
  rejected: [
    [
      setpoint(ID, '9 kW'),
      "rejected: OUT_OF_LIMITS: value=9 kW is outside -3000 to 3000 (smallest steps of W), by 'rating'",
    ],
  ],
  confirmed: [asked, [word('confirmed'), 'confirmed'], [word('failed'), 'confirmed']],
  failed: [asked, [word('failed'), 'failed'], [word('confirmed'), 'failed']],
  expired: [asked, [word('expired'), 'expired'], [lost[0], 'expired']],
  superseded: [asked, [setpoint('a-newer-one'), 'superseded: by a-newer-one']],
  cancelled: [
    asked,
    [bench => bench.command('site', 'cancel', { params: { id: ID } }), 'cancelled: cancelled by an operator'],
  ],
  'unknown by the gateway itself': [asked, [word('unknown'), 'unknown.silent']],
  'confirmed late (S11)': [
    asked,
    lost,
    [word('confirmed'), 'unknown.confirmedLate: unknown; the gateway says later: confirmed'],
    [word('failed'), 'unknown.confirmedLate: unknown; the gateway says later: confirmed'],
  ],
  'failed late': [asked, lost, [word('failed'), 'unknown.failedLate: unknown; the gateway says later: failed']],
  'expired late': [asked, lost, [word('expired'), 'unknown.expiredLate: unknown; the gateway says later: expired']],
}

/** Log time of a running bench. */
const RUNNING_MS = START_MS + 1_000
const observed = (state: 'raised' | 'returned') => (bench: Bench) => bench.observed(state)
const acknowledged = (bench: Bench) => bench.acknowledged()
const shelvedFor = (ms: number) => (bench: Bench) => bench.acknowledged({ shelveUntilMs: bench.state.now + ms })
const passed = (ms: number) => (bench: Bench) => bench.time(bench.state.now + ms)
const ofAlarm = (bench: Bench) => {
  const alarm = recordAt(bench.state.alarms, DISSENT)
  const [condition, shelving] = (alarm?.state ?? alarmLife.first).replaceAll(/\w+\./g, '').split(', ')
  const until = alarm && alarm.shelvedUntilMs > 0 ? ` until ${alarm.shelvedUntilMs - RUNNING_MS}` : ''
  return `${condition}${shelving === 'shelved' ? ` ${shelving}${until}` : ''}${alarm ? '' : ', no record'}`
}
const raised = [observed('raised'), 'activeUnacknowledged'] as const
const ALARMS: Readonly<Record<string, Story>> = {
  'acknowledged, then returned': [
    raised,
    [acknowledged, 'activeAcknowledged'],
    [observed('raised'), 'activeAcknowledged'],
    [observed('returned'), 'normal, no record'],
  ],
  'returned, then acknowledged': [
    raised,
    [observed('returned'), 'returnedUnacknowledged'],
    [observed('raised'), 'activeUnacknowledged'],
    [observed('returned'), 'returnedUnacknowledged'],
    [acknowledged, 'normal, no record'],
  ],
  'shelving ends by itself, in log time': [
    raised,
    [shelvedFor(1_000), 'activeUnacknowledged shelved until 1000'],
    [passed(999), 'activeUnacknowledged shelved until 1000'],
    [passed(1), 'activeUnacknowledged'],
  ],
  'shelving is ended, or begun anew, by an operator': [
    raised,
    [shelvedFor(1_000), 'activeUnacknowledged shelved until 1000'],
    [shelvedFor(Number.MAX_SAFE_INTEGER - RUNNING_MS), `activeUnacknowledged shelved until ${SHELVED_MS_MAX}`],
    [passed(1_000), `activeUnacknowledged shelved until ${SHELVED_MS_MAX}`],
    [shelvedFor(0), 'activeUnacknowledged'],
  ],
  'what comes and goes stays shelved': [
    raised,
    [shelvedFor(1_000), 'activeUnacknowledged shelved until 1000'],
    [observed('returned'), 'returnedUnacknowledged shelved until 1000'],
    [acknowledged, 'normal shelved until 1000'],
    [observed('raised'), 'activeUnacknowledged shelved until 1000'],
    [passed(1_000), 'activeUnacknowledged'],
  ],
  'of nothing there is nothing to acknowledge or to shelve': [
    [acknowledged, 'normal, no record'],
    [shelvedFor(1_000), 'normal, no record'],
    [bench => bench.acknowledged({ alarm: 'toString' }), 'normal, no record'],
  ],
}

function charts<E extends { readonly type: string }>(
  name: keyof Lives,
  chart: DefinedMachine<object, E, never>,
  stories: Readonly<Record<string, Story>>,
  say: (bench: Bench) => string,
) {
  describe(name, () => {
    test.each(Object.entries(stories))('%s', (_, story) => {
      expect(told(story, say, lives)).toEqual(story.map(([, words]) => words))
    })
    test('without any one of its transitions, a site does otherwise', () => {
      const missed = (changed: typeof chart) =>
        Object.values(stories).some(story => {
          const words = story.map(([, w]) => w).join('\n')
          return told(story, say, { ...lives, [name]: lifeOf(changed) }).join('\n') !== words
        })
      const each = withoutEach(chart)
      expect(each.length).toBeGreaterThan(8)
      expect(each.filter(({ machine }) => !missed(machine)).map(e => e.name)).toEqual([])
    })
  })
}
charts('command', commandChart, COMMANDS, ofCommand)
charts('alarm', alarmChart, ALARMS, ofAlarm)

describe('what is at rest costs nothing', () => {
  test('a flood of alarms is a flood of records: no chart of its own, nothing in a step that does not concern them', () => {
    const bench = Bench.started('manual')
    for (let i = 0; i < 2_000; i++) bench.observed('raised', { about: `link-${i}` })
    const { alarms } = bench.state
    expect(recordsOf(alarms)).toHaveLength(2_000)
    expect(JSON.stringify(alarms).length / 2_000).toBeLessThan(250)
    expect(bench.frame().time(bench.state.now + 1_000).state.alarms).toBe(alarms)
    const [key] = recordsOf(alarms)[0]!
    const [was, is] = [alarms, bench.acknowledged({ alarm: key }).state.alarms]
    expect(is.filter((bucket, i) => bucket !== was[i])).toHaveLength(1)
    expect(changesOf(was, is)).toMatchObject([
      [key, { state: expect.stringContaining('Unack') }, { state: expect.stringContaining('Ack') }],
    ])
  })
  test('what has ended rides in no list, and is the same object in every later step', () => {
    const bench = Bench.started('manual')
    for (let i = 0; i < 300; i++) bench.command('bat1', 'stop', { id: `refused-${i}` })
    const { commands, riding } = bench.state
    expect([Object.keys(commands).length, riding]).toEqual([301, ['site-manual-4']])
    expect(bench.frame().time(bench.state.now + 1_000).state.commands).toBe(commands)
  })
})

test('a frozen state that its chart does not have is refused', () => {
  const { site, state } = Bench.started('manual')
  const frozen = JSON.parse(JSON.stringify(state))
  const [id] = state.riding
  const commands = { ...frozen.commands, [id!]: { ...frozen.commands[id!], state: 'waiting' } }
  expect(() => thawSite(site, { ...frozen, commands })).toThrow("command 'waiting'")
})
