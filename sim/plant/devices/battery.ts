/** Registers of a battery system. Addresses from 0, high word first unless said. */
import {
  type BatteryParameters,
  cellMv,
  currentMa,
  limitsW,
  linkCharged,
  packMv,
  socPermille,
} from '../physics/battery.ts'
import type { BatteryMemory } from '../state.ts'
import { controlRegisters, withSetpoint } from './control.ts'
import {
  EXCEPTION,
  fromInt16,
  int16,
  int32,
  quantise,
  type Register,
  uint16,
  uint64,
  type WriteVerdict,
} from './register.ts'

/** The setpoint register counts in this step, W. */
const BATTERY_STEP_W = 10

/** Pulse codes of holding 103. */
const PULSES = { closePrecharge: 1, closeMain: 2, openContactors: 3 } as const

export function batteryRegisters(p: BatteryParameters): Register<BatteryMemory>[] {
  const input = (
    name: string,
    address: number,
    read: (s: BatteryMemory) => readonly number[],
    size = 1,
  ): Register<BatteryMemory> => ({ name, space: 'input', address, size, read })
  return [
    input('soc', 0, s => uint16(socPermille(p, s.cells))),
    input('voltage', 1, s => uint16(packMv(p, s.cells) / 100)),
    input('linkVoltage', 2, s => uint16(s.cells.linkMv / 100)),
    input('current', 3, s => int16(currentMa(p, s.cells) / 100)),
    input('power', 4, s => int32(s.cells.powerW), 2),
    input('temperature', 6, s => int16(s.cells.temperatureDeciC)),
    input('contactors', 7, s => uint16(s.cells.main ? 2 : s.cells.precharge ? 1 : 0)),
    input('chargeLimit', 8, s => uint16(-limitsW(p, s.cells).minW / BATTERY_STEP_W)),
    input('dischargeLimit', 9, s => uint16(limitsW(p, s.cells).maxW / BATTERY_STEP_W)),
    input('target', 10, s => int32(s.control.targetW ?? 0), 2),
    input('cellVoltage', 12, s => uint16(cellMv(socPermille(p, s.cells)))),
    input('pulsesDone', 14, s => uint16(s.pulses % 65536)),
    input('charged', 20, s => uint64(s.chargedMwh), 4),
    input('discharged', 24, s => uint64(s.dischargedMwh), 4),
    input('losses', 28, s => uint64(s.lossesMwh), 4),
    input('stored', 32, s => uint64(s.cells.storedMwh), 4),
    { name: 'mainClosed', space: 'discrete', address: 1, size: 1, read: s => [s.cells.main ? 1 : 0] },
    { name: 'prechargeClosed', space: 'discrete', address: 2, size: 1, read: s => [s.cells.precharge ? 1 : 0] },
    {
      name: 'setpoint',
      space: 'holding',
      address: 100,
      size: 1,
      read: s => int16((s.control.setpointW ?? 0) / BATTERY_STEP_W),
      write: (s, [word = 0]) => setpoint(p, s, fromInt16(word) * BATTERY_STEP_W),
    },
    {
      name: 'pulse',
      space: 'holding',
      address: 103,
      size: 1,
      read: () => [0],
      write: (s, [word = 0]) => pulse(p, s, word),
    },
    ...controlRegisters<BatteryMemory>(),
  ]
}

/** Clamped to what the device permits at this moment; the register then reads the clamped value. */
function setpoint(p: BatteryParameters, s: BatteryMemory, askedW: number): WriteVerdict<BatteryMemory> {
  const { minW, maxW } = limitsW(p, s.cells)
  const applied = quantise(Math.max(minW, Math.min(maxW, askedW)), BATTERY_STEP_W)
  const state = { ...s, control: withSetpoint(s.control, applied) }
  return { kind: 'accepted', state, asked: askedW, applied, setpoint: true }
}

function pulse(p: BatteryParameters, s: BatteryMemory, code: number): WriteVerdict<BatteryMemory> {
  const done = (cells: Partial<BatteryMemory['cells']>): WriteVerdict<BatteryMemory> => ({
    kind: 'accepted',
    state: { ...s, cells: { ...s.cells, ...cells }, pulses: s.pulses + 1 },
    asked: code,
    applied: code,
  })
  if (code === PULSES.closePrecharge) return done(s.cells.main ? {} : { precharge: true })
  if (code === PULSES.closeMain)
    return s.cells.main || linkCharged(p, s.cells)
      ? done({ main: true, precharge: false })
      : { kind: 'refused', exception: EXCEPTION.failure, why: 'the DC link is not charged' }
  if (code === PULSES.openContactors) {
    const open = done({ main: false, precharge: false, powerW: 0 })
    return open.kind === 'accepted'
      ? { ...open, state: { ...open.state, control: { ...s.control, setpointW: null, targetW: null } } }
      : open
  }
  return { kind: 'refused', exception: EXCEPTION.value, why: `no pulse has the code ${code}` }
}
