/** A supervisor's chart and a replica's. */
import {
  type SupervisorContext,
  type SupervisorEffect,
  type SupervisorEvent,
  supervisorMachine,
} from '../../../../supervisors/kit/chart.ts'
import { type ReplicaContext, type ReplicaEvent, replicaMachine } from '../../../../supervisors/node/replica-chart.ts'
import type { Behaviour, Row } from './script.ts'

const rows = [
  { id: 'a', restart: 'permanent' },
  { id: 'b', restart: 'transient' },
  { id: 'c', restart: 'temporary' },
] as const
const input = { strategy: 'oneForOne', intensity: 2, periodMs: 10_000, rows } as const
const fell =
  (id: string, exit: 'failed' | 'ended' = 'failed') =>
  (atMs: number): SupervisorEvent => ({ type: 'exited', id, exit, reason: exit, atMs })
const s = (type: 'started' | 'restarted' | 'stop' | 'stopped'): SupervisorEvent => ({ type })
const up = (id: string): SupervisorEvent => ({ type: 'up', id })
const started: Row<SupervisorEvent> = [s('started'), 'running']

export const supervisor: Behaviour<SupervisorContext, SupervisorEvent, SupervisorEffect> = {
  machine: supervisorMachine,
  say: e => (e.kind === 'restart' ? `restart ${e.ids}` : e.kind === 'giveUp' ? `giveUp ${e.reason}` : e.kind),
  scenarios: {
    'one for one: each by its restart type': {
      input,
      begins: 'starting | ',
      rows: [
        started,
        [fell('c'), 'running'],
        [fell('b', 'ended'), 'running'],
        [fell('b'), 'restarting', 'restart b'],
        [s('restarted'), 'running'],
        [fell('a', 'ended'), 'restarting', 'restart a'],
        [up('a'), 'restarting'],
        [s('restarted'), 'running'],
        [s('stop'), 'stopping', 'stopAll'],
        [s('stopped'), 'stopped'],
      ],
    },
    'two at the same time: both wait, whoever is up waits no more': {
      input: { ...input, intensity: 3 },
      rows: [
        started,
        [fell('b'), 'restarting', 'restart b'],
        [fell('a'), 'restarting', 'restart a,b'],
        [up('a'), 'restarting'],
        [fell('c'), 'restarting'],
        [fell('b'), 'restarting', 'restart b'],
      ],
    },
    'what was settled does not restart with the next': {
      input,
      rows: [
        started,
        [fell('b'), 'restarting', 'restart b'],
        [s('restarted'), 'running'],
        [fell('a'), 'restarting', 'restart a'],
      ],
    },
    'more than the intensity within the period: fails upward and stops all': {
      input,
      rows: [
        started,
        [fell('a'), 'restarting', 'restart a'],
        [s('restarted'), 'running'],
        [fell('a'), 'restarting', 'restart a'],
        [s('restarted'), 'running'],
        [fell('a'), 'failed', 'giveUp a: failed; stopAll'],
        [fell('b'), 'failed'],
      ],
    },
    'restarts older than the period do not count': {
      input,
      rows: [
        started,
        [fell('a'), 'restarting', 'restart a'],
        [fell('a'), 'restarting', 'restart a'],
        [10_000, 'restarting'],
        [fell('a'), 'restarting', 'restart a'],
        [fell('a'), 'restarting', 'restart a'],
        [fell('a'), 'failed', 'giveUp a: failed; stopAll'],
      ],
    },
    'a fall in the beginning': {
      input: { ...input, intensity: 1, strategy: 'restForOne' },
      rows: [
        [fell('c'), 'starting'],
        [fell('a'), 'restarting', 'restart a,b,c'],
        [s('restarted'), 'running'],
      ],
    },
    'a fall in the beginning that is too many': {
      input: { ...input, intensity: 0 },
      rows: [[fell('a'), 'failed', 'giveUp a: failed; stopAll']],
    },
    'one for all': {
      input: { ...input, strategy: 'oneForAll' },
      rows: [started, [fell('b'), 'restarting', 'restart a,b,c']],
    },
    'stopped in the beginning': {
      input,
      rows: [
        [s('stop'), 'stopping', 'stopAll'],
        [fell('a'), 'stopping'],
        [s('stopped'), 'stopped'],
      ],
    },
    'stopped while it restarts': {
      input,
      rows: [started, [fell('a'), 'restarting', 'restart a'], [s('stop'), 'stopping', 'stopAll']],
    },
    'who fell last is known, restarted or not': {
      input,
      shows: context => `(${context.lastExit})`,
      rows: [
        [fell('c'), 'starting (c: failed)'],
        [s('started'), 'running (c: failed)'],
        [fell('b', 'ended'), 'running (b: ended)'],
        [fell('a'), 'restarting (a: failed)', 'restart a'],
        [fell('c'), 'restarting (c: failed)'],
      ],
    },
    'a child that was added takes part; one that was removed does not': {
      input: { ...input, intensity: 3, strategy: 'oneForAll' },
      rows: [
        started,
        [{ type: 'added', row: { id: 'd', restart: 'permanent' } }, 'running'],
        [fell('d'), 'restarting', 'restart a,b,c,d'],
        [{ type: 'removed', id: 'b' }, 'restarting'],
        [fell('d'), 'restarting', 'restart a,c,d'],
      ],
    },
  },
}
const stands = (engineActive: boolean, listed: boolean): ReplicaEvent => ({ type: 'standing', engineActive, listed })
const r = (type: 'rehydrated' | 'caughtUp' | 'proven'): ReplicaEvent => ({ type })
const ready: readonly Row<ReplicaEvent>[] = [
  [r('rehydrated'), 'catchingUp'],
  [stands(true, true), 'catchingUp'],
  [r('caughtUp'), 'voting'],
]
export const replica: Behaviour<ReplicaContext, ReplicaEvent, never> = {
  machine: replicaMachine,
  say: () => '',
  scenarios: {
    'votes once it has caught up, with the engine that the manifest names (S18)': {
      begins: 'rehydrating | ',
      rows: [
        [r('caughtUp'), 'rehydrating'],
        ...ready,
        [stands(false, true), 'shadow'],
        [stands(true, true), 'voting'],
        [stands(true, false), 'silent'],
        [stands(true, true), 'voting'],
      ],
    },
    'new code joins as a shadow': {
      rows: [
        [r('rehydrated'), 'catchingUp'],
        [stands(false, true), 'catchingUp'],
        [r('caughtUp'), 'shadow'],
        [stands(true, true), 'voting'],
      ],
    },
    'a key that the manifest does not list is silent': {
      rows: [
        [r('rehydrated'), 'catchingUp'],
        [r('caughtUp'), 'silent'],
        [stands(true, true), 'voting'],
      ],
    },
    'S15: out by proof, for as long as it lives': {
      rows: [
        ...ready,
        [r('proven'), 'disqualified'],
        [stands(true, true), 'disqualified'],
        [r('caughtUp'), 'disqualified'],
      ],
    },
  },
}
