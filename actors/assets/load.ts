import { defineAsset } from '../kit/index.ts'

/** Consumption that is measured and not controlled. By the sign of all assets its power is <= 0 while it consumes. */
export const load = defineAsset({
  type: 'load',
  version: 1,
  title: 'Measured load',
  points: { power: 'W' },
  setpoints: {},
  commands: {},
  settings: {},
  alarms: {
    meterLost: { priority: 'medium', text: 'Load meter lost or stale', response: 'Check the meter and its bus' },
  },
  context: {},
  guards: {},
  limits: {},
  chart: {
    initial: 'measuring',
    states: {
      measuring: { tags: 'measured', on: { lost: 'blind' } },
      blind: { entry: { alarm: 'meterLost' }, on: { lost: {}, restored: 'measuring' } },
    },
  },
})
