/**
 * The field driver for Modbus TCP: one device, by its declarative register map.
 *
 * Reading a value: plan.ts -> line.ts -> transport.ts -> codec.ts. Writing one: codec.ts -> ../budget.ts -> line.ts.
 */
import type {
  Clock,
  FieldDriver,
  FieldReading,
  FieldValue,
  FieldWrite,
  FieldWriteResult,
  Note,
  Random,
} from '../../../protocol/ports.ts'
import { type PointRegister, type RegisterMap, sizeOf } from '../../../protocol/words/register-map.ts'
import type { WriteBudgets } from '../budget.ts'
import { decode, encode } from './codec.ts'
import { Line, type Outcome } from './line.ts'
import { type Group, planReads, type Span } from './plan.ts'
import { connectModbusTcp, type ModbusConnect, type ModbusTransport } from './transport.ts'

export interface ModbusDriverOptions {
  /** For notes and budgets: the asset. */
  readonly name: string
  readonly map: RegisterMap
  /** `host:port/unit`. */
  readonly address: string
  readonly connect?: ModbusConnect
  readonly clock: Clock
  readonly host: Clock
  readonly random: Random
  readonly note: Note
  readonly budgets: WriteBudgets
  readonly backoffMs?: readonly [first: number, most: number]
}

const TIMEOUT_MS = 500
const BACKOFF_MS = [100, 2_000] as const
/** A cycle asks for a handful; more waiting means that the device hangs. */
const MOST_WAITING = 32

export function openModbusDriver(o: ModbusDriverOptions): FieldDriver {
  const { host, port, unit } = parseAddress(o.address)
  const line = new Line({
    host,
    port,
    connect: o.connect ?? connectModbusTcp,
    clock: o.clock,
    hostClock: o.host,
    random: o.random,
    timeoutMs: o.map.timeoutMs ?? TIMEOUT_MS,
    backoffMs: o.backoffMs ?? BACKOFF_MS,
    mostWaiting: MOST_WAITING,
  })
  return new ModbusDriver(o, line, unit)
}

export function parseAddress(text: string): { readonly host: string; readonly port: number; readonly unit: number } {
  const m = /^(.+):(\d{1,5})\/(\d{1,3})$/.exec(text)
  const port = Number(m?.[2])
  const unit = Number(m?.[3])
  if (!m || port < 1 || port > 65_535 || unit > 255)
    throw new TypeError(`MODBUS_ADDRESS: '${text}' is no address; write host:port/unit, e.g. '192.0.2.7:502/1'`)
  return { host: m[1]!, port, unit }
}

type Failure = Extract<FieldValue, { kind: 'failed' }>
type Register = PointRegister & { readonly name: string }

class ModbusDriver implements FieldDriver {
  readonly #o: ModbusDriverOptions
  readonly #line: Line
  readonly #unit: number
  readonly #points: ReadonlyMap<string, Register>
  readonly #readBacks: ReadonlyMap<string, Register>
  readonly #groups: readonly Group[]
  #beat: number | undefined
  #armedOn = -1

  constructor(o: ModbusDriverOptions, line: Line, unit: number) {
    this.#o = o
    this.#line = line
    this.#unit = unit
    this.#points = new Map(Object.entries(o.map.points).map(([name, r]) => [name, { ...r, name }]))
    this.#readBacks = new Map(
      Object.entries(o.map.setpoints ?? {}).map(([name, r]) => {
        const { type, wordOrder, scale } = r
        const at = r.readBack ?? { register: r.register, kind: 'holding' as const }
        const numeric = { ...(type && { type }), ...(wordOrder && { wordOrder }), ...(scale && { scale }) }
        return [name, { ...numeric, ...at, name }]
      }),
    )
    this.#groups = this.#plan(this.#points.values())
  }

  async read(): Promise<FieldReading> {
    return { points: await this.#readAll(this.#groups, this.#points) }
  }

  async readBack(names: readonly string[]): Promise<Readonly<Record<string, FieldValue>>> {
    const known = names.flatMap(name => this.#readBacks.get(name) ?? [])
    const values = await this.#readAll(this.#plan(known), this.#readBacks)
    const reason = 'UNKNOWN_NAME: no such setpoint'
    return Object.fromEntries(names.map(name => [name, values[name] ?? { kind: 'failed', code: 'refused', reason }]))
  }

  #plan(registers: Iterable<Register>): readonly Group[] {
    const spans = [...registers].map(
      (r): Span => ({ name: r.name, kind: r.kind, register: r.register, size: isBit(r.kind) ? 1 : sizeOf(r) }),
    )
    return planReads(spans, { maxGap: this.#o.map.maxGap ?? 0, maxRegisters: this.#o.map.maxRegisters ?? 125 })
  }

  /** Each point has its own outcome: a group that the device refuses is asked again point by point. */
  async #readAll(groups: readonly Group[], registers: ReadonlyMap<string, Register>) {
    const values: Record<string, FieldValue> = {}
    const pending = [...groups]
    for (let group = pending.shift(); group; group = pending.shift()) {
      const outcome = await this.#fetch(group)
      if (outcome.kind === 'done') {
        for (const span of group.spans)
          values[span.name] = fieldValue(registers.get(span.name)!, group, span, outcome.value, outcome.sentAtMs)
        continue
      }
      if (outcome.code === 'exception' && group.spans.length > 1) {
        pending.unshift(...group.spans.map(s => ({ kind: s.kind, start: s.register, count: s.size, spans: [s] })))
        continue
      }
      for (const span of group.spans) values[span.name] = failure(outcome)
      if (outcome.code === 'exception') continue
      // The device is gone: one time-out a cycle is enough.
      for (const rest of pending.splice(0)) for (const span of rest.spans) values[span.name] = failure(outcome)
    }
    return values
  }

  #fetch(g: Group): Promise<Outcome<readonly number[]>> {
    const bits = async (b: Promise<readonly boolean[]>) => (await b).map(Number)
    const by: Record<Group['kind'], (t: ModbusTransport) => Promise<readonly number[]>> = {
      holding: t => t.readHolding(this.#unit, g.start, g.count),
      input: t => t.readInput(this.#unit, g.start, g.count),
      coil: t => bits(t.readCoils(this.#unit, g.start, g.count)),
      discrete: t => bits(t.readDiscrete(this.#unit, g.start, g.count)),
    }
    return this.#line.exchange(by[g.kind])
  }

  /** In the order given, since the writer chose it; stops at nothing: each write has its own outcome. */
  async write(writes: readonly FieldWrite[], validUntilMs: number): Promise<readonly FieldWriteResult[]> {
    const results: FieldWriteResult[] = []
    for (const w of writes) results.push(await this.#writeOne(w, validUntilMs))
    return results
  }

  async #writeOne(w: FieldWrite, validUntilMs: number): Promise<FieldWriteResult> {
    const setpoint = this.#o.map.setpoints?.[w.name]
    if (setpoint) {
      if (setpoint.storage !== 'RAM') return refused(w.name, FLASH)
      const encoded = encode(setpoint, w.value)
      if (encoded.kind === 'refused') return refused(w.name, encoded.reason)
      const send = (t: ModbusTransport) => sendWords(t, this.#unit, setpoint.register, encoded.words)
      return this.#send(w.name, setpoint.writesPerDay, validUntilMs, encoded.quantised, send)
    }
    const pulse = this.#o.map.pulses?.[w.name]
    if (!pulse) return refused(w.name, 'UNKNOWN_NAME: neither a setpoint nor a pulse')
    return this.#send(w.name, pulse.writesPerDay, validUntilMs, 1, t =>
      pulse.kind === 'coil'
        ? t.writeCoil(this.#unit, pulse.register, pulse.value !== 0)
        : t.writeRegister(this.#unit, pulse.register, pulse.value),
    )
  }

  /** Counted before it is sent: an attempt in doubt is spent (S30). */
  async #send(
    name: string,
    perDay: number | undefined,
    validUntilMs: number,
    quantised: number,
    request: (t: ModbusTransport) => Promise<void>,
  ): Promise<FieldWriteResult> {
    if (this.#o.clock.monotonicMs() >= validUntilMs)
      return { name, kind: 'failed', code: 'expired', reason: 'its validity is over' }
    if (perDay !== undefined) {
      const { budgets, name: asset, clock } = this.#o
      if (!(await budgets.spend(`${asset}.${name}`, perDay, clock.wallMs())))
        return refused(name, `WRITE_BUDGET: ${perDay} writes in 24 h are spent`)
    }
    const outcome = await this.#line.exchange(request, validUntilMs)
    if (outcome.kind === 'done') return { name, kind: 'accepted', quantised }
    this.#o.note('warn', `write of ${this.#o.name}.${name} failed`, { code: outcome.code, reason: outcome.reason })
    return { name, ...failure(outcome) }
  }

  /** Arms the device once for each connection, then moves its counter on by one from what it shows. */
  async feed(validUntilMs: number): Promise<FieldWriteResult | undefined> {
    const dog = this.#o.map.watchdog
    if (!dog) return undefined
    const name = 'watchdog'
    if (dog.storage !== 'RAM') return refused(name, FLASH)
    if (this.#beat === undefined || this.#armedOn !== this.#line.connection) {
      const shown = await this.#line.exchange(t => t.readHolding(this.#unit, dog.register, 1), validUntilMs)
      if (shown.kind === 'failed') return { name, ...failure(shown) }
      this.#beat = shown.value[0] ?? 0
      const armed = await this.#arm(validUntilMs)
      if (armed) return { name, ...armed }
      this.#armedOn = this.#line.connection
    }
    const beat = (this.#beat + 1) % 65_536
    const outcome = await this.#line.exchange(t => t.writeRegister(this.#unit, dog.register, beat), validUntilMs)
    if (outcome.kind === 'failed') return { name, ...failure(outcome) }
    this.#beat = beat
    return { name, kind: 'accepted', quantised: beat }
  }

  async #arm(validUntilMs: number): Promise<Failure | undefined> {
    const arm = this.#o.map.watchdog?.arm
    if (!arm) return undefined
    const holds = await this.#line.exchange(t => t.readHolding(this.#unit, arm.register, 1), validUntilMs)
    if (holds.kind === 'failed') return failure(holds)
    if (holds.value[0] === arm.value) return undefined
    const outcome = await this.#line.exchange(t => t.writeRegister(this.#unit, arm.register, arm.value), validUntilMs)
    return outcome.kind === 'failed' ? failure(outcome) : undefined
  }

  close(): Promise<void> {
    return this.#line.close()
  }
}

const FLASH = 'FLASH_CYCLIC: flash, or not declared, wears out'

const isBit = (kind: Group['kind']): boolean => kind === 'coil' || kind === 'discrete'

const failure = (o: Extract<Outcome<unknown>, { kind: 'failed' }>): Failure => ({
  kind: 'failed',
  code: o.code,
  reason: o.reason,
})
const refused = (name: string, reason: string): FieldWriteResult => ({ name, kind: 'failed', code: 'refused', reason })

/** One word by function 6, which every device has; several by 16, so that they change together. */
function sendWords(t: ModbusTransport, unit: number, register: number, words: readonly number[]): Promise<void> {
  return words.length === 1 ? t.writeRegister(unit, register, words[0]!) : t.writeRegisters(unit, register, words)
}

function fieldValue(r: Register, group: Group, span: Span, words: readonly number[], atMs: number): FieldValue {
  const from = span.register - group.start
  const own = words.slice(from, from + span.size)
  if (own.length < span.size) return { kind: 'failed', code: 'exception', reason: 'the reply was too short' }
  const decoded = isBit(r.kind) ? ({ kind: 'value', value: own[0]! } as const) : decode(r, own)
  if (decoded.kind === 'invalid') return { kind: 'failed', code: 'invalid', reason: decoded.reason }
  if (!r.words) return { kind: 'value', value: decoded.value, atMs }
  const word = r.words[String(decoded.value)]
  return word === undefined
    ? { kind: 'failed', code: 'invalid', reason: `${decoded.value} is none of the declared words` }
    : { kind: 'value', value: word, atMs }
}
