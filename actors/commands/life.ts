import { lifeOf } from '../kit/life.ts'
import { defineMachine } from '../kit/machine.ts'

export type CommandEvent = {
  readonly type: 'accept' | 'reject' | 'confirm' | 'fail' | 'expire' | 'supersede' | 'cancel' | 'loseSight'
}

/**
 * The life of a command. The step accepts or rejects it at its position; what happens at the site comes in receipts.
 *
 * S10  Each accepted command ends in exactly one of confirmed, failed, expired, superseded, cancelled, unknown.
 * S11  Unknown stays unknown: a late receipt annotates it and makes it neither success nor failure.
 */
export const commandChart = defineMachine<object, CommandEvent, never>()({
  id: 'command',
  context: {},
  guards: {},
  actions: {},
  delays: {},
  chart: {
    initial: 'requested',
    states: {
      requested: { on: { accept: 'accepted', reject: 'rejected' } },
      accepted: {
        tags: 'rides',
        on: {
          /** Certificate applied, outputs read back equal. */
          confirm: 'confirmed',
          fail: 'failed',
          /** Only the gateway can say so: it knows that nothing was written. */
          expire: 'expired',
          supersede: 'superseded',
          cancel: 'cancelled',
          /** No word came within expiry and its margin, or the gateway's epoch changed. */
          loseSight: 'unknown',
        },
      },
      rejected: { type: 'final', tags: 'terminal' },
      confirmed: { type: 'final', tags: 'terminal' },
      failed: { type: 'final', tags: 'terminal' },
      expired: { type: 'final', tags: 'terminal' },
      superseded: { type: 'final', tags: 'terminal' },
      cancelled: { type: 'final', tags: 'terminal' },
      unknown: {
        tags: 'terminal',
        initial: 'silent',
        states: {
          silent: { on: { confirm: 'confirmedLate', fail: 'failedLate', expire: 'expiredLate' } },
          confirmedLate: { type: 'final' },
          failedLate: { type: 'final' },
          expiredLate: { type: 'final' },
        },
      },
    },
  },
})
export const commandLife = lifeOf(commandChart)

/** What people are told of a command: the outermost state of its life. */
export type CommandState =
  | 'accepted'
  | 'rejected'
  | 'confirmed'
  | 'failed'
  | 'expired'
  | 'superseded'
  | 'cancelled'
  | 'unknown'
export const commandState = ({ state }: { readonly state: string }): CommandState => state.split('.')[0] as CommandState
