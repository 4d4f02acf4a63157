/** A plant in its own process for these suites, and the ports that a driver needs to reach it. */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { WriteBudgets } from '../../edge/drivers/budget.ts'
import { openModbusDriver } from '../../edge/drivers/modbus/index.ts'
import type { Clock, FieldDriver, Random } from '../../protocol/ports.ts'
import type { RegisterMap } from '../../protocol/words/register-map.ts'
import type { PlantAnswer, PlantAnswerValue, PlantRequest } from '../../sim/plant/child.ts'
import type { RunPlantOptions } from '../../sim/plant/process.ts'
import { MemoryDisk } from '../unit/edge/world.ts'

type Without<Q> = Q extends unknown ? Omit<Q, 'id'> : never

export class PlantChild {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { resolve(v: PlantAnswerValue): void; reject(e: Error): void }>()
  readonly ended: Promise<void>
  #id = 0

  constructor() {
    this.#child = fork(new URL('../../sim/plant/child.ts', import.meta.url), {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#child.on('message', (a: PlantAnswer) => {
      const waiting = this.#waiting.get(a.id)
      if (a.ok) waiting?.resolve(a.value)
      else waiting?.reject(new Error(a.reason))
    })
    this.ended = new Promise(resolve => this.#child.once('exit', () => resolve()))
  }
  ask(q: Without<PlantRequest>): Promise<PlantAnswerValue> {
    const id = ++this.#id
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ ...q, id })
    })
  }
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }
}

/** Folders that are gone with `remove`. */
export class Folders {
  readonly #made: string[] = []
  make(): string {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-plant-'))
    this.#made.push(folder)
    return folder
  }
  remove(): void {
    for (const folder of this.#made.splice(0)) rmSync(folder, { recursive: true, force: true })
  }
}

/** A home at noon in June: battery at 50 %, PV, load and grid. */
export const home = (folder: string): RunPlantOptions => ({
  folder,
  seed: 'home',
  startMs: Date.UTC(2026, 5, 21, 11),
  assets: [
    { name: 'bat1', type: 'battery', unit: 1 },
    { name: 'pv1', type: 'pv', unit: 2 },
    { name: 'load1', type: 'load', unit: 3 },
    { name: 'grid', type: 'grid', unit: 4 },
  ],
})

export const realClock: Clock = {
  monotonicUs: () => 0,
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}
const fixedRandom: Random = { u32: () => 0, stream: () => fixedRandom, id: () => '0'.repeat(32) }

const mapOf = (type: string): RegisterMap =>
  parse(readFileSync(new URL(`../../sim/sites/maps/${type}.yaml`, import.meta.url), 'utf8')) as RegisterMap

/** None of the plant's registers declares a budget. */
const budgets = await WriteBudgets.open(new MemoryDisk(), () => {})

export const driverOf = (type: string, address: string, map: Partial<RegisterMap> = {}): FieldDriver =>
  openModbusDriver({
    name: type,
    // A busy machine answers late; only the test of a hanging device is impatient.
    map: { ...mapOf(type), timeoutMs: 30_000, ...map },
    address,
    clock: realClock,
    host: realClock,
    random: fixedRandom,
    note: () => {},
    budgets,
    backoffMs: [1, 2],
  })

/** Validity that does not end within a test. */
export const longEnough = (): number => realClock.monotonicMs() + 600_000
