/** What the controllable devices share: the setpoint, the heartbeat and its expiry, the local switch. */
import type { Control } from '../state.ts'
import { EXCEPTION, type Register, uint16, type WriteVerdict } from './register.ts'

/** The heartbeat expires: the setpoint is forgotten until it is written again (SunSpec 704 reversion: WSetRvrt). */
export function watch(c: Control, tMs: number): Control {
  if (c.watchdogMs === 0 || c.fedAtMs === null || c.expired || tMs - c.fedAtMs < c.watchdogMs) return c
  return { ...c, expired: true, setpointW: null, targetW: null }
}

export const withSetpoint = (c: Control, setpointW: number): Control => ({
  ...c,
  setpointW,
  targetW: setpointW,
})

/** 0 disarmed, 1 fed, 2 expired. */
const watchdogState = (c: Control): number => (c.expired ? 2 : c.watchdogMs === 0 || c.fedAtMs === null ? 0 : 1)

/** Holding 101: heartbeat, 102: time-out in 100 ms; input 13: watchdog state; discrete 0: local. */
export function controlRegisters<S extends { readonly control: Control }>(): Register<S>[] {
  const changed = (s: S, c: Partial<Control>, value: number): WriteVerdict<S> => ({
    kind: 'accepted',
    state: { ...s, control: { ...s.control, ...c } },
    asked: value,
    applied: value,
  })
  return [
    {
      name: 'heartbeat',
      space: 'holding',
      address: 101,
      size: 1,
      read: s => uint16(s.control.heartbeat),
      write: (s, [word = 0], tMs) =>
        word === s.control.heartbeat
          ? changed(s, {}, word)
          : changed(s, { heartbeat: word, fedAtMs: tMs, expired: false }, word),
    },
    {
      name: 'watchdogTimeout',
      space: 'holding',
      address: 102,
      size: 1,
      read: s => uint16(s.control.watchdogMs / 100),
      write: (s, [word = 0]) =>
        word > 36_000
          ? { kind: 'refused', exception: EXCEPTION.value, why: 'a time-out above one hour' }
          : changed(s, { watchdogMs: word * 100 }, word * 100),
    },
    { name: 'watchdogState', space: 'input', address: 13, size: 1, read: s => uint16(watchdogState(s.control)) },
    { name: 'local', space: 'discrete', address: 0, size: 1, read: s => [s.control.local ? 1 : 0] },
  ]
}
