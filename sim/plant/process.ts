/**
 * The plant in a process of its own: physics behind Modbus TCP, its record, its faults. It makes no timers: whoever
 * composes the process calls `advanceTo`, from the site's clock or from the parent's word in a lockstep run.
 *
 * Times are the plant's own: UTC ms, beginning at `startMs` of the first run and never going back. After a kill the
 * next run resumes where the record ends and, when advanced, steps through what it missed: the world went on. Beyond
 * `catchUpMs` it skips, and the record says how much.
 */
import type { Note } from '../../protocol/ports.ts'
import { checkFault, clearFaults, type FaultArguments, PlantRefusal, startFault } from './faults.ts'
import { openInputs } from './inputs/open.ts'
import { meters, type PlantMeters } from './meters.ts'
import { type ModbusServer, type Requests, serveModbus } from './modbus-server.ts'
import { Plant } from './plant.ts'
import { RecordFile } from './record.ts'
import { requestsOf } from './requests.ts'
import { writeAsAnother } from './second-writer.ts'
import type { PlantOptions, PlantState } from './state.ts'
import { type Inputs, STEP_MS } from './step.ts'

export interface RunPlantOptions extends PlantOptions {
  /** The plant's own folder. */
  readonly folder: string
  readonly host?: string
  /** Absent or 0: the one of the last run, else any free one. */
  readonly port?: number
  /** Most that is stepped through after a pause, plant ms. */
  readonly catchUpMs?: number
}

export interface RunningPlant {
  /** `host:port`; a device is at `host:port/unit`. */
  readonly address: string
  /** `host:port/unit` by asset. */
  readonly addresses: Readonly<Record<string, string>>
  readonly tMs: () => number
  /**
   * Plant time at a wall-clock time. The first question of a plant's life fixes the difference for good, so that after a
   * kill the plant knows how long it was away.
   */
  timeAt(wallMs: number): number
  advanceTo(tMs: number): void
  fault(name: string, args: FaultArguments): Promise<void>
  clearFaults(asset?: string, name?: string): void
  meters(): PlantMeters
  state(): PlantState
  stop(): Promise<void>
}

const CATCH_UP_MS = 3_600_000

export async function runPlant(
  o: RunPlantOptions,
  ports: { readonly note: Note },
  inputs: Inputs = openInputs(o.assets, ports.note),
): Promise<RunningPlant> {
  check(o)
  const record = new RecordFile(o.folder)
  const restored = record.recall<PlantState>('state')
  const plant = new Plant(o, inputs, restored && fitting(o, restored))
  record.remember('state', plant.state)
  ports.note('info', restored ? 'plant resumed' : 'plant started', { tMs: plant.state.tMs, seed: o.seed })
  const own = new Set<string>()
  const host = o.host ?? '127.0.0.1'
  const server = await listen(
    host,
    o.port,
    record,
    requestsOf(plant, record, source => own.has(source)),
  )
  const address = `${host}:${server.port}`
  return {
    address,
    addresses: Object.fromEntries(o.assets.map(a => [a.name, `${address}/${a.unit}`])),
    tMs: () => plant.state.tMs,
    timeAt(wallMs) {
      const aheadMs = record.recall<number>('ahead') ?? plant.state.tMs - wallMs
      record.remember('ahead', aheadMs)
      return Math.max(plant.state.tMs, wallMs + aheadMs)
    },
    advanceTo: tMs => advance(plant, record, tMs, o.catchUpMs ?? CATCH_UP_MS, ports.note),
    async fault(name, args) {
      const known = checkFault(name, args, plant)
      ports.note('warn', `fault ${name}`, { ...args })
      const unit = o.assets.find(a => a.name === args.asset)!.unit
      if (known === 'secondWriter') {
        if (plant.fault('freeze', args.asset)) throw new PlantRefusal('DEVICE_HANGS', `${args.asset} answers nobody`)
        await writeAsAnother(host, server.port, unit, args.address ?? 100, args.value ?? 0, source => own.add(source))
        own.clear()
      } else {
        if (known !== 'drop' || args.ms !== undefined) startFault(known, args, plant)
        if (known === 'drop') server.cut(unit)
      }
      record.remember('state', plant.state)
    },
    clearFaults(asset, name) {
      clearFaults(plant, asset, name)
      record.remember('state', plant.state)
    },
    meters: () => meters(plant.state),
    state: () => plant.state,
    async stop() {
      await server.close()
      record.remember('state', plant.state)
      record.close()
    },
  }
}

function advance(plant: Plant, record: RecordFile, tMs: number, catchUpMs: number, note: Note): void {
  const behindMs = tMs - plant.state.tMs
  if (behindMs < STEP_MS) return
  if (behindMs > catchUpMs) {
    const skippedMs = behindMs - catchUpMs
    note('warn', 'plant skipped time', { skippedMs })
    plant.skipTo(tMs - catchUpMs)
    record.remember('skipped', (record.recall<number>('skipped') ?? 0) + skippedMs)
  }
  const tookEffect = plant.advanceTo(tMs)
  record.stepped(plant.state, tookEffect)
}

/** A device keeps its address over a restart: the port of the last run first, another only where that one is taken. */
async function listen(
  host: string,
  asked: number | undefined,
  record: RecordFile,
  on: Requests,
): Promise<ModbusServer> {
  const last = asked ? undefined : record.recall<number>('port')
  const server = last
    ? await serveModbus(host, last, on).catch(() => serveModbus(host, 0, on))
    : await serveModbus(host, asked ?? 0, on)
  record.remember('port', server.port)
  return server
}

function check(o: RunPlantOptions): void {
  if (!Number.isInteger(o.startMs / STEP_MS))
    throw new PlantRefusal('PLANT_START', `startMs ${o.startMs} is no multiple of ${STEP_MS}`)
  const names = o.assets.map(a => a.name)
  const units = o.assets.map(a => a.unit)
  if (new Set(names).size !== names.length || new Set(units).size !== units.length)
    throw new PlantRefusal('PLANT_ASSETS', `names and units must differ: ${names.join(', ')}; ${units.join(', ')}`)
  if (o.assets.filter(a => a.type === 'grid').length > 1)
    throw new PlantRefusal('PLANT_ASSETS', 'a plant has one connection to the grid')
}

/** A record of other assets is another plant's. */
function fitting(o: RunPlantOptions, state: PlantState): PlantState {
  const differs = o.assets.find(a => state.assets[a.name]?.type !== a.type)
  if (differs || Object.keys(state.assets).length !== o.assets.length)
    throw new PlantRefusal('PLANT_OTHER', `the record in ${o.folder} belongs to a plant with other assets`)
  return state
}
