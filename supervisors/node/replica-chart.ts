/** A replica's chart: when it may sign. It only ever signs in `voting`. */
import { defineMachine } from '../../actors/kit/machine.ts'

export interface ReplicaContext {
  /** The manifest in force names this replica's engine as the one that votes (S18). */
  readonly engineActive: boolean
  /** The manifest lists its key among the replicas. */
  readonly listed: boolean
}
export type ReplicaEvent =
  | { readonly type: 'rehydrated' }
  | { readonly type: 'caughtUp' }
  | { readonly type: 'standing'; readonly engineActive: boolean; readonly listed: boolean }
  | { readonly type: 'proven' }

const see = (e: ReplicaEvent) => e as Extract<ReplicaEvent, { type: 'standing' }>

export const replicaMachine = defineMachine<ReplicaContext, ReplicaEvent, never>()({
  id: 'replica',
  context: { engineActive: false, listed: false },
  guards: {
    votes: ({ context }) => context.engineActive && context.listed,
    otherEngine: ({ context }) => !context.engineActive,
    unlisted: ({ context }) => !context.listed,
  },
  delays: {},
  actions: {
    note: ({ event }) => ({ remember: { engineActive: see(event).engineActive, listed: see(event).listed } }),
  },
  chart: {
    initial: 'rehydrating',
    on: { standing: { actions: 'note' }, proven: '.disqualified' },
    states: {
      rehydrating: { description: 'From a snapshot, or from the beginning', on: { rehydrated: 'catchingUp' } },
      catchingUp: { description: 'Reads what it has missed; decides nothing', on: { caughtUp: 'shadow' } },
      shadow: {
        description: 'Steps and compares; another engine votes',
        always: [
          { guard: 'unlisted', target: 'silent' },
          { guard: 'votes', target: 'voting' },
        ],
      },
      voting: {
        tags: 'signs',
        always: [
          { guard: 'unlisted', target: 'silent' },
          { guard: 'otherEngine', target: 'shadow' },
        ],
      },
      silent: { description: 'The manifest does not list this key', always: { guard: 'votes', target: 'voting' } },
      disqualified: { description: 'Its key signed two candidates for one cycle' },
    },
  },
})
