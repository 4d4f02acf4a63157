/**
 * What a run shows and sums up, from the log alone: folds the facts as any projection does, and counts. It is on
 * nobody's path.
 */

import { commandState } from '../../actors/commands/life.ts'
import type { FoldOptions } from '../../actors/controller/fold.ts'
import { SiteFold } from '../../actors/controller/fold.ts'
import type { EventLog, Follow, LogRecord } from '../../protocol/log/event-log.ts'
import type { Candidate } from '../../protocol/words/candidate.ts'
import type { FactOf, Slots, VerdictSource, WriteReceipt } from '../../protocol/words/facts.ts'

type Receipt = FactOf<'ReceiptRecorded'>
/** Latencies kept for the percentiles; beyond it every second one is dropped, evenly. */
const LATENCIES_MAX = 100_000
const CLAMPS = ['envelope', 'soc', 'socLost', 'rating', 'siteFuse', 'exportCap']
const WH = 3_600_000

export class Tally {
  readonly fold: SiteFold
  readonly #log: EventLog
  readonly #partition: number
  #follow: Follow | null = null
  facts = 0
  candidates = 0
  dissents = 0
  writes = 0
  envelopeClamps = 0
  readonly verdicts: Record<VerdictSource, number> = { majority: 0, single: 0, localLaw: 0, deviceDefault: 0 }
  readonly outcomes = { confirmed: 0, mismatched: 0, clamped: 0, failed: 0, unknown: 0, suppressed: 0 }
  readonly commands: Record<string, number> = {
    confirmed: 0,
    rejected: 0,
    failed: 0,
    expired: 0,
    superseded: 0,
    cancelled: 0,
    unknown: 0,
  }
  lastCandidate: Candidate | null = null
  lastReceipt: Receipt | null = null
  lastSlots: Slots | null = null
  /** Integrals of the frames, W ms: what the log says, apart from what the plant meters. */
  readonly integral = { battery: 0, pv: 0, load: 0 }
  onFact: (fact: FactOf<'FrameMeasured'> | Receipt | FactOf<'AlarmObserved'>) => void = () => {}
  readonly #verdictCycles = new Set<string>()
  readonly #ended = new Set<string>()
  #latencies: number[] = []
  #lastFrame: { epoch: number; cycle: number } | null = null

  constructor(log: EventLog, partition: number, options: FoldOptions) {
    this.#log = log
    this.#partition = partition
    this.fold = new SiteFold(options)
  }
  /** From a position on for the counts; the fold needs all of it. */
  start(countFrom: number): void {
    this.#follow = this.#log.follow(this.#partition, 0, {
      batch: records => this.#batch(records, countFrom),
      failed: () => {},
    })
  }
  stop(): void {
    this.#follow?.cancel()
  }
  latencyMs(): { p50: number; p99: number; max: number } | null {
    if (this.#latencies.length === 0) return null
    const sorted = [...this.#latencies].sort((a, b) => a - b)
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]! / 1_000
    return { p50: at(0.5), p99: at(0.99), max: at(1) }
  }

  #batch(records: readonly LogRecord[], countFrom: number): void {
    for (const { position, body } of records) {
      const known = this.fold.state?.durable ?? 0
      const taken = this.fold.take(position, body, position < countFrom)
      if (taken.kind !== 'stepped') continue
      const { fact, candidate } = taken
      if (candidate) this.lastCandidate = candidate
      if (position < countFrom) this.#endedCommands(false)
      if (position < countFrom || ('seq' in fact && fact.kind !== 'TimeAdvanced' && fact.seq <= known)) continue
      this.facts++
      if (candidate) this.candidates++
      if (fact.kind === 'FrameMeasured') this.#frame(fact)
      else if (fact.kind === 'ReceiptRecorded') this.#receipt(fact)
      else if (fact.kind === 'AlarmObserved') {
        if (fact.alarm === 'dissent' && fact.state === 'raised') this.dissents++
        this.onFact(fact)
      }
      this.#endedCommands(true)
    }
  }
  #frame(frame: FactOf<'FrameMeasured'>): void {
    this.lastSlots = frame.slots
    this.#integrate(frame)
    this.onFact(frame)
  }
  /** A frame shows what flowed since the one before: right-hand rule over the cycles between them. */
  #integrate(frame: FactOf<'FrameMeasured'>): void {
    const before = this.#lastFrame
    this.#lastFrame = { epoch: frame.epoch, cycle: frame.cycle }
    const { site } = this.fold
    if (!before || !site || before.epoch !== frame.epoch) return
    const ms = (frame.cycle - before.cycle) * site.manifest.timing.cycleMs
    for (const { name, entry } of site.assets) {
      const power = frame.assets[name]?.points.power?.value
      if (typeof power !== 'number') continue
      if (entry.type === 'battery') this.integral.battery += power * ms
      else if (entry.type === 'pvInverter') this.integral.pv += power * ms
      else if (entry.type === 'load') this.integral.load += power * ms
    }
  }
  /** Net energy that the log's frames say the site needed from the grid, Wh. */
  get netFromLogWh(): number {
    return -(this.integral.battery + this.integral.pv + this.integral.load) / WH
  }

  #receipt(receipt: Receipt): void {
    this.lastReceipt = receipt
    const key = `${receipt.epoch}.${receipt.cycle}`
    if (receipt.certificate && !this.#verdictCycles.has(key)) {
      this.#verdictCycles.add(key)
      if (this.#verdictCycles.size > 64) this.#verdictCycles.delete(this.#verdictCycles.values().next().value!)
      this.verdicts[receipt.source]++
      this.dissents += receipt.dissent.length
    } else if (!receipt.certificate) this.verdicts[receipt.source]++
    for (const write of receipt.writes) this.#write(write)
    if (receipt.latencyUs !== undefined) {
      this.#latencies.push(receipt.latencyUs)
      if (this.#latencies.length > LATENCIES_MAX) this.#latencies = this.#latencies.filter((_, i) => i % 2 === 0)
    }
    this.onFact(receipt)
  }
  #write(write: WriteReceipt): void {
    this.outcomes[write.outcome]++
    if (write.outcome !== 'suppressed') this.writes++
    if (write.boundBy !== undefined && CLAMPS.includes(write.boundBy)) this.envelopeClamps++
  }
  #endedCommands(counts: boolean): void {
    for (const command of Object.values(this.fold.state?.commands ?? {})) {
      if (command.endedAtMs === null || this.#ended.has(command.id)) continue
      this.#ended.add(command.id)
      const state = commandState(command)
      if (counts) this.commands[state] = (this.commands[state] ?? 0) + 1
    }
  }
}
