import { defineAsset } from '../kit/index.ts'

/**
 * A PV inverter. Positive power produces. We can only curtail it: `powerMax` is an upper limit on production, and
 * without anything better known the rating holds; an export limit that must fail safe stands at the gateway.
 */
export const pvInverter = defineAsset({
  type: 'pvInverter',
  version: 1,
  title: 'PV inverter',
  points: {
    power: 'W',
    // What the sun would allow; not every inverter says it.
    available: { unit: 'W', optional: true },
    mode: ['remote', 'local'],
    temperature: { unit: '°C', staleAfter: '10 s' },
  },
  setpoints: { powerMax: { unit: 'W', safe: 'settings.rated', rise: '20 kW/s', fall: '50 kW/s' } },
  pulses: ['connect', 'disconnect'],
  commands: { start: {}, stop: {}, reset: {} },
  settings: { rated: 'W', startDelay: { unit: 's', default: '5 s' } },
  alarms: {
    overTemperature: {
      priority: 'high',
      text: 'Inverter at 85 °C or above',
      response: 'Check cooling, reset when cool',
    },
    signalsLost: { priority: 'high', text: 'Measurements lost or stale', response: 'Check the field bus, then reset' },
  },
  context: {},
  delays: { startDelay: 'settings.startDelay' },
  guards: {
    inLocal: 'mode is local',
    inRemote: 'mode is remote',
    tooHot: 'temperature >= 85 °C',
    cool: 'temperature < 70 °C',
    toCurtail: 'wanted.powerMax < settings.rated',
  },
  limits: {
    powerMax: {
      rating: { min: '0 W', max: 'settings.rated' },
      // The whole rating is free to take back as soon as it produces.
      notProducing: { notIn: 'producing', max: '0 W' },
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
        on: { lost: { target: 'faulted', actions: { alarm: 'signalsLost' } } },
        states: {
          disconnected: { entry: { pulse: 'disconnect' }, on: { start: 'starting' } },
          starting: { entry: { pulse: 'connect' }, on: { stop: 'disconnected' }, after: { startDelay: 'producing' } },
          producing: {
            tags: ['producing', 'available'],
            initial: 'free',
            on: {
              stop: 'disconnected',
              dispatched: [{ guard: 'toCurtail', target: '.curtailed' }, { target: '.free' }],
            },
            states: {
              free: { entry: { set: { powerMax: 'settings.rated' } } },
              curtailed: { tags: 'curtailed', entry: { set: { powerMax: 'wanted.powerMax' } } },
            },
          },
        },
      },
      faulted: {
        entry: { pulse: 'disconnect' },
        on: { lost: {}, reset: { guard: 'cool', target: 'operating' } },
      },
      local: { on: { lost: 'faulted', measured: { guard: 'inRemote', target: 'operating' } } },
    },
  },
})
