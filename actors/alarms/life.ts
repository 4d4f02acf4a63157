import { lifeOf } from '../kit/life.ts'
import { defineMachine } from '../kit/machine.ts'

/** Shelving hides for a shift at most: what is hidden for longer is forgotten. */
export const SHELVED_MS_MAX = 8 * 3_600_000

export type AlarmEvent =
  | { readonly type: 'raise' | 'returned' | 'acknowledge' | 'unshelve' }
  | { readonly type: 'shelve'; readonly forMs: number }

/**
 * The life of an alarm after ISA-18.2: it stays until somebody has acknowledged it and its cause is gone. Shelving
 * stands beside it: it hides for a bounded time and changes nothing else, so that nothing is lost meanwhile.
 */
export const alarmChart = defineMachine<object, AlarmEvent, never>()({
  id: 'alarm',
  context: {},
  guards: {},
  actions: {},
  delays: {
    shelved: ({ event }) => Math.min((event as Extract<AlarmEvent, { type: 'shelve' }>).forMs, SHELVED_MS_MAX),
  },
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
          shelved: {
            tags: 'shelved',
            on: { unshelve: 'unshelved', shelve: { target: 'shelved', reenter: true } },
            after: { shelved: 'unshelved' },
          },
        },
      },
    },
  },
})
export const alarmLife = lifeOf(alarmChart)

export type AlarmCondition = 'normal' | 'activeUnacknowledged' | 'activeAcknowledged' | 'returnedUnacknowledged'
/** What people are told of an alarm: one region of its life; until when it is shelved stands in its record. */
export const alarmCondition = ({ state }: { readonly state: string }): AlarmCondition =>
  /condition\.(\w+)/.exec(state)![1] as AlarmCondition
