/** A supervisor's chart. The inspector draws it; the supervisor obeys it. */
import { defineMachine } from '../../actors/kit/machine.ts'
import type { Exit, Restart, Strategy } from './spec.ts'
import { addRestart, affected, restarts } from './strategy.ts'

export interface ChildRow {
  readonly id: string
  readonly restart: Restart
}
export interface SupervisorContext {
  readonly strategy: Strategy
  readonly intensity: number
  readonly periodMs: number
  readonly rows: readonly ChildRow[]
  /** Monotonic times of the restarts that count. */
  readonly restarts: readonly number[]
  /** Waiting to be started again, in start order. */
  readonly pending: readonly string[]
  readonly lastExit: string
}
export type SupervisorEvent =
  | { readonly type: 'started' }
  | {
      readonly type: 'exited'
      readonly id: string
      readonly exit: Exit['kind']
      readonly reason: string
      readonly atMs: number
    }
  /** A pending child is up again: another one's fall no longer concerns it. */
  | { readonly type: 'up'; readonly id: string }
  | { readonly type: 'restarted' }
  | { readonly type: 'added'; readonly row: ChildRow }
  | { readonly type: 'removed'; readonly id: string }
  | { readonly type: 'stop' }
  | { readonly type: 'stopped' }
export type SupervisorEffect =
  /** Close these, reverse order, and start them anew after a pause. */
  | { readonly kind: 'restart'; readonly ids: readonly string[]; readonly recent: number }
  | { readonly kind: 'stopAll' }
  | { readonly kind: 'giveUp'; readonly reason: string }

type See = { readonly context: SupervisorContext; readonly event: SupervisorEvent }
const exited = ({ event }: See) => event as Extract<SupervisorEvent, { type: 'exited' }>
const row = (see: See) => see.context.rows.find(r => r.id === exited(see).id)
const again = (see: See) => {
  const r = row(see)
  return r !== undefined && restarts(r.restart, exited(see).exit)
}
const budget = ({ context, event }: See) =>
  addRestart(context.restarts, (event as { atMs: number }).atMs, context.intensity, context.periodMs)

const plan = (see: See) => {
  const ids = affected(
    see.context.strategy,
    see.context.rows.map(r => r.id),
    exited(see).id,
  )
  const pending = see.context.rows.map(r => r.id).filter(id => ids.includes(id) || see.context.pending.includes(id))
  const { restarts } = budget(see)
  return {
    remember: { restarts, pending, lastExit: `${exited(see).id}: ${exited(see).reason}` },
    do: { kind: 'restart' as const, ids: pending, recent: restarts.length },
  }
}

export const supervisorMachine = defineMachine<SupervisorContext, SupervisorEvent, SupervisorEffect>()({
  id: 'supervisor',
  context: { strategy: 'oneForOne', intensity: 0, periodMs: 1, rows: [], restarts: [], pending: [], lastExit: '' },
  guards: {
    tooMany: see => again(see) && budget(see).tooMany,
    again,
  },
  delays: {},
  actions: {
    plan,
    note: see => ({ remember: { lastExit: `${exited(see).id}: ${exited(see).reason}` } }),
    strike: ({ context, event }) => ({
      remember: { pending: context.pending.filter(id => id !== (event as { id: string }).id) },
    }),
    settle: () => ({ remember: { pending: [] } }),
    add: ({ context, event }) => ({
      remember: { rows: [...context.rows, (event as Extract<SupervisorEvent, { type: 'added' }>).row] },
    }),
    remove: ({ context, event }) => {
      const { id } = event as Extract<SupervisorEvent, { type: 'removed' }>
      const rows = context.rows.filter(r => r.id !== id)
      return { remember: { rows, pending: context.pending.filter(other => other !== id) } }
    },
    stopAll: () => ({ do: { kind: 'stopAll' } }),
    giveUp: see => ({ do: { kind: 'giveUp', reason: `${exited(see).id}: ${exited(see).reason}` } }),
  },
  chart: {
    initial: 'starting',
    on: { added: { actions: 'add' }, removed: { actions: 'remove' } },
    states: {
      starting: {
        on: {
          started: 'running',
          stop: 'stopping',
          exited: [
            { guard: 'tooMany', target: 'failed', actions: ['note', 'giveUp'] },
            { guard: 'again', target: 'restarting', actions: 'plan' },
            { actions: 'note' },
          ],
        },
      },
      running: {
        on: {
          stop: 'stopping',
          exited: [
            { guard: 'tooMany', target: 'failed', actions: ['note', 'giveUp'] },
            { guard: 'again', target: 'restarting', actions: 'plan' },
            { actions: 'note' },
          ],
        },
      },
      restarting: {
        on: {
          up: { actions: 'strike' },
          restarted: { target: 'running', actions: 'settle' },
          stop: 'stopping',
          exited: [
            { guard: 'tooMany', target: 'failed', actions: ['note', 'giveUp'] },
            { guard: 'again', target: 'restarting', reenter: true, actions: 'plan' },
            { actions: 'note' },
          ],
        },
      },
      stopping: { entry: 'stopAll', on: { stopped: 'stopped' } },
      stopped: { type: 'final' },
      failed: { entry: 'stopAll', type: 'final' },
    },
  },
})
