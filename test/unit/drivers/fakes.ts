/** A clock that only moves when told, and a device that answers as a test says. */
import { ModbusException, type ModbusTransport } from '../../../edge/drivers/modbus/transport.ts'
import type { Clock, Random } from '../../../protocol/ports.ts'

export class FakeClock implements Clock {
  now = 1_000
  wall = 1_800_000_000_000
  #timers: { dueMs: number; run: () => void }[] = []
  monotonicUs(): number {
    return this.monotonicMs() * 1_000
  }
  monotonicMs(): number {
    return this.now
  }
  wallMs(): number {
    return this.wall
  }
  after(ms: number, run: () => void) {
    const timer = { dueMs: this.now + ms, run }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter(t => t !== timer)
      },
    }
  }
  get waiting(): number {
    return this.#timers.length
  }
  /** Fires what is due on the way, then lets what follows from it run. */
  async pass(ms: number): Promise<void> {
    await quiet()
    const end = this.now + ms
    for (;;) {
      const next = this.#timers.filter(t => t.dueMs <= end).sort((a, b) => a.dueMs - b.dueMs)[0]
      if (!next) break
      this.#timers = this.#timers.filter(t => t !== next)
      this.now = Math.max(this.now, next.dueMs)
      next.run()
      await quiet()
    }
    this.now = end
    await quiet()
  }
}

/** Until every promise that can settle has settled. */
const quiet = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** Jitter at its largest. */
export const mostRandom: Random = { u32: () => 1023, stream: () => mostRandom, id: () => 'f'.repeat(32) }

/** Registers, and what is wrong with the device. Requests and connections are kept in order. */
export class FakeDevice {
  readonly log: string[] = []
  readonly words = new Map<string, number>()
  holes: readonly string[] = []
  mood: 'well' | 'hangs' | 'away' | 'connects never' | 'connects late' = 'well'
  connections = 0
  /** Lets a late connection stand. */
  connected: () => void = () => {}
  destroyed = 0

  /** Ends the connections that stand, as a device does that was switched off. */
  hangUp: () => void = () => {}

  connect = (): ModbusTransport => {
    let broken = false
    this.hangUp = () => {
      broken = true
    }
    this.connections += 1
    let rejectAll: (e: Error) => void = () => {}
    const gone = new Promise<never>((_, reject) => {
      rejectAll = reject
    })
    gone.catch(() => {})
    const never = new Promise<never>(() => {})
    const answer = async <T>(request: string, value: () => T): Promise<T> => {
      this.log.push(request)
      if (this.mood === 'hangs') return await Promise.race([gone, never])
      if (this.mood === 'away') throw new Error('ECONNRESET')
      return value()
    }
    const read = (kind: string, address: number, count: number) =>
      answer(`read ${kind} ${address}+${count}`, () => {
        return Array.from({ length: count }, (_, i) => {
          const key = `${kind}:${address + i}`
          if (this.holes.includes(key)) throw new ModbusException(2, 'Modbus exception 2')
          return this.words.get(key) ?? 0
        })
      })
    const bits = async (kind: string, address: number, count: number) =>
      (await read(kind, address, count)).map(w => w !== 0)
    const write = (kind: string, address: number, words: readonly number[]) =>
      answer(`write ${kind} ${address}=${words.join(',')}`, () => {
        for (const [i, w] of words.entries()) this.words.set(`${kind}:${address + i}`, w)
      })
    return {
      get broken() {
        return broken
      },
      ready:
        this.mood === 'away'
          ? Promise.reject(new Error('ECONNREFUSED'))
          : this.mood === 'connects late'
            ? new Promise<void>(resolve => (this.connected = resolve))
            : this.mood === 'connects never'
              ? never
              : Promise.resolve(),
      readHolding: (_, a, n) => read('holding', a, n),
      readInput: (_, a, n) => read('input', a, n),
      readCoils: (_, a, n) => bits('coil', a, n),
      readDiscrete: (_, a, n) => bits('discrete', a, n),
      writeRegister: (_, a, w) => write('holding', a, [w]),
      writeRegisters: (_, a, w) => write('holding', a, w),
      writeCoil: (_, a, on) => write('coil', a, [on ? 1 : 0]),
      destroy: reason => {
        this.destroyed += 1
        rejectAll(new Error(reason))
      },
    }
  }
}
