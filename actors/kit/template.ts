/** What `quorate asset new NAME` writes: an asset that works and its test, both meant to be changed. */
export interface Template {
  readonly file: string
  readonly test: string
}
export interface TemplateImports {
  /** Where the definition finds the kit. */
  readonly kit: string
  /** Where the test finds the definition. */
  readonly asset: string
}

/** `name` becomes the type; throws where it is no plain word. */
export function template(name: string, imports?: Partial<TemplateImports>): Template {
  if (!/^[a-z][A-Za-z0-9]*$/.test(name))
    throw new TypeError(`'${name}' is no name for an asset; write a word such as 'heatPump'`)
  const { kit = 'quorate', asset = `./${fileName(name)}.ts` } = imports ?? {}
  return { file: definition(name, kit), test: test(name, kit, asset) }
}

/** `heatPump` is defined in `heat-pump.ts`. */
export const fileName = (name: string): string => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

const definition = (name: string, kit: string): string => `import { defineAsset } from '${kit}'

/** Say in a sentence what it is, and which sign of power means what. */
export const ${name} = defineAsset({
  type: '${name}',
  version: 1,
  title: '${name}',
  // What the device tells each cycle: a unit, or the words that it can say.
  points: { power: 'W', mode: ['remote', 'local'], temperature: { unit: '°C', staleAfter: '10 s' } },
  // What we may write; \`safe\` holds when nothing better is known.
  setpoints: { power: { unit: 'W', safe: '0 W', rise: '10 kW/s', fall: '10 kW/s' } },
  // Writes that must happen at most once.
  pulses: ['switchOn', 'switchOff'],
  // What an operator may ask for; parameters become fields of the event.
  commands: { start: {}, stop: {}, reset: {} },
  // What the site file says about each one.
  settings: { powerMax: 'W', startTime: { unit: 's', default: '30 s' } },
  alarms: {
    overTemperature: { priority: 'high', text: 'Too hot', response: 'Check cooling, reset when cool' },
    signalsLost: { priority: 'high', text: 'Measurements lost or stale', response: 'Check the field bus, then reset' },
  },
  context: {},
  delays: { startTime: 'settings.startTime' },
  // A guard that reads a bad or stale point is false, and the chart gets \`lost\`.
  guards: {
    inLocal: 'mode is local',
    inRemote: 'mode is remote',
    tooHot: 'temperature >= 80 °C',
    cool: 'temperature < 60 °C',
  },
  // The tightest wins; its name stands beside the setpoint.
  limits: {
    power: {
      rating: { min: '0 W', max: 'settings.powerMax' },
      notRunning: { notIn: 'available', min: '0 W', max: '0 W' },
    },
  },
  chart: {
    initial: 'operating',
    states: {
      operating: {
        initial: 'off',
        // What protects stands in \`always\` of the parent, where no state of operation can hide it.
        always: [
          { guard: 'tooHot', target: 'faulted', actions: { alarm: 'overTemperature' } },
          { guard: 'inLocal', target: 'local' },
        ],
        on: { lost: { target: 'faulted', actions: { alarm: 'signalsLost' } } },
        states: {
          off: { entry: [{ set: { power: '0 W' } }, { pulse: 'switchOff' }], on: { start: 'starting' } },
          starting: { entry: { pulse: 'switchOn' }, on: { stop: 'off' }, after: { startTime: 'running' } },
          running: {
            tags: 'available',
            on: { stop: 'off', dispatched: { actions: { set: { power: 'wanted.power' } } } },
          },
        },
      },
      faulted: {
        entry: [{ set: { power: '0 W' } }, { pulse: 'switchOff' }],
        on: { lost: {}, reset: { guard: 'cool', target: 'operating' } },
      },
      local: { on: { lost: 'faulted', measured: { guard: 'inRemote', target: 'operating' } } },
    },
  },
})
`

const test = (name: string, kit: string, asset: string): string => `import { expect, test } from 'vitest'
import { table } from '${kit}'
import { ${name} } from '${asset}'

const given = {
  settings: { powerMax: '10 kW' },
  frame: { power: '0 W', mode: 'remote', temperature: '20 °C' },
} as const

test('starts, follows what is wanted, and stops', () => {
  expect(
    table(${name}, given, [
      // when                             then in               and asks for
      [{ start: {} },                     'operating.starting', { pulse: 'switchOn' }],
      [{ wait: '29999 ms' },              'operating.starting'],
      [{ wait: '1 ms' },                  'operating.running'],
      [{ wanted: { power: '5 kW' } },     'operating.running',  { set: { power: '5 kW' } }],
      [{ stop: {} },                      'operating.off',      { set: { power: '0 W' } }, { pulse: 'switchOff' }],
    ]),
  ).toEqual([])
})

test('protects itself, and comes back when cool', () => {
  const off = [{ set: { power: '0 W' } }, { pulse: 'switchOff' }] as const
  expect(
    table(${name}, given, [
      [{ frame: { temperature: '80 °C' } }, 'faulted',       { alarm: 'overTemperature' }, ...off],
      [{ reset: {} },                       'faulted'],
      [{ frame: { temperature: '59 °C' } }, 'faulted'],
      [{ reset: {} },                       'operating.off', { clear: 'overTemperature' }, ...off],
      [{ frame: { temperature: 'bad' } },   'faulted',       { alarm: 'signalsLost' }, ...off],
    ]),
  ).toEqual([])
})
`
