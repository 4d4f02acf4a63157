import { defineAsset } from '../kit/index.ts'

/** The point of connection: its meter and its breaker. Positive power is import. */
export const gridConnection = defineAsset({
  type: 'gridConnection',
  version: 1,
  title: 'Meter and breaker at the point of connection',
  points: { power: 'W', frequency: 'Hz', voltage: 'V', breaker: ['closed', 'open'] },
  setpoints: {},
  commands: {},
  settings: { importMax: 'W', exportMax: 'W' },
  alarms: {
    meterLost: { priority: 'high', text: 'Grid meter lost or stale', response: 'Check the meter and its bus' },
    gridOpen: {
      priority: 'high',
      text: 'Breaker to the grid is open',
      response: 'Follow the procedure for loss of grid',
    },
  },
  context: {},
  guards: { open: 'breaker is open', closed: 'breaker is closed' },
  limits: {},
  chart: {
    initial: 'connected',
    states: {
      connected: { tags: 'measured', always: { guard: 'open', target: 'disconnected' }, on: { lost: 'blind' } },
      disconnected: {
        tags: 'measured',
        entry: { alarm: 'gridOpen' },
        always: { guard: 'closed', target: 'connected' },
        on: { lost: 'blind' },
      },
      blind: { entry: { alarm: 'meterLost' }, on: { lost: {}, restored: 'connected' } },
    },
  },
})
