import { describe, expect, test } from 'vitest'
import { battery } from '../../../actors/assets/battery.ts'
import { gridConnection } from '../../../actors/assets/grid-connection.ts'
import { load } from '../../../actors/assets/load.ts'
import { pvInverter } from '../../../actors/assets/pv-inverter.ts'
import { check, describeFindings, FINDING_CODES, type FindingCode } from '../../../actors/kit/check.ts'
import { DefinitionRefused, defineAsset } from '../../../actors/kit/define.ts'
import { bent } from './sample.ts'

type Case = readonly [code: FindingCode, bend: (spec: any) => void, line: string]
const operating = (spec: any) => spec.chart.states.operating
const charging = (spec: any) => operating(spec).states.precharging.states.charging

/** One row for each code: what an author does wrong, and the line that he reads. */
const CASES: readonly Case[] = [
  [
    'UNKNOWN_DELAY',
    s => {
      charging(s).after = { prechargTimeout: '#battery.faulted' }
    },
    "UNKNOWN_DELAY battery.operating.precharging.charging after prechargTimeout: neither a time such as '5 s' nor a " +
      "declared delay; did you mean 'prechargeTimeout'? XState would fire it at once",
  ],
  [
    'BAD_DELAY',
    s => {
      charging(s).after = { '0 s': '#battery.faulted' }
    },
    'BAD_DELAY battery.operating.precharging.charging after 0 s: a wait must be longer than 0 s',
  ],
  [
    'UNKNOWN_GUARD',
    s => {
      operating(s).states.disconnected.on.start.guard = 'saef'
    },
    "UNKNOWN_GUARD battery.operating.disconnected on start: guard 'saef' is not declared; did you mean 'safe'?",
  ],
  [
    'UNKNOWN_ACTION',
    s => {
      operating(s).states.disconnected.on.start.actions = 'countStarts'
    },
    "UNKNOWN_ACTION battery.operating.disconnected on start: action 'countStarts' is not declared; did you mean " +
      "'countStart'?",
  ],
  [
    'UNKNOWN_EFFECT',
    s => {
      operating(s).states.disconnected.entry = { puls: 'openContactors' }
    },
    "UNKNOWN_EFFECT battery.operating.disconnected entry: 'puls' is no effect; did you mean 'pulse'?",
  ],
  [
    'UNKNOWN_PULSE',
    s => {
      operating(s).states.disconnected.entry = [{ pulse: 'openContactor' }]
    },
    "UNKNOWN_PULSE battery.operating.disconnected entry: pulse: 'openContactor' is not declared; did you mean " +
      "'openContactors'?",
  ],
  [
    'UNKNOWN_ALARM',
    s => {
      s.chart.states.faulted.entry = { alarm: 'signalLost' }
    },
    "UNKNOWN_ALARM battery.faulted entry: alarm: 'signalLost' is not declared; did you mean 'signalsLost'?",
  ],
  [
    'UNKNOWN_SETPOINT',
    s => {
      operating(s).states.running.exit = { set: { powr: '0 W' } }
    },
    "UNKNOWN_SETPOINT battery.operating.running exit: set: 'powr' is not declared; did you mean 'power'?",
  ],
  [
    'UNKNOWN_CONTEXT',
    s => {
      s.chart.states.faulted.entry = { remember: { start: 0 } }
    },
    "UNKNOWN_CONTEXT battery.faulted entry: remember: 'start' is not declared; did you mean 'starts'?",
  ],
  [
    'UNKNOWN_EVENT',
    s => {
      s.chart.states.local.on.restart = 'operating'
    },
    "UNKNOWN_EVENT battery.local on restart: no command and no kit event is called 'restart'; did you mean 'start'?",
  ],
  [
    'UNKNOWN_TARGET',
    s => {
      operating(s).states.standby.on.stop = 'disconected'
    },
    "UNKNOWN_TARGET battery.operating.standby on stop: there is no state 'disconected' here; did you mean " +
      "'disconnected'?",
  ],
  [
    'UNKNOWN_TAG',
    s => {
      s.limits.power.derated.in = 'derate'
    },
    "UNKNOWN_TAG battery.limits.power.derated: no state has the tag 'derate'; did you mean 'derated'?",
  ],
  [
    'UNKNOWN_KEY',
    s => {
      operating(s).states.standby.onn = {}
    },
    "UNKNOWN_KEY battery.operating.standby: 'onn' is no key of a state; did you mean 'on'?",
  ],
  [
    'BAD_NAME',
    s => {
      s.points['2'] = 'W'
    },
    "BAD_NAME battery.points: '2' is no plain word",
  ],
  [
    'BAD_QUANTITY',
    s => {
      s.setpoints.power.safe = '0 V'
    },
    "BAD_QUANTITY battery.setpoints.power: '0 V' is no quantity in W; write a number, a space and one of W, kW, MW",
  ],
  [
    'BAD_CONDITION',
    s => {
      s.guards.inLocal = 'mode is locl'
    },
    "BAD_CONDITION battery.guards.inLocal: 'mode is locl': mode says remote or local",
  ],
  [
    'ANONYMOUS',
    s => {
      operating(s).states.disconnected.entry = () => []
    },
    'ANONYMOUS battery.operating.disconnected entry: an inline action has no name to draw; move it to actions',
  ],
  [
    'NEGATED_GUARD',
    s => {
      operating(s).states.disconnected.on.start.guard = { not: 'tooHot' }
    },
    'NEGATED_GUARD battery.operating.disconnected on start: not(...) would be true on a bad measurement; write the',
  ],
  [
    'WILDCARD',
    s => {
      s.chart.states.local.on['*'] = 'faulted'
    },
    "WILDCARD battery.local on *: '*' would also swallow errors and time-outs; name the events: start, stop, reset",
  ],
  [
    'CHILD_ACTOR',
    s => {
      operating(s).states.standby.invoke = { src: 'x' }
    },
    'CHILD_ACTOR battery.operating.standby: a log actor has no children: make it an asset of its own, or a parallel',
  ],
  [
    'RESERVED_EVENT',
    s => {
      s.commands.measured = {}
    },
    "RESERVED_EVENT battery.commands.measured: 'measured' is an event of the kit; name the command otherwise",
  ],
  [
    'ALARM_ON_EXIT',
    s => {
      operating(s).states.running.exit = { alarm: 'signalsLost' }
    },
    'ALARM_ON_EXIT battery.operating.running exit: an alarm raised on leaving would return at once; raise it on the',
  ],
  [
    'NO_INITIAL',
    s => {
      delete operating(s).initial
    },
    "NO_INITIAL battery.operating: say which state it starts in: initial: 'disconnected'",
  ],
  [
    'HISTORY_IN_PARALLEL',
    s => {
      operating(s).states.running.states.flow.states.h = { type: 'history' }
    },
    'HISTORY_IN_PARALLEL battery.operating.running.flow.h: XState 5.33 can enter a recorded state without its parent',
  ],
  [
    'UNREACHABLE',
    s => {
      s.chart.states.test = { on: { lost: {}, stop: 'local' } }
    },
    'UNREACHABLE battery.test: no transition leads here',
  ],
  [
    'NO_WAY_OUT',
    s => {
      s.chart.states.faulted.on = { lost: {} }
    },
    'NO_WAY_OUT battery.faulted: nothing leads out of this state; add a transition (a latched fault needs at least a ' +
      "reset command), or type: 'final'",
  ],
  [
    'LOST_UNHANDLED',
    s => {
      delete operating(s).on.lost
    },
    'LOST_UNHANDLED battery.operating.disconnected: does not say what happens when soc, voltage, linkVoltage, ... ' +
      'are lost; add on: { lost: ... } here or in a parent ({} to stay)',
  ],
  [
    'DEAD_COMMAND',
    s => {
      s.commands.selfTest = {}
    },
    'DEAD_COMMAND battery.commands.selfTest: no state accepts this command: an operator would always be refused',
  ],
  [
    'CONTEXT_NOT_JSON',
    s => {
      s.context.seen = new Map()
    },
    'CONTEXT_NOT_JSON battery.context.seen: Map does not survive a snapshot; use plain objects, arrays, integers',
  ],
  [
    'NOT_DETERMINISTIC',
    s => {
      s.guards.safe = () => Math.random() > 0.5
    },
    'NOT_DETERMINISTIC battery.guards.safe: uses Math.random: replicas would differ; randomness must come from a fact',
  ],
  [
    'NOT_COMPILED',
    s => {
      operating(s).states.running.exit = { set: { power: '0 V' } }
    },
    "NOT_COMPILED battery: battery set power: '0 V' is no quantity in W",
  ],
  [
    'SHADOWED',
    s => {
      operating(s).states.standby.on.lost = 'disconnected'
    },
    "note SHADOWED battery.operating on lost: 'operating.standby' handles lost first; if its guard holds, this one",
  ],
  [
    'UNUSED',
    s => {
      s.guards.spare = 'mode is local'
    },
    'note UNUSED battery.guards.spare: is declared and never used',
  ],
  [
    'ALWAYS_UNGUARDED',
    s => {
      operating(s).states.standby.always = 'disconnected'
    },
    'note ALWAYS_UNGUARDED battery.operating.standby: is left at once; is the state needed?',
  ],
]

describe('refused at definition', () => {
  for (const [code, bend, line] of CASES)
    test(code, () => {
      const findings = check(bent(battery.spec, bend))
      const lines = describeFindings(findings.filter(finding => finding.code === code)).split('\n')
      expect(lines.map(text => text.trim().slice(0, line.length))).toContain(line)
    })

  test('each code has its row', () => {
    expect([...new Set(CASES.map(([code]) => code))].sort()).toEqual(Object.keys(FINDING_CODES).sort())
  })

  const impure: readonly [string, () => unknown][] = [
    ['Date', () => Date.now()],
    ['**', ((x: any) => x.points.soc ** 2) as never],
    ['Math.hypot', () => Math.hypot(2, 1)],
    ['Math.sin', () => Math.sin(1)],
    ['performance', () => performance.now()],
    ['process', () => process.env],
    ['fetch', () => fetch('x')],
    ['async', async () => true],
    ['toLocaleString', () => (1).toLocaleString()],
    ['localeCompare', () => 'a'.localeCompare('b')],
  ]
  for (const [what, guard] of impure)
    test(`NOT_DETERMINISTIC ${what}`, () => {
      const findings = check(
        bent(battery.spec, s => {
          s.guards.safe = guard
        }),
      )
      expect(findings.map(finding => finding.code)).toContain('NOT_DETERMINISTIC')
      expect(describeFindings(findings)).toContain(`uses ${what}`)
    })

  test('words in texts and comments are no use of them', () => {
    const spec = bent(battery.spec, s => {
      s.guards.safe = (see: any) => /* Math.random */ see.points.mode !== 'Date'
    })
    expect(check(spec)).toEqual([])
  })
})

test('defineAsset throws with every problem, a line each', () => {
  const spec = bent(battery.spec, s => {
    operating(s).states.disconnected.on.start.guard = 'saef'
    s.commands.selfTest = {}
  })
  const define = () => defineAsset(spec as never)
  expect(define).toThrow(DefinitionRefused)
  expect(define).toThrow(
    "'battery' is refused at definition:\n" +
      "  UNKNOWN_GUARD battery.operating.disconnected on start: guard 'saef' is not declared; did you mean 'safe'?\n" +
      '  DEAD_COMMAND battery.commands.selfTest: no state accepts this command',
  )
})

test('the assets that we ship have neither problems nor notes', () => {
  for (const asset of [battery, pvInverter, load, gridConnection]) expect(check(asset.spec)).toEqual([])
})
