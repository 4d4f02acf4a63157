/** One asset's channel. */
import { type ChannelContext, type ChannelEvent, channelMachine } from '../../../../edge/channel.ts'
import type { Behaviour } from './script.ts'

const e = (type: ChannelEvent['type']): ChannelEvent => ({ type })
export const channel: Behaviour<ChannelContext, ChannelEvent, any> = {
  machine: channelMachine as never,
  say: effect => `${effect.alarm} ${effect.state}`,
  scenarios: {
    'the ladder: verdict, held, local law, the device by itself, and back': {
      input: { fallbackMs: 60_000 },
      begins: 'deviceDefault | ',
      rows: [
        [e('verdict'), 'following', 'deviceDefaultActive returned'],
        [e('held'), 'holding'],
        [e('verdict'), 'following'],
        [e('held'), 'holding'],
        [e('lapsed'), 'localLaw', 'localLawActive raised'],
        [59_999, 'localLaw'],
        [1, 'deviceDefault', 'localLawActive returned; deviceDefaultActive raised'],
        [e('lapsed'), 'deviceDefault'],
        [e('verdict'), 'following', 'deviceDefaultActive returned'],
        [e('lapsed'), 'localLaw', 'localLawActive raised'],
        [e('verdict'), 'following', 'localLawActive returned'],
      ],
    },
    'S36: local mode at the device wins from everywhere, until it is released': {
      input: { fallbackMs: 60_000 },
      rows: [
        [e('verdict'), 'following', 'deviceDefaultActive returned'],
        [e('local'), 'deviceLocal', 'deviceInLocal raised'],
        [e('local'), 'deviceLocal'],
        [e('verdict'), 'deviceLocal'],
        [e('remote'), 'holding', 'deviceInLocal returned'],
        [e('local'), 'deviceLocal', 'deviceInLocal raised'],
        [e('lapsed'), 'deviceLocal'],
        [e('remote'), 'deviceDefault', 'deviceInLocal returned'],
        [e('local'), 'deviceLocal', 'deviceDefaultActive returned; deviceInLocal raised'],
        [e('verdict'), 'deviceLocal'],
        [e('remote'), 'holding', 'deviceInLocal returned'],
      ],
    },
    'mode off does not end local mode, and leaves nothing to hold': {
      rows: [
        [e('verdict'), 'following', 'deviceDefaultActive returned'],
        [e('local'), 'deviceLocal', 'deviceInLocal raised'],
        [e('off'), 'deviceLocal'],
        [e('remote'), 'deviceDefault', 'deviceInLocal returned'],
      ],
    },
    'mode off: the device by itself': {
      rows: [
        [e('verdict'), 'following', 'deviceDefaultActive returned'],
        [e('off'), 'deviceDefault'],
        [e('local'), 'deviceLocal', 'deviceDefaultActive returned; deviceInLocal raised'],
        [e('remote'), 'deviceDefault', 'deviceInLocal returned'],
      ],
    },
    'a write in doubt, until a read-back tells': {
      input: { fallbackMs: 60_000 },
      rows: [
        [e('verdict'), 'following', 'deviceDefaultActive returned'],
        [e('unknown'), 'unresolved'],
        [e('verdict'), 'unresolved'],
        [e('resolved'), 'following'],
        [e('held'), 'holding'],
        [e('unknown'), 'unresolved'],
        [e('resolved'), 'following'],
        [e('unknown'), 'unresolved'],
        [e('lapsed'), 'localLaw', 'localLawActive raised'],
        [e('verdict'), 'following', 'localLawActive returned'],
      ],
    },
    'lapsed in local law leaves nothing to govern': {
      input: { fallbackMs: 60_000 },
      rows: [
        [e('verdict'), 'following', 'deviceDefaultActive returned'],
        [e('lapsed'), 'localLaw', 'localLawActive raised'],
        [e('local'), 'deviceLocal', 'localLawActive returned; deviceInLocal raised'],
        [e('remote'), 'deviceDefault', 'deviceInLocal returned'],
      ],
    },
    'lapsed while held, then local: nothing to hold': {
      input: { fallbackMs: 60_000 },
      rows: [
        [e('verdict'), 'following', 'deviceDefaultActive returned'],
        [e('held'), 'holding'],
        [e('lapsed'), 'localLaw', 'localLawActive raised'],
        [e('local'), 'deviceLocal', 'localLawActive returned; deviceInLocal raised'],
        [e('remote'), 'deviceDefault', 'deviceInLocal returned'],
      ],
    },
  },
}
