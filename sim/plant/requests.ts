/** What the plant answers to Modbus requests, whichever way they come: a socket, or the simulator's own wire. */
import { EXCEPTION } from './devices/register.ts'
import type { Requests } from './modbus-server.ts'
import type { Plant, PlantWrite } from './plant.ts'
import type { RecordedWrite } from './record.ts'
import type { PlantState } from './state.ts'

/** Where writes are recorded before they are answered. */
export interface WriteLog {
  /** The number that the next request gets. */
  readonly next: number
  append(rows: readonly RecordedWrite[], state: PlantState): void
}

/** Reads are answered from the plant; every write is in the record before its reply leaves. `own`: the plant's own connections. */
export function requestsOf(plant: Plant, record: WriteLog, own: (source: string) => boolean): Requests {
  const broken = (unit: number): 'silence' | 'cut' | undefined => {
    const asset = plant.assetOf(unit)?.name
    if (asset === undefined) return undefined
    if (plant.fault('drop', asset)) return 'cut'
    return plant.fault('freeze', asset) ? 'silence' : undefined
  }
  return {
    read: (unit, space, address, count) => broken(unit) ?? plant.read(unit, space, address, count),
    write(unit, space, address, words, source) {
      const fault = broken(unit)
      const number = record.next
      const outcome = fault
        ? [swallowed(plant.assetOf(unit)?.name ?? `unit ${unit}`, `${space}:${address}`)]
        : plant.write(unit, space, address, words, number)
      const who = own(source) ? `second-writer ${source}` : source
      const atMs = plant.state.tMs
      const rows = outcome.map((w): RecordedWrite => ({ ...w, number, atMs, unit, space, address, words, source: who }))
      record.append(rows, plant.state)
      if (fault) return fault
      const refused = outcome.find(w => w.outcome === 'refused')
      return refused ? { exception: refused.exception ?? EXCEPTION.failure } : 'done'
    },
  }
}

const swallowed = (asset: string, register: string): PlantWrite => ({
  asset,
  register,
  asked: null,
  outcome: 'swallowed',
  exception: null,
  why: 'the device did not take it',
  applied: null,
  effectAtMs: null,
})
