/**
 * The field of a simulated site: its plant, and the wire to it. A request waits in the sender's buffer, leaves, arrives,
 * is done, is answered; a destroyed connection takes along what has not left yet, and nothing that has.
 */
import { type ModbusConnect, ModbusException, type ModbusTransport } from '../../edge/drivers/modbus/transport.ts'
import type { Space } from '../plant/devices/register.ts'
import type { Answer, Requests } from '../plant/modbus-server.ts'
import { Plant } from '../plant/plant.ts'
import type { RecordedWrite } from '../plant/record.ts'
import { requestsOf } from '../plant/requests.ts'
import type { PlantOptions, PlantState } from '../plant/state.ts'
import type { Inputs } from '../plant/step.ts'
import { draw, textHash } from '../world/draw.ts'
import type { Due } from '../world/heap.ts'
import type { Incarnation } from '../world/process.ts'
import type { World } from '../world/world.ts'

const WIRE_US = 400
const LOOK_MS = 1_000
/** The input register of a battery's temperature, and the register that takes pulses. */
const TEMPERATURE = 6
const PULSE = 103

/** A write as the plant saw it. */
export interface SeenWrite extends RecordedWrite {
  /** When the gateway gave it to its connection, when it left, and when it arrived; simulated ms. */
  readonly askedMs: number
  readonly leftMs: number
  readonly seenMs: number
  /** The sender's own monotonic time when it left. */
  readonly senderMs: number
  readonly unwatched: boolean
  /** The plant just before and just after. */
  readonly before: PlantState
  readonly after: PlantState
}
/** The plant as it stood when a request to read was answered, or once a second. */
export interface Look {
  readonly atMs: number
  readonly state: PlantState
}
interface Left {
  readonly askedMs: number
  readonly ms: number
  /** The sender stood still when it left: it could not take it back. */
  readonly unwatched: boolean
  readonly senderMs: number
}

export class SimField {
  readonly plant: Plant
  readonly world: World
  /** Everything that reached the plant, in order. */
  readonly writes: SeenWrite[] = []
  readonly looks: Look[] = []
  /** Served to whoever read, by asset. */
  readonly served = new Map<string, Look[]>()
  readonly #requests: Requests
  #number = 1
  #left: Left = { askedMs: 0, ms: 0, senderMs: 0, unwatched: false }
  #before: PlantState
  /** What a buffered register showed before its last write. */
  readonly #former = new Map<string, number>()

  constructor(world: World, options: PlantOptions, inputs: Inputs) {
    this.world = world
    this.plant = new Plant(options, inputs)
    this.#before = this.plant.state
    const log = {
      next: 0,
      append: (rows: readonly RecordedWrite[]) => {
        for (const row of rows)
          this.writes.push({
            ...row,
            number: this.#number++,
            askedMs: this.#left.askedMs,
            leftMs: this.#left.ms,
            senderMs: this.#left.senderMs,
            unwatched: this.#left.unwatched,
            seenMs: world.nowMs,
            before: this.#before,
            after: this.plant.state,
          })
      },
    }
    this.#requests = requestsOf(this.plant, log, source => source === 'stranger')
    this.#look()
  }
  #look(): void {
    this.now()
    this.looks.push({ atMs: this.world.nowMs, state: this.plant.state })
    this.world.at(this.world.nowUs + LOOK_MS * 1_000, null, () => this.#look())
  }

  /** The plant, brought to the present. */
  now(): Plant {
    this.plant.advanceTo(this.plant.options.startMs + this.world.nowMs)
    return this.plant
  }
  nameOf(unit: number): string {
    return this.plant.assetOf(unit)?.name ?? `unit ${unit}`
  }

  read(unit: number, space: Space, address: number, count: number): Answer<readonly number[]> {
    const plant = this.now()
    const asset = this.nameOf(unit)
    const answer = this.#delayed(asset, () => this.#requests.read(unit, space, address, count))
    if (typeof answer === 'string' || 'exception' in answer) return answer
    let seen = this.served.get(asset)
    if (!seen) this.served.set(asset, (seen = []))
    seen.push({ atMs: this.world.nowMs, state: plant.state })
    return this.#spoilt(asset, space, address, answer)
  }
  /** A meter with a long filter shows what was. */
  #delayed<T>(asset: string, read: () => T): T {
    const old = this.world.strikes('oldMeter', asset)
    const frozen = this.world.strikes('frozen', asset)
    const asOfMs = frozen ? frozen.fromMs : old ? this.world.nowMs - (old.ms ?? 1_000) : null
    const look = asOfMs === null ? undefined : this.looks.findLast(l => l.atMs <= asOfMs)
    if (!look) return read()
    const { state } = this.plant
    this.plant.change(() => ({ ...look.state, faults: state.faults }))
    const answer = read()
    this.plant.change(() => state)
    return answer
  }
  /** What a sensor or a firmware makes of it. */
  #spoilt(asset: string, space: Space, address: number, words: readonly number[]): readonly number[] {
    const { world } = this
    if (space === 'input' && world.strikes('notANumber', asset)) return words.map(() => 0x8000)
    if (space === 'input' && world.strikes('outOfRange', asset)) return words.map(() => 0x7fff)
    if (space === 'input' && address === 0 && words.length > 1 && world.strikes('swapped', asset))
      return [words[1]!, words[0]!, ...words.slice(2)]
    const sensor = space === 'input' && world.strikes('brokenSensor', asset)
    if (sensor) return words.map((word, i) => (address + i === TEMPERATURE ? 0x8000 : word))
    const former = this.#former.get(asset)
    if (former !== undefined && space === 'holding' && address === 100 && world.strikes('buffered', asset))
      return [former, ...words.slice(1)]
    return words
  }
  write(left: Left, ...request: Parameters<Requests['write']>): Answer<'done'> {
    const [unit, , address, words] = request
    const plant = this.now()
    this.#before = plant.state
    this.#left = left
    if (address === 100) {
      const shown = plant.read(unit, 'holding', 100, 1)
      if (!('exception' in shown)) this.#former.set(this.nameOf(unit), shown[0]!)
    }
    const answer = this.#requests.write(...request)
    this.world.trace('write', this.nameOf(unit), `${address}=${words.join(',')} ${typeof answer}`)
    return answer
  }

  /** A connection maker for one life of a gateway. Addresses are `plant:502/UNIT`. */
  wireOf(life: Incarnation): ModbusConnect {
    return () => new Wire(this, life)
  }
}

class Wire implements ModbusTransport {
  readonly ready: Promise<void>
  readonly #field: SimField
  readonly #life: Incarnation
  readonly #inFlight = new Set<(error: Error) => void>()
  /** Not yet on its way: what dies with the connection. */
  readonly #unsent = new Set<Due>()
  readonly #source: string
  #broken: Error | undefined
  #sent = 0

  constructor(field: SimField, life: Incarnation) {
    this.#field = field
    this.#life = life
    this.#source = `${life.process.name}#${life.number}`
    this.ready = new Promise(resolve => {
      field.world.at(field.world.nowUs + WIRE_US, life, () => resolve())
    })
  }

  get broken(): boolean {
    return this.#broken !== undefined
  }
  readHolding = (unit: number, address: number, count: number) => this.#read(unit, 'holding', address, count)
  readInput = (unit: number, address: number, count: number) => this.#read(unit, 'input', address, count)
  readCoils = (unit: number, address: number, count: number) => this.#bits(unit, 'coil', address, count)
  readDiscrete = (unit: number, address: number, count: number) => this.#bits(unit, 'discrete', address, count)
  writeRegister = (unit: number, address: number, word: number) => this.#write(unit, 'holding', address, [word])
  writeRegisters = (unit: number, address: number, words: readonly number[]) =>
    this.#write(unit, 'holding', address, words)
  writeCoil = (unit: number, address: number, on: boolean) => this.#write(unit, 'coil', address, [on ? 1 : 0])

  destroy(reason: string): void {
    this.#broken ??= new Error(reason)
    for (const due of this.#unsent) due.run = null
    for (const reject of this.#inFlight) reject(this.#broken)
    this.#inFlight.clear()
  }

  #read(unit: number, space: Space, address: number, count: number): Promise<readonly number[]> {
    return this.#asked(unit, () => this.#field.read(unit, space, address, count))
  }
  async #bits(unit: number, space: Space, address: number, count: number): Promise<readonly boolean[]> {
    return (await this.#read(unit, space, address, count)).map(word => word !== 0)
  }
  async #write(unit: number, space: Space, address: number, words: readonly number[]): Promise<void> {
    const pulse = space === 'holding' && address === PULSE
    await this.#asked(unit, left => this.#field.write(left, unit, space, address, words, this.#source), pulse)
  }

  #asked<T>(unit: number, request: (left: Left) => Answer<T>, pulse = false): Promise<T> {
    const { world } = this.#field
    const asset = this.#field.nameOf(unit)
    const nth = this.#sent++
    const askedMs = world.nowMs
    world.called(this.#life)
    return new Promise((resolve, reject) => {
      if (this.#broken) return reject(this.#broken)
      this.#inFlight.add(reject)
      const settled = (run: () => void) => {
        if (!this.#inFlight.delete(reject)) return
        run()
      }
      const slow = world.strikes('slowField', asset)
      const waitUs = slow ? draw(world.seed, slow.id, nth) % ((slow.ms ?? 1_000) * 1_000) : 0
      const leaving = world.at(world.nowUs + waitUs, null, () => {
        this.#unsent.delete(leaving)
        const { process } = this.#life
        const unwatched = process.pausedUntilUs > world.nowUs
        const left = { askedMs, ms: world.nowMs, unwatched, senderMs: Math.floor(process.monotonicUs / 1_000) }
        const wireUs = WIRE_US + (draw(world.seed, textHash(asset), nth) % WIRE_US)
        world.at(world.nowUs + wireUs, null, () => {
          const answer = request(left)
          if (answer === 'silence' || world.strikes('replyLost', asset)) return
          if (pulse && world.strikes('unanswered', asset)) return
          world.at(world.nowUs + wireUs, this.#life, () =>
            settled(() => {
              if (answer === 'cut') {
                reject(new Error('the connection was closed'))
                this.destroy('the connection was closed')
              } else if (typeof answer === 'object' && answer !== null && 'exception' in answer)
                reject(new ModbusException(answer.exception as number, `Modbus exception ${answer.exception}`))
              else resolve(answer as T)
            }),
          )
        })
      })
      this.#unsent.add(leaving)
    })
  }
}
