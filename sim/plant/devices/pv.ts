/** Registers of a PV inverter. Its setpoint is a ceiling; 65535 means none. */
import type { PvParameters } from '../physics/pv.ts'
import type { PvMemory } from '../state.ts'
import { controlRegisters, withSetpoint } from './control.ts'
import { EXCEPTION, int16, int32, quantise, type Register, uint16, uint64, type WriteVerdict } from './register.ts'

const PV_STEP_W = 10
const NONE = 65_535

/** Pulse codes of holding 103. */
const PULSES = { connect: 1, disconnect: 2 } as const

export function pvRegisters(p: PvParameters): Register<PvMemory>[] {
  return [
    { name: 'power', space: 'input', address: 0, size: 2, read: s => int32(s.powerW) },
    { name: 'offer', space: 'input', address: 2, size: 2, read: s => int32(s.offerW) },
    { name: 'temperature', space: 'input', address: 4, size: 1, read: s => int16(s.temperatureDeciC) },
    { name: 'pulsesDone', space: 'input', address: 14, size: 1, read: s => uint16(s.pulses % 65536) },
    { name: 'connected', space: 'discrete', address: 1, size: 1, read: s => [s.connected ? 1 : 0] },
    { name: 'produced', space: 'input', address: 20, size: 4, read: s => uint64(s.producedMwh) },
    {
      name: 'ceiling',
      space: 'holding',
      address: 100,
      size: 1,
      read: s => uint16(s.control.setpointW === null ? NONE : s.control.setpointW / PV_STEP_W),
      write: (s, [word = 0]) => ceiling(p, s, word),
    },
    {
      name: 'pulse',
      space: 'holding',
      address: 103,
      size: 1,
      read: () => [0],
      write: (s, [word = 0]) => pulse(s, word),
    },
    ...controlRegisters<PvMemory>(),
  ]
}

/** The ceiling survives both: an inverter that comes back is as limited as it was. */
function pulse(s: PvMemory, code: number): WriteVerdict<PvMemory> {
  if (code !== PULSES.connect && code !== PULSES.disconnect)
    return { kind: 'refused', exception: EXCEPTION.value, why: `no pulse has the code ${code}` }
  const connected = code === PULSES.connect
  const state = { ...s, connected, powerW: connected ? s.powerW : 0, pulses: s.pulses + 1 }
  return { kind: 'accepted', state, asked: code, applied: code }
}

function ceiling(p: PvParameters, s: PvMemory, word: number): WriteVerdict<PvMemory> {
  if (word === NONE) {
    const state = { ...s, control: { ...s.control, setpointW: null, targetW: null } }
    return { kind: 'accepted', state, asked: p.ratedW, applied: p.ratedW }
  }
  const asked = word * PV_STEP_W
  const applied = quantise(Math.min(asked, p.ratedW), PV_STEP_W)
  return {
    kind: 'accepted',
    state: { ...s, control: withSetpoint(s.control, applied) },
    asked,
    applied,
    setpoint: true,
  }
}
