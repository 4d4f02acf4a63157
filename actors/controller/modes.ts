import { defineAsset } from '../kit/index.ts'

/**
 * The modes of a site. Tags say what a cycle does in a mode:
 * `dispatches` the cycle yields actions, `writes` the gateway may write them, `strategies` the strategies decide,
 * `operator` people decide, `safe` each setpoint goes to its safe value.
 *
 * Without `dispatches` the watchdogs of the devices are no longer fed. Observe decides as automatic does, and the
 * voted mode suppresses the writer.
 */
export const modes = defineAsset({
  type: 'site',
  version: 1,
  title: 'Modes of a site',
  points: {},
  setpoints: {},
  commands: { off: {}, observe: {}, manual: {}, automatic: {}, safe: {} },
  settings: {},
  alarms: {
    safeMode: {
      priority: 'high',
      text: 'The site is held at its safe values',
      response: 'Find the cause, then choose a mode',
    },
  },
  context: {},
  guards: {},
  limits: {},
  chart: {
    initial: 'off',
    states: {
      off: {
        on: { observe: 'observe', manual: 'manual', automatic: 'automatic', safe: 'safe' },
      },
      observe: {
        tags: ['dispatches', 'strategies'],
        on: { off: 'off', manual: 'manual', automatic: 'automatic', safe: 'safe' },
      },
      manual: {
        tags: ['dispatches', 'writes', 'operator'],
        on: { off: 'off', observe: 'observe', automatic: 'automatic', safe: 'safe' },
      },
      automatic: {
        tags: ['dispatches', 'writes', 'strategies'],
        on: { off: 'off', observe: 'observe', manual: 'manual', safe: 'safe' },
      },
      safe: {
        tags: ['dispatches', 'writes', 'safe'],
        entry: { alarm: 'safeMode' },
        on: { off: 'off', observe: 'observe', manual: 'manual', automatic: 'automatic' },
      },
    },
  },
})
