/** Registers of the two meters: the load's, and the one at the grid connection. */
import type { GridMemory, LoadMemory } from '../state.ts'
import { float32LowFirst, int32, type Register, uint16, uint64 } from './register.ts'

export const loadRegisters: readonly Register<LoadMemory>[] = [
  { name: 'power', space: 'input', address: 0, size: 2, read: s => int32(s.powerW) },
  { name: 'consumed', space: 'input', address: 20, size: 4, read: s => uint64(s.consumedMwh) },
  { name: 'returned', space: 'input', address: 24, size: 4, read: s => uint64(s.returnedMwh) },
]

/** Without voltage there is no frequency: the meter says so with 65535. */
const NO_FREQUENCY = 65_535

export const gridRegisters: readonly Register<GridMemory>[] = [
  { name: 'power', space: 'input', address: 0, size: 2, read: s => int32(s.powerW) },
  {
    name: 'frequency',
    space: 'input',
    address: 2,
    size: 1,
    read: s => (s.closed ? uint16(s.frequencyMhz) : [NO_FREQUENCY]),
  },
  {
    name: 'voltage',
    space: 'input',
    address: 3,
    size: 2,
    read: s => float32LowFirst(s.closed ? s.voltageMv / 1000 : 0),
  },
  { name: 'breaker', space: 'discrete', address: 0, size: 1, read: s => [s.closed ? 1 : 0] },
  { name: 'imported', space: 'input', address: 20, size: 4, read: s => uint64(s.importedMwh) },
  { name: 'exported', space: 'input', address: 24, size: 4, read: s => uint64(s.exportedMwh) },
]
