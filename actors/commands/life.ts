import { defineAsset } from '../kit/index.ts'

/**
 * The life of a command. The step accepts or rejects it at its position; what happens at the site comes in receipts.
 *
 * S10  Each accepted command ends in exactly one of confirmed, failed, expired, superseded, cancelled, unknown.
 * S11  Unknown stays unknown: a late receipt annotates it and makes it neither success nor failure.
 */
export const commandLife = defineAsset({
  type: 'command',
  version: 1,
  title: 'Life of a command',
  points: {},
  setpoints: {},
  commands: {
    accept: {},
    reject: {},
    /** Certificate applied, outputs read back equal. */
    confirm: {},
    fail: {},
    /** Only the gateway can say so: it knows that nothing was written. */
    expire: {},
    supersede: {},
    cancel: {},
    /** No word came within expiry and its margin, or the gateway's epoch changed. */
    loseSight: {},
  },
  settings: {},
  alarms: {},
  context: {},
  guards: {},
  limits: {},
  chart: {
    initial: 'requested',
    states: {
      requested: { on: { accept: 'accepted', reject: 'rejected' } },
      accepted: {
        tags: 'rides',
        on: {
          confirm: 'confirmed',
          fail: 'failed',
          expire: 'expired',
          supersede: 'superseded',
          cancel: 'cancelled',
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
