import { defineAsset, quantity, scale } from '../kit/index.ts'

const LINK_CHARGED = quantity('95 %')

/**
 * A battery with its inverter behind contactors. Positive power discharges. The chart closes the contactors in order
 * (pre-charge, wait for the link, main) and opens them on whatever ends operation; everything that protects stands in
 * `operating.always`, so that no state of operation can hide it.
 */
export const battery = defineAsset({
  type: 'battery',
  version: 1,
  title: 'Battery energy storage system',
  points: {
    soc: '%',
    voltage: 'V',
    linkVoltage: 'V',
    current: 'A',
    power: 'W',
    mode: ['remote', 'local'],
    temperature: { unit: '°C', staleAfter: '10 s' },
  },
  setpoints: { power: { unit: 'W', safe: '0 W', rise: '50 kW/s', fall: '50 kW/s' } },
  pulses: ['closePrecharge', 'closeMain', 'openContactors'],
  commands: { start: {}, stop: {}, reset: {}, cap: { power: 'W' } },
  settings: {
    chargeMax: 'W',
    dischargeMax: 'W',
    deratedMax: 'W',
    energy: { unit: 'Wh', default: '100 kWh' },
    socMin: { unit: '%', default: '10 %' },
    socMax: { unit: '%', default: '90 %' },
    prechargeTimeout: { unit: 's', default: '5 s' },
  },
  alarms: {
    prechargeFailed: {
      priority: 'high',
      text: 'DC link did not charge in time',
      response: 'Check resistor and fuse, then reset',
    },
    overTemperature: { priority: 'urgent', text: 'Cells at 60 °C or above', response: 'Keep out; reset when cool' },
    signalsLost: { priority: 'high', text: 'Measurements lost or stale', response: 'Check the field bus, then reset' },
  },
  context: { starts: 0, cap: quantity('1 MW') },
  delays: { prechargeTimeout: 'settings.prechargeTimeout' },
  guards: {
    inLocal: 'mode is local',
    inRemote: 'mode is remote',
    tooHot: 'temperature >= 60 °C',
    hot: 'temperature >= 50 °C',
    cool: 'temperature < 45 °C',
    safe: ['temperature < 55 °C', 'current > -5 A', 'current < 5 A'],
    linkCharged: ({ points }) => points.linkVoltage >= scale(points.voltage, LINK_CHARGED),
    noCurrent: ['current > -5 A', 'current < 5 A'],
    toCharge: 'wanted.power < 0 W',
    toDischarge: 'wanted.power > 0 W',
  },
  actions: {
    countStart: ({ context }) => ({ remember: { starts: context.starts + 1 } }),
    keepCap: ({ event }) => (event.type === 'cap' ? { remember: { cap: event.power } } : []),
  },
  limits: {
    power: {
      rating: { min: '-settings.chargeMax', max: 'settings.dischargeMax' },
      operatorCap: ({ context }) => ({ max: context.cap }),
      empty: { when: 'soc <= settings.socMin', max: '0 W' },
      full: { when: 'soc >= settings.socMax', min: '0 W' },
      derated: { in: 'derated', min: '-settings.deratedMax', max: 'settings.deratedMax' },
      notRunning: { notIn: 'available', min: '0 W', max: '0 W' },
    },
  },
  chart: {
    initial: 'operating',
    states: {
      operating: {
        initial: 'disconnected',
        always: [
          { guard: 'tooHot', target: 'faulted', actions: { alarm: 'overTemperature' } },
          { guard: 'inLocal', target: 'local' },
        ],
        on: { lost: { target: 'faulted', actions: { alarm: 'signalsLost' } }, cap: { actions: 'keepCap' } },
        states: {
          disconnected: {
            entry: { pulse: 'openContactors' },
            on: { start: { guard: 'safe', target: 'precharging', actions: 'countStart' } },
          },
          precharging: {
            initial: 'charging',
            on: { stop: 'disconnected' },
            states: {
              charging: {
                entry: { pulse: 'closePrecharge' },
                on: { measured: { guard: 'linkCharged', target: 'closing' } },
                after: { prechargeTimeout: { target: '#battery.faulted', actions: { alarm: 'prechargeFailed' } } },
              },
              closing: { entry: { pulse: 'closeMain' }, after: { '500 ms': '#battery.operating.standby' } },
            },
          },
          standby: { on: { dispatched: 'running', stop: 'disconnected' } },
          running: {
            type: 'parallel',
            tags: 'available',
            on: { stop: 'stopping' },
            exit: { set: { power: '0 W' } },
            states: {
              flow: {
                initial: 'idle',
                on: {
                  dispatched: [
                    { guard: 'toCharge', target: '.charging' },
                    { guard: 'toDischarge', target: '.discharging' },
                    { target: '.idle' },
                  ],
                },
                states: {
                  idle: { entry: { set: { power: '0 W' } } },
                  charging: { entry: { set: { power: 'wanted.power' } } },
                  discharging: { entry: { set: { power: 'wanted.power' } } },
                },
              },
              thermal: {
                initial: 'normal',
                states: {
                  normal: { always: { guard: 'hot', target: 'derated' } },
                  derated: { tags: 'derated', always: { guard: 'cool', target: 'normal' } },
                },
              },
            },
          },
          // Contactors open without current, or when that takes too long.
          stopping: {
            on: { measured: { guard: 'noCurrent', target: 'disconnected' } },
            after: { '10 s': 'disconnected' },
          },
        },
      },
      faulted: {
        entry: { pulse: 'openContactors' },
        on: { lost: {}, reset: { guard: 'safe', target: 'operating' } },
      },
      local: { on: { lost: 'faulted', measured: { guard: 'inRemote', target: 'operating' } } },
    },
  },
})
