/** Mistakes that every replica shares: the step, commands, time, strategies, laws and charts. */
import type { Mutation } from './catalogue.ts'

export const CONTROLLER: readonly Mutation[] = [
  {
    name: 'newest-clock-is-the-time',
    text: 'Log time is the largest claim',
    changes: [
      {
        file: 'actors/controller/time.ts',
        find: '.sort((a, b) => b - a)[1] ?? 0',
        replace: '.sort((a, b) => b - a)[0] ?? 0',
      },
    ],
    breaks: ['S27'],
    profile: 'timeLie',
  },
  {
    name: 'oldest-clock-is-the-time',
    text: 'Log time is what every node has claimed',
    changes: [
      {
        file: 'actors/controller/time.ts',
        find: '.sort((a, b) => b - a)[1] ?? 0',
        replace: '.sort((a, b) => a - b)[0] ?? 0',
      },
    ],
    breaks: ['S27'],
    profile: 'clockOffset',
  },
  {
    name: 'expired-commands-count',
    text: 'How old a command is, its sender knows',
    changes: [
      {
        file: 'actors/controller/commands.ts',
        find: 'if (fact.issuedAtMs + fact.expiresMs <= now)',
        replace: 'if (fact.issuedAtMs + fact.expiresMs + SKEW_MS_MAX <= now)',
      },
    ],
    breaks: ['S10'],
    profile: 'busyPeople',
  },
  {
    name: 'a-repeat-is-a-command',
    text: 'An id that has ended is free again',
    changes: [
      {
        file: 'actors/controller/commands.ts',
        find: 'if (commandOf(work, fact.id)) return',
        replace: 'if (commandOf(work, fact.id)?.endedAtMs === null) return',
      },
    ],
    breaks: ['S10', 'S8'],
    profile: 'echo+rivals',
  },
  {
    name: 'superseded-rides-on',
    text: 'An older command on the same setpoint ends by itself',
    changes: [
      {
        file: 'actors/controller/commands.ts',
        find: 'if (command.id !== fact.id && command.setpoints.includes(setpoint))',
        replace: 'if (command.id === fact.id && command.setpoints.includes(setpoint))',
      },
    ],
    breaks: ['S9', 'S32'],
    profile: 'rivals',
  },
  {
    name: 'newest-command-last',
    text: 'Of two commands on one setpoint the one that was stamped later holds',
    changes: [
      {
        file: 'actors/controller/commands.ts',
        find: '  work.move(asset, (actor, outputs) =>\n    want(asset, actor, { [name]: value }',
        replace:
          '  const later = riding(work).some(c => c.id > fact.id && c.setpoints.includes([asset.name, name].join(".")))\n  work.move(asset, (actor, outputs) =>\n    want(asset, actor, later ? {} : { [name]: value }',
      },
    ],
    breaks: ['S32', 'S9'],
    profile: 'rivals',
  },
  {
    name: 'unknown-is-a-failure',
    text: 'What is not confirmed has failed',
    changes: [{ file: 'actors/controller/commands.ts', find: "unknown: 'loseSight',", replace: "unknown: 'fail'," }],
    breaks: ['S11'],
    profile: 'replyLost+rivals',
  },
  {
    name: 'commands-outlive-their-gateway',
    text: 'A restart of the gateway is no reason to give up a command',
    changes: [
      {
        file: 'actors/controller/commands.ts',
        find: 'if (command.epoch !== work.state.epoch && command.epoch !== 0)',
        replace: 'if (command.epoch > work.state.epoch && command.epoch !== 0)',
      },
    ],
    breaks: ['S10'],
    profile: 'gatewayCrash+busyPeople',
  },
  {
    name: 'accepted-for-ever',
    text: 'An accepted command ends with the gateway’s word',
    changes: [
      {
        file: 'actors/controller/commands.ts',
        find: 'if (now > command.expiresAtMs + wordMs) live',
        replace: 'if (now > command.expiresAtMs + 100 * wordMs) live',
      },
    ],
    breaks: ['S10'],
    profile: 'isolation+busyPeople',
  },
  {
    name: 'by-hand-from-the-wanted',
    text: 'Who takes over by hand begins with what was wanted',
    changes: [
      {
        file: 'actors/controller/commands.ts',
        find: 'applied[name] = frame.applied[name] - (frame.local[name] ?? 0)',
        replace: 'applied[name] = work.state.assets[asset.name]!.wanted[name] ?? frame.applied[name]',
      },
    ],
    breaks: ['S25'],
    profile: 'calm',
  },
  {
    name: 'alarm-returns-by-its-name',
    text: 'A condition that has returned is looked up by its name',
    changes: [
      {
        file: 'actors/controller/alarms.ts',
        find: 'export function returnAlarm(work: Work, asset: string, alarm: string, about: string): void {\n  const key = alarmKey(asset, alarm, about)',
        replace:
          "export function returnAlarm(work: Work, asset: string, alarm: string, about: string): void {\n  const key = alarmKey(asset, alarm, '') || about",
      },
    ],
    breaks: ['S35'],
    profile: 'crash',
  },
  {
    name: 'ties-to-the-later',
    text: 'The last watt goes to the last of those who are owed the same',
    changes: [
      {
        file: 'actors/laws/allocate.ts',
        find: 'a.remainder === b.remainder ? a.i - b.i',
        replace: 'a.remainder === b.remainder ? b.i - a.i',
      },
    ],
    breaks: ['S31'],
    profile: 'calm',
  },
  {
    name: 'last-watt-lost',
    text: 'Shares are cut to whole watts one by one',
    changes: [
      {
        file: 'actors/laws/allocate.ts',
        find: 'parts[i] = parts[i]! + 1',
        replace: 'parts[i] = parts[i]! + (rest > 1 ? 1 : 0)',
      },
    ],
    breaks: ['S31'],
    profile: 'calm',
  },
  {
    name: 'room-is-clipped-not-handed-on',
    text: 'What an asset cannot take is left over',
    changes: [
      {
        file: 'actors/laws/allocate.ts',
        find: 'open = clipped.length > 0 ? open.filter(i => !clipped.includes(i)) : []',
        replace: 'open = clipped.length > open.length ? open.filter(i => !clipped.includes(i)) : []',
      },
    ],
    breaks: ['S31'],
    profile: 'busyPeople',
  },
  {
    name: 'float-power-function',
    text: 'A share of the way is a power of ten',
    changes: [
      {
        file: 'actors/laws/peak-shaving.ts',
        find: 'return fromW + Math.trunc(((toW - fromW) * gainPermille) / 1000)',
        replace: 'return fromW + Math.trunc((toW - fromW) * (gainPermille / 10 ** 3))',
      },
    ],
    breaks: ['S31'],
    profile: 'calm',
  },
  {
    name: 'own-power-counted-for-the-site',
    text: 'What the meter shows is what the site needs',
    changes: [
      {
        file: 'actors/laws/peak-shaving.ts',
        find: 'const withoutW = gridW + storageW',
        replace: 'const withoutW = gridW',
      },
    ],
    breaks: ['S31'],
    profile: 'calm',
  },
  {
    name: 'blind-holds-for-ever',
    text: 'A strategy that cannot see holds what it held',
    changes: [
      {
        file: 'actors/controller/strategies.ts',
        find: 'return { proposal, untilMs }',
        replace: 'return { proposal, untilMs: null }',
      },
    ],
    breaks: ['S24'],
    profile: 'freeze',
  },
  {
    name: 'lost-when-all-is-lost',
    text: 'An asset is lost when none of its points can be read',
    changes: [
      {
        file: 'actors/kit/host.ts',
        find: 'const lost = placed.asset.program.points.some(',
        replace: 'const lost = placed.asset.program.points.every(',
      },
    ],
    breaks: ['S24'],
    profile: 'brokenSensor',
  },
  {
    name: 'always-waits-for-the-next',
    text: 'The shortcut past XState leaves what comes due by itself to the next event',
    changes: [
      {
        file: 'actors/kit/shortcut.ts',
        find: '!always.some(({ holds }) => !holds || holds(args, chart))',
        replace: '!always.some(({ holds }) => !holds)',
      },
    ],
    breaks: ['S36'],
    profile: 'local',
  },
  {
    name: 'empty-is-below-its-limit',
    text: 'A battery is empty below its limit, not at it',
    changes: [
      {
        file: 'actors/assets/battery.ts',
        find: "empty: { when: 'soc <= settings.socMin', max: '0 W' },",
        replace: "empty: { when: 'soc < settings.socMin', max: '0 W' },",
      },
    ],
    breaks: ['S5'],
    profile: 'recalibrated',
  },
]
