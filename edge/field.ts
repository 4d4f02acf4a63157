/**
 * The gateway's hands: polls every device, performs the writer's rounds and the pulses, reads back, feeds watchdogs.
 * It decides nothing; what it saw and what came of a write it says in full.
 */
import type { Clock, FieldDriver, FieldReading, FieldValue } from '../protocol/ports.ts'
import type { WriteReceipt } from '../protocol/words/facts.ts'
import type { ManifestAsset } from '../protocol/words/manifest.ts'
import type { Points, PointValue } from '../protocol/words/quality.ts'
import type { OutputOutcome, PulseContext } from './commands.ts'
import type { Target, Values } from './target.ts'
import type { Round } from './writer.ts'

/** What one poll brought. */
export interface Poll {
  /** Monotonic ms before the first request. */
  readonly startedAtMs: number
  readonly readings: Readonly<Record<string, FieldReading>>
  /** What each setpoint's register holds, by `asset.setpoint`; null: not read. */
  readonly held: Readonly<Record<string, number | null>>
  /** Every device that can be written answered. */
  readonly up: boolean
  /** No device left a read unanswered. */
  readonly whole: boolean
}

/** Nothing came back: the device may hold any value. */
const unanswered = (v: FieldValue) => v.kind === 'failed' && (v.code === 'timeout' || v.code === 'disconnected')

export class Field {
  readonly #clock: Clock
  readonly #drivers: Readonly<Record<string, FieldDriver>>
  readonly #assets: () => readonly ManifestAsset[]
  constructor(clock: Clock, drivers: Readonly<Record<string, FieldDriver>>, assets: () => readonly ManifestAsset[]) {
    this.#clock = clock
    this.#drivers = drivers
    this.#assets = assets
  }

  async poll(): Promise<Poll> {
    const startedAtMs = this.#clock.monotonicMs()
    const held: Record<string, number | null> = {}
    let up = true
    let whole = true
    const readings = await Promise.all(
      this.#assets().map(async asset => {
        const driver = this.#drivers[asset.name]
        if (!driver) return [asset.name, { points: {} }] as const
        const reading = await driver.read()
        if (Object.values(reading.points).some(unanswered)) whole = false
        const names = Object.keys(asset.envelope)
        const reached = Object.values(reading.points).some(p => p.kind === 'value' || p.code === 'invalid')
        if (names.length > 0) {
          if (!reached) up = false
          const back = reached ? await driver.readBack(names) : {}
          for (const name of names) held[`${asset.name}.${name}`] = numberIn(back[name])
        }
        return [asset.name, reading] as const
      }),
    )
    return { startedAtMs, readings: Object.fromEntries(readings), held, up, whole }
  }

  /** Devices in parallel, writes of one device in the order given; results in the order of the targets. */
  async write(round: Round, targets: readonly Target[]): Promise<readonly WriteReceipt[]> {
    if (round.suppressed)
      return targets.map(t => ({ ...this.#blank(t), outcome: 'suppressed' as const, accepted: false }))
    const receipts: WriteReceipt[] = []
    for (const t of targets) {
      const blank = this.#blank(t)
      const driver = this.#drivers[t.asset]
      if (!driver) {
        receipts.push({ ...blank, outcome: 'failed', accepted: false, reason: 'no driver' })
        continue
      }
      const [result] = await driver.write([{ name: t.name, value: t.value }], round.validUntilMs)
      if (result?.kind === 'accepted') receipts.push({ ...blank, written: result.quantised, accepted: true })
      else {
        const outcome = inDoubt(result) ? ('unknown' as const) : ('failed' as const)
        receipts.push({
          ...blank,
          accepted: false,
          outcome,
          reason: `${result?.code}: ${result?.reason}`.slice(0, 512),
        })
      }
    }
    return receipts
  }

  /** Compares what the registers hold with what was written (S9); a register that holds less was clamped by the device. */
  async readBack(receipts: readonly WriteReceipt[]): Promise<readonly WriteReceipt[]> {
    const byAsset = Map.groupBy(receipts, r => r.asset)
    const held: Record<string, number | null> = {}
    await Promise.all(
      [...byAsset].map(async ([asset, own]) => {
        const back = (await this.#drivers[asset]?.readBack(own.map(r => r.name))) ?? {}
        for (const r of own) held[`${asset}.${r.name}`] = numberIn(back[r.name])
      }),
    )
    return receipts.map(r => {
      const readBack = held[`${r.asset}.${r.name}`] ?? null
      if (r.outcome === 'suppressed') return { ...r, present: readBack }
      const seen = { ...r, readBack }
      if (r.outcome === 'failed') return seen
      if (readBack === null) return { ...seen, outcome: 'unknown', reason: r.reason ?? 'no read-back' }
      if (readBack === r.written) return { ...seen, outcome: 'confirmed' }
      const between = Math.abs(readBack) < Math.abs(r.written) && Math.sign(readBack) * Math.sign(r.written) >= 0
      return { ...seen, outcome: r.accepted && between ? 'clamped' : 'mismatched' }
    })
  }

  async pulse(pulse: PulseContext): Promise<{ readonly outcome: OutputOutcome; readonly reason: string }> {
    const driver = this.#drivers[pulse.asset]
    if (!driver) return { outcome: 'failed', reason: 'no driver' }
    const [result] = await driver.write([{ name: pulse.name, value: 1 }], pulse.validUntilMs)
    if (result?.kind === 'accepted') return { outcome: 'confirmed', reason: '' }
    return {
      outcome: inDoubt(result) ? 'unknown' : 'failed',
      reason: `${result?.code}: ${result?.reason}`.slice(0, 512),
    }
  }

  async feed(assets: readonly string[], validUntilMs: number): Promise<void> {
    await Promise.all(assets.map(asset => this.#drivers[asset]?.feed(validUntilMs)))
  }
  async close(): Promise<void> {
    await Promise.all(Object.values(this.#drivers).map(driver => driver.close()))
  }

  #blank(t: Target): WriteReceipt {
    return {
      asset: t.asset,
      name: t.name,
      kind: 'setpoint',
      decided: t.decided,
      written: t.value,
      ...(t.boundBy === undefined ? {} : { boundBy: t.boundBy }),
      accepted: false,
      readBack: null,
      outcome: 'unknown',
    }
  }
}

/** A write whose answer never came may have been carried out. */
const inDoubt = (
  result: { readonly kind: string; readonly code?: string; readonly reason?: string } | undefined,
): boolean =>
  result?.code === 'timeout' || (result?.code === 'disconnected' && (result.reason ?? '').startsWith('LOST_IN_FLIGHT'))

const numberIn = (v: FieldValue | undefined): number | null =>
  v?.kind === 'value' && typeof v.value === 'number' ? v.value : null

/** The newest value that each point of each asset ever gave, with when. */
export type LastKnown = Readonly<Record<string, Readonly<Record<string, Extract<FieldValue, { kind: 'value' }>>>>>

export const remembered = (known: LastKnown, poll: Poll): LastKnown =>
  Object.fromEntries(
    Object.entries(poll.readings).map(([asset, { points }]) => [
      asset,
      { ...known[asset], ...Object.fromEntries(Object.entries(points).filter(([, v]) => v.kind === 'value')) },
    ]),
  ) as LastKnown

/**
 * An asset's points as they stand in a frame: with unit, quality and age. What could not be read keeps its last value,
 * as OPC UA has it (uncertain, last usable value), until it is stale; then it is bad and null, never zero (S24).
 */
export function pointsOf(asset: ManifestAsset, poll: Poll | null, known: LastKnown, nowMs: number): Points {
  const points: Record<string, PointValue> = {}
  for (const [name, register] of Object.entries(asset.map.points)) {
    const read = poll?.readings[asset.name]?.points[name]
    const usable = read?.kind === 'value' ? read : read?.code === 'invalid' ? undefined : known[asset.name]?.[name]
    const unit = register.unit === undefined ? {} : { unit: register.unit as NonNullable<PointValue['unit']> }
    const ageMs = usable ? Math.max(0, nowMs - usable.atMs) : 0
    // also what was read just now is stale where the process stood still before it could say so
    const quality = !usable || ageMs > asset.staleAfterMs ? 'bad' : read?.kind === 'value' ? 'good' : 'uncertain'
    points[name] = { value: quality === 'bad' ? null : usable!.value, ...unit, quality, ageMs }
  }
  return points
}

/** Those that may be relied on: for limits and guards, a last usable value until it is stale. */
export function reliable(points: Points, staleAfterMs: number): Values {
  const values: Record<string, number | string | undefined> = {}
  for (const [name, p] of Object.entries(points))
    if (p.quality !== 'bad' && p.value !== null && p.ageMs <= staleAfterMs) values[name] = p.value
  return values
}
/** Those that were read just now: what a fast law answers to. */
export function fresh(points: Points): Values {
  const values: Record<string, number | string | undefined> = {}
  for (const [name, p] of Object.entries(points)) if (p.quality === 'good' && p.value !== null) values[name] = p.value
  return values
}
