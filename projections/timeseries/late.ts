/**
 * From a frame that came too late to control to rows of the time series: where it was measured, once, and never where
 * the facts have a frame of the same cycle.
 *
 * L1  It is judged once the rows of the facts have a frame of its cycle, or a newer one: from then on no other fact can
 *     be of its cycle.
 * L2  A frame that is sent again is in the rows already: of each cycle the first one counts.
 * L3  Its log time is made of its neighbours among the facts and of the cycle's length, since no frame says its own.
 * L4  By its signature alone it counts, of any gateway that this site has had: whoever appended it may be anybody (S26).
 */
import { parseFact } from '../../protocol/codec/fact.ts'
import type { Verifier } from '../../protocol/codec/sign.ts'
import type { LogRecord } from '../../protocol/log/event-log.ts'
import type { FactsSoFar, Judge, Judged, JudgedBefore } from '../runner/beside.ts'
import type { Around, FrameKey, FrameRow, TimeseriesReader } from './read.ts'
import { type Change, pointRows } from './rows.ts'

/** An outage is one, however many frames it has; a poor link makes many, and is not to be asked about at each frame. */
const GAPS_MAX = 200

export interface LateFramesOptions {
  readonly tenant: string
  readonly site: string
  readonly verifier: Verifier
  readonly facts: FactsSoFar
  readonly rows: Pick<TimeseriesReader, 'framesAround' | 'lateBetween' | 'gateways'>
}
/** Cycles without a frame between two that have one, and which of them are filled. */
interface Gap {
  readonly last: FrameRow | null
  readonly next: FrameRow
  readonly filled: Set<string>
}

export class LateFrames implements Judge<Change> {
  readonly #o: LateFramesOptions
  /** All that were met since the last of them went: what is not in the rows yet stands in one of these. */
  #gaps: Gap[] = []
  /** Public keys that have sealed a frame here. */
  readonly #gateways = new Set<string>()

  constructor(options: LateFramesOptions) {
    this.#o = options
  }

  async judge({ body }: LogRecord, before: JudgedBefore): Promise<Judged<Change>> {
    const { tenant, site, facts } = this.#o
    const parsed = parseFact(body)
    if (parsed.kind === 'refused') return aside(parsed.code, parsed.reason)
    const { fact } = parsed
    if (fact.tenant !== tenant || ('site' in fact && fact.site !== site)) return { kind: 'nothing' }
    if (fact.kind !== 'FrameMeasured') return aside('BAD_SHAPE', `no frame but ${fact.kind}`)
    if (!(await this.#authentic(fact.by, parsed.text, parsed.signature)))
      return aside('BAD_SIGNATURE', `said to be by '${fact.by}'`)
    const passed = (at: FrameKey) => !isAfter(fact, at)
    if (!passed(facts.at)) await before.applied() // it may take long, and they need not wait with it
    await facts.when(passed) // L1
    const gap = await this.#gapOf(fact, before)
    const key = keyOf(fact)
    if (!gap || gap.filled.has(key)) return { kind: 'nothing' } // L2
    gap.filled.add(key)
    const atMs = atOf(fact, gap)
    const frame: Change = { table: 'frames', row: [gap.next.position, atMs, fact.epoch, fact.cycle, gap.next.cycleMs] }
    return { kind: 'rows', changes: [frame, ...pointRows(fact, gap.next.position, atMs)] }
  }

  /** Null: its cycle has a frame, or lies before all rows. */
  async #gapOf(frame: FrameKey, before: JudgedBefore): Promise<Gap | null> {
    const known = this.#gaps.findLast(({ last, next }) => isAfter(next, frame) && (!last || isAfter(frame, last)))
    if (known) return known
    const { rows, facts } = this.#o
    const { last, next } = await rows.framesAround(frame.epoch, frame.cycle, facts.at.position)
    if (!next || (last && !isAfter(frame, last)) || (!last && facts.from > 0)) return null
    if (this.#gaps.length === GAPS_MAX) {
      await before.applied()
      this.#gaps = []
    }
    const filled = await rows.lateBetween({ last, next }, before.checkpoint)
    const gap = { last, next, filled: new Set(filled.map(keyOf)) }
    this.#gaps.push(gap)
    return gap
  }
  /** L4 */
  async #authentic(by: string, text: string, signature: string): Promise<boolean> {
    const { verifier, facts, rows } = this.#o
    const signed = (keys: Iterable<string>) => [...keys].some(key => verifier.verify('fact', key, text, signature))
    if (signed(this.#gateways)) return true
    const look = async () => {
      const recent = facts.lineage.map(({ manifest }) => manifest.keys[by])
      for (const key of recent) if (key?.roles.includes('gateway')) this.#gateways.add(key.publicKey)
      for (const key of await rows.gateways(facts.at.position)) this.#gateways.add(key)
      return signed(this.#gateways)
    }
    if (await look()) return true
    await facts.caughtUp()
    return look()
  }
}

const aside = (code: string, reason: string) => ({ kind: 'aside', code, reason }) as const
const keyOf = ({ epoch, cycle }: FrameKey): string => `${epoch} ${cycle}`
const isAfter = (a: FrameKey, b: FrameKey): boolean => a.epoch > b.epoch || (a.epoch === b.epoch && a.cycle > b.cycle)

/** L3: onward from the frame before it; in a life of the gateway that has none before it, back from the one after it. */
export function atOf({ epoch, cycle }: FrameKey, { last, next }: Around & { readonly next: FrameRow }): number {
  if (last && (epoch === last.epoch || epoch !== next.epoch))
    return Math.min(last.atMs + Math.max(0, cycle - last.cycle) * next.cycleMs, next.atMs)
  const back = next.atMs - Math.max(0, next.cycle - cycle) * next.cycleMs
  return Math.max(last?.atMs ?? 0, back)
}
