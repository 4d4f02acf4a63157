/**
 * One connection to one Modbus TCP server. The driver knows only this interface; the simulator brings its own.
 *
 * `destroy` is the end of a connection after any doubt: unsent bytes must die with it (S4), so the socket is reset, not
 * closed: a closed one would still deliver what the kernel holds.
 */
import { Socket } from 'node:net'
import modbus from 'modbus-serial'

export interface ModbusTransport {
  /** Rejects where no connection could be made. */
  readonly ready: Promise<void>
  /** The connection has ended, whoever ended it. */
  readonly broken: boolean
  readHolding(unit: number, address: number, count: number): Promise<readonly number[]>
  readInput(unit: number, address: number, count: number): Promise<readonly number[]>
  readCoils(unit: number, address: number, count: number): Promise<readonly boolean[]>
  readDiscrete(unit: number, address: number, count: number): Promise<readonly boolean[]>
  writeRegister(unit: number, address: number, word: number): Promise<void>
  writeRegisters(unit: number, address: number, words: readonly number[]): Promise<void>
  writeCoil(unit: number, address: number, on: boolean): Promise<void>
  /** Nothing that was not sent yet is sent after it; requests in flight reject. */
  destroy(reason: string): void
}

/** The device understood and said no. */
export class ModbusException extends Error {
  override readonly name = 'ModbusException'
  readonly exception: number
  constructor(exception: number, message: string) {
    super(message)
    this.exception = exception
  }
}

export type ModbusConnect = (host: string, port: number) => ModbusTransport

/** modbus-serial over a socket of our own, so that it can be reset. Its own time-outs are off unless set: the driver has the clock. */
export const connectModbusTcp: ModbusConnect = (host, port) => {
  const socket = new Socket()
  socket.setNoDelay()
  const client = new modbus.default()
  const inFlight = new Set<(error: Error) => void>()
  let broken: Error | undefined
  const fail = (error: Error) => {
    broken ??= error
    for (const reject of inFlight) reject(broken)
    inFlight.clear()
  }
  /** Settles with the request, or when the connection ends: the library leaves its requests open then. */
  const orBroken = <T>(request: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      if (broken) return reject(broken)
      inFlight.add(reject)
      request()
        .then(resolve, reject)
        .finally(() => inFlight.delete(reject))
    })
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('the connection was closed')))
  client.on('error', error => fail(error instanceof Error ? error : new Error(String(error))))
  const ready = orBroken(async () => {
    await new Promise<void>(resolve => socket.connect(port, host, resolve))
    await client.linkTCP(socket, { port })
  })
  ready.catch(() => {}) // Also told to whoever awaits it.

  async function asked<T>(unit: number, request: () => Promise<T>): Promise<T> {
    client.setID(unit)
    try {
      return await orBroken(request)
    } catch (error) {
      throw exceptionOf(error) ?? error
    }
  }
  return {
    ready,
    get broken() {
      return broken !== undefined
    },
    readHolding: (unit, address, count) =>
      asked(unit, async () => (await client.readHoldingRegisters(address, count)).data),
    readInput: (unit, address, count) =>
      asked(unit, async () => (await client.readInputRegisters(address, count)).data),
    readCoils: (unit, address, count) =>
      asked(unit, async () => (await client.readCoils(address, count)).data.slice(0, count)),
    readDiscrete: (unit, address, count) =>
      asked(unit, async () => (await client.readDiscreteInputs(address, count)).data.slice(0, count)),
    writeRegister: (unit, address, word) => asked(unit, async () => void (await client.writeRegister(address, word))),
    writeRegisters: (unit, address, words) =>
      asked(unit, async () => void (await client.writeRegisters(address, [...words]))),
    writeCoil: (unit, address, on) => asked(unit, async () => void (await client.writeCoil(address, on))),
    destroy(reason) {
      fail(new Error(reason))
      socket.resetAndDestroy()
    },
  }
}

function exceptionOf(error: unknown): ModbusException | undefined {
  if (!(error instanceof Error) || !('modbusCode' in error)) return undefined
  return new ModbusException(Number(error.modbusCode), error.message)
}
