/**
 * One asset's channel: who governs its output now. The channel has no asset logic, so nothing in it can pulse twice.
 * Tags say what the writer does: `verdict` writes what was voted, `local` writes the fallback's values, `feeds` keeps
 * the device's own watchdog fed. A device in local mode suppresses every write until it is released (S36).
 */
import { defineMachine } from '../actors/kit/machine.ts'

export interface ChannelContext {
  readonly fallbackMs: number
  /** The voter has a standing verdict. */
  readonly governed: boolean
}
export type ChannelEvent =
  | { readonly type: 'verdict' }
  | { readonly type: 'held' }
  | { readonly type: 'lapsed' }
  /** The device says that it is in local mode, or no longer. */
  | { readonly type: 'local' }
  | { readonly type: 'remote' }
  /** A write timed out: what the device holds is not known. */
  | { readonly type: 'unknown' }
  /** A read-back told what it holds. */
  | { readonly type: 'resolved' }
  /** Verdict says off: nothing is written, nothing fed. */
  | { readonly type: 'off' }
export type ChannelEffect = {
  readonly kind: 'alarm'
  readonly alarm: 'localLawActive' | 'deviceDefaultActive' | 'deviceInLocal'
  readonly state: 'raised' | 'returned'
}

const raise = (alarm: ChannelEffect['alarm']) => () => ({ do: { kind: 'alarm', alarm, state: 'raised' } as const })
const clear = (alarm: ChannelEffect['alarm']) => () => ({ do: { kind: 'alarm', alarm, state: 'returned' } as const })

export const channelMachine = defineMachine<ChannelContext, ChannelEvent, ChannelEffect>()({
  id: 'channel',
  context: { fallbackMs: 0, governed: false },
  guards: { governed: ({ context }) => context.governed },
  delays: { fallbackEnds: ({ context }) => context.fallbackMs },
  actions: {
    govern: () => ({ remember: { governed: true } }),
    ungovern: () => ({ remember: { governed: false } }),
    localLawRaised: raise('localLawActive'),
    localLawReturned: clear('localLawActive'),
    defaultRaised: raise('deviceDefaultActive'),
    defaultReturned: clear('deviceDefaultActive'),
    localRaised: raise('deviceInLocal'),
    localReturned: clear('deviceInLocal'),
  },
  chart: {
    initial: 'deviceDefault',
    on: {
      local: '.deviceLocal',
      verdict: { actions: 'govern' },
      lapsed: { actions: 'ungovern' },
      off: { target: '.deviceDefault', actions: 'ungovern' },
    },
    states: {
      following: {
        tags: ['verdict', 'feeds'],
        on: {
          held: 'holding',
          lapsed: { target: 'localLaw', actions: 'ungovern' },
          unknown: 'unresolved',
        },
      },
      holding: {
        tags: ['verdict', 'feeds'],
        description: 'No new quorum; the standing verdict is younger than its validity',
        on: {
          verdict: { target: 'following', actions: 'govern' },
          lapsed: { target: 'localLaw', actions: 'ungovern' },
          unknown: 'unresolved',
        },
      },
      unresolved: {
        tags: ['verdict', 'feeds'],
        description: 'A write timed out; only a read-back tells what the device holds',
        on: {
          resolved: 'following',
          lapsed: { target: 'localLaw', actions: 'ungovern' },
        },
      },
      localLaw: {
        tags: ['local', 'feeds'],
        entry: 'localLawRaised',
        exit: 'localLawReturned',
        on: { verdict: { target: 'following', actions: 'govern' } },
        after: { fallbackEnds: { target: 'deviceDefault', actions: 'defaultRaised' } },
      },
      deviceDefault: {
        description: 'Nothing is written and the watchdog is not fed: the device acts by itself',
        exit: 'defaultReturned',
        on: { verdict: { target: 'following', actions: 'govern' } },
      },
      deviceLocal: {
        entry: 'localRaised',
        exit: 'localReturned',
        // off does not release it: nothing is written either way, and its alarm stands
        on: {
          local: {},
          off: { actions: 'ungovern' },
          remote: [{ guard: 'governed', target: 'holding' }, 'deviceDefault'],
        },
      },
    },
  },
})
