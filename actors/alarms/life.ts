import { defineAsset } from '../kit/index.ts'

/**
 * The life of an alarm after ISA-18.2: it stays until somebody has acknowledged it and its cause is gone. Shelving
 * stands beside it: it hides for a bounded time and changes nothing else, so that nothing is lost meanwhile.
 */
export const alarmLife = defineAsset({
  type: 'alarm',
  version: 1,
  title: 'Life of an alarm',
  points: {},
  setpoints: {},
  commands: { raise: {}, returned: {}, acknowledge: {}, shelve: {}, unshelve: {} },
  settings: { shelvedMax: { unit: 's', default: '8 h' } },
  alarms: {},
  context: {},
  delays: { shelvedMax: 'settings.shelvedMax' },
  guards: {},
  limits: {},
  chart: {
    type: 'parallel',
    states: {
      condition: {
        initial: 'normal',
        states: {
          normal: { on: { raise: 'activeUnacknowledged' } },
          activeUnacknowledged: {
            tags: ['active', 'unacknowledged'],
            on: { acknowledge: 'activeAcknowledged', returned: 'returnedUnacknowledged' },
          },
          activeAcknowledged: { tags: 'active', on: { returned: 'normal' } },
          returnedUnacknowledged: {
            tags: 'unacknowledged',
            on: { acknowledge: 'normal', raise: 'activeUnacknowledged' },
          },
        },
      },
      shelving: {
        initial: 'unshelved',
        states: {
          unshelved: { on: { shelve: 'shelved' } },
          shelved: { tags: 'shelved', on: { unshelve: 'unshelved' }, after: { shelvedMax: 'unshelved' } },
        },
      },
    },
  },
})
