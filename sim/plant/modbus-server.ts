/**
 * A Modbus TCP server (Modbus Messaging on TCP/IP V1.0b; Application Protocol V1.1b3): function codes 1-6, 15, 16.
 *
 * Not modbus-serial's ServerTCP: that one takes port 0 for 502, tells its handlers neither which connection asked nor
 * lets them leave a request unanswered, and a witness needs all three.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { EXCEPTION, type Space } from './devices/register.ts'

/** No answer: `silence` leaves the request unanswered, `cut` resets the connection that asked. */
type NoAnswer = 'silence' | 'cut'
export type Answer<T> = T | { readonly exception: number } | NoAnswer
export interface Requests {
  read(unit: number, space: Space, address: number, count: number): Answer<readonly number[]>
  /** Called once for each write request, before anything is answered. `source`: the peer's `host:port`. */
  write(unit: number, space: Space, address: number, words: readonly number[], source: string): Answer<'done'>
}

export interface ModbusServer {
  readonly port: number
  /** Resets every connection that has asked for the unit; what was not yet sent is lost. */
  cut(unit: number): void
  close(): Promise<void>
}

const READS: Record<number, Space> = { 1: 'coil', 2: 'discrete', 3: 'holding', 4: 'input' }
/** Largest counts of the specification: bits, registers. */
const MOST_BITS = 2000
const MOST_REGISTERS = 125
/** Longest frame of the specification: 7 bytes of header and 253 of PDU. */
const LONGEST = 260

export async function serveModbus(host: string, port: number, on: Requests): Promise<ModbusServer> {
  /** Each connection with the units that it asked for. */
  const sockets = new Map<Socket, Set<number>>()
  const server: Server = createServer(socket => {
    const source = `${socket.remoteAddress}:${socket.remotePort}`
    const units = new Set<number>()
    sockets.set(socket, units)
    socket.setNoDelay()
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    let pending: Buffer = Buffer.alloc(0)
    socket.on('data', chunk => {
      pending = Buffer.concat([pending, chunk])
      while (pending.length >= 8) {
        const length = pending.readUInt16BE(4)
        if (length < 2 || length + 6 > LONGEST || pending.readUInt16BE(2) !== 0) return void socket.destroy()
        if (pending.length < length + 6) return
        const frame = pending.subarray(0, length + 6)
        pending = pending.subarray(length + 6)
        units.add(frame.readUInt8(6))
        const answer = reply(frame.readUInt8(6), frame.subarray(7), source, on)
        if (answer === 'cut') return void socket.resetAndDestroy()
        if (answer !== 'silence' && !socket.destroyed) socket.write(framed(frame, answer))
      }
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('PLANT_LISTEN: the server has no port')
  return {
    port: address.port,
    cut(unit) {
      for (const [socket, units] of sockets) if (units.has(unit)) socket.resetAndDestroy()
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets.keys()) socket.resetAndDestroy()
      }),
  }
}

function framed(request: Buffer, pdu: Buffer): Buffer {
  const header = Buffer.alloc(7)
  request.copy(header, 0, 0, 4)
  header.writeUInt16BE(pdu.length + 1, 4)
  header.writeUInt8(request.readUInt8(6), 6)
  return Buffer.concat([header, pdu])
}

function reply(unit: number, pdu: Buffer, source: string, on: Requests): Buffer | NoAnswer {
  const code = pdu.readUInt8(0)
  const refuse = (exception: number) => Buffer.from([code | 0x80, exception])
  const space = READS[code]
  if (space) {
    if (pdu.length !== 5) return refuse(EXCEPTION.value)
    const count = pdu.readUInt16BE(3)
    const bits = space === 'coil' || space === 'discrete'
    if (count < 1 || count > (bits ? MOST_BITS : MOST_REGISTERS)) return refuse(EXCEPTION.value)
    const words = on.read(unit, space, pdu.readUInt16BE(1), count)
    if (words === 'silence' || words === 'cut') return words
    if ('exception' in words) return refuse(words.exception)
    return Buffer.concat([
      Buffer.from([code, bits ? Math.ceil(count / 8) : count * 2]),
      bits ? packed(words) : wide(words),
    ])
  }
  const write = parsedWrite(code, pdu)
  if (write === undefined) return refuse([5, 6, 15, 16].includes(code) ? EXCEPTION.value : EXCEPTION.function)
  const outcome = on.write(unit, write.space, pdu.readUInt16BE(1), write.words, source)
  if (outcome === 'silence' || outcome === 'cut') return outcome
  return outcome === 'done' ? Buffer.from(pdu.subarray(0, 5)) : refuse(outcome.exception)
}

function parsedWrite(code: number, pdu: Buffer): { space: Space; words: number[] } | undefined {
  if ((code === 5 || code === 6) && pdu.length === 5) {
    const word = pdu.readUInt16BE(3)
    if (code === 6) return { space: 'holding', words: [word] }
    return word === 0xff00 || word === 0 ? { space: 'coil', words: [word === 0 ? 0 : 1] } : undefined
  }
  if ((code !== 15 && code !== 16) || pdu.length < 7) return undefined
  const count = pdu.readUInt16BE(3)
  const bytes = pdu.readUInt8(5)
  const wanted = code === 16 ? count * 2 : Math.ceil(count / 8)
  if (count < 1 || bytes !== wanted || pdu.length !== 6 + bytes) return undefined
  if (code === 16)
    return { space: 'holding', words: Array.from({ length: count }, (_, i) => pdu.readUInt16BE(6 + i * 2)) }
  return { space: 'coil', words: Array.from({ length: count }, (_, i) => (pdu.readUInt8(6 + (i >> 3)) >> (i & 7)) & 1) }
}

function wide(words: readonly number[]): Buffer {
  const out = Buffer.alloc(words.length * 2)
  words.forEach((w, i) => {
    out.writeUInt16BE(w, i * 2)
  })
  return out
}

function packed(bits: readonly number[]): Buffer {
  const out = Buffer.alloc(Math.ceil(bits.length / 8))
  bits.forEach((b, i) => {
    if (b) out.writeUInt8(out.readUInt8(i >> 3) | (1 << (i & 7)), i >> 3)
  })
  return out
}
