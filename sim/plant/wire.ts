/** The simulator's own wire from a driver to a plant in the same process: no socket, the same requests and answers. */
import { type ModbusConnect, ModbusException, type ModbusTransport } from '../../edge/drivers/modbus/transport.ts'
import type { Space } from './devices/register.ts'
import type { Requests } from './modbus-server.ts'

/** `source` names the connection in the plant's record. */
export function connectPlant(on: Requests, source: string): ModbusConnect {
  return () => new Wire(on, source)
}

class Wire implements ModbusTransport {
  readonly ready = Promise.resolve()
  readonly #on: Requests
  readonly #source: string
  readonly #inFlight = new Set<(error: Error) => void>()
  #broken: Error | undefined

  constructor(on: Requests, source: string) {
    this.#on = on
    this.#source = source
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
    for (const reject of this.#inFlight) reject(this.#broken)
    this.#inFlight.clear()
  }

  #read(unit: number, space: Space, address: number, count: number): Promise<readonly number[]> {
    return this.#asked(() => this.#on.read(unit, space, address, count))
  }
  async #bits(unit: number, space: Space, address: number, count: number): Promise<readonly boolean[]> {
    return (await this.#read(unit, space, address, count)).map(w => w !== 0)
  }
  async #write(unit: number, space: Space, address: number, words: readonly number[]): Promise<void> {
    await this.#asked(() => this.#on.write(unit, space, address, words, this.#source))
  }

  /** `silence` stays open until the connection is destroyed, as on a socket. */
  #asked<T>(request: () => T | { readonly exception: number } | 'silence' | 'cut'): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#broken) return reject(this.#broken)
      const answer = request()
      if (answer === 'silence') return void this.#inFlight.add(reject)
      if (answer === 'cut') {
        this.destroy('the connection was closed')
        return reject(this.#broken)
      }
      if (typeof answer === 'object' && answer !== null && 'exception' in answer)
        return reject(new ModbusException(answer.exception, `Modbus exception ${answer.exception}`))
      resolve(answer as T)
    })
  }
}
