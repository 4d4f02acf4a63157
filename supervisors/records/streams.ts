/**
 * The order of each producer's own stream. Two nodes may append one record, so that repeats are ordinary and counted;
 * so is one of the durable stream that comes before its turn, which the step drops, and which is sent again. What no
 * honest producer does is a problem: two things under one number, or a durable number that never has its turn.
 */
import type { ErrorCode } from '../../protocol/words/errors.ts'
import type { Fact } from '../../protocol/words/facts.ts'

/** Numbers of a stream that are remembered with what was said under them. */
const REMEMBERED = 4_096

export interface Wrong {
  readonly position: number
  readonly code: ErrorCode
  readonly reason: string
}
/** One speaker's durable stream: taken so far, and the highest that came before its turn. */
interface Durable {
  taken: number
  early: { readonly position: number; readonly seq: number } | null
}

export class Streams {
  readonly #said = new Map<string, string>()
  readonly #high = new Map<string, readonly [number, number]>()
  readonly #durable = new Map<string, Durable>()
  repeats = 0
  /** First seen after a later one of its stream, or in the place of what a gap stands for: the step drops it. */
  late = 0

  take(position: number, fact: Fact, signature: string): Wrong | null {
    const number = numberOf(fact)
    if (!number) return null
    const { stream, at } = number
    const name = `${stream} ${at.join('.')}`
    const before = this.#said.get(name)
    if (before !== undefined && before !== signature)
      return { position, code: 'CONFLICT', reason: `'${fact.by}' says two things as ${name}: ${fact.kind}` }
    if (before !== undefined) this.repeats++
    this.#said.set(name, signature)
    if (this.#said.size > REMEMBERED) this.#said.delete(this.#said.keys().next().value!)
    if (number.durable) {
      const early = this.#takeDurable(position, fact.by, ...at)
      if (!early && before === undefined) this.late++
      return null
    }
    if (before !== undefined) return null
    const high = this.#high.get(stream)
    if (high && (at[0] < high[0] || (at[0] === high[0] && at[1] < high[1]))) this.late++
    else this.#high.set(stream, at)
    return null
  }

  /** Durable numbers that never came, and that no GapRecorded stands for. */
  missing(): Wrong[] {
    return [...this.#durable].flatMap(([by, { taken, early }]) =>
      early && early.seq > taken
        ? [
            {
              position: early.position,
              code: 'OUT_OF_ORDER' as const,
              reason: `durable records of '${by}' are missing from ${taken + 1} on, and no GapRecorded stands for them`,
            },
          ]
        : [],
    )
  }

  /** False: it is behind what was taken already. */
  #takeDurable(position: number, by: string, first: number, last: number): boolean {
    const stream = this.#durable.get(by) ?? { taken: 0, early: null }
    this.#durable.set(by, stream)
    if (last <= stream.taken) return false
    if (first <= stream.taken + 1) stream.taken = last
    else if (last > (stream.early?.seq ?? 0)) stream.early = { position, seq: last }
    return true
  }
}

interface Numbered {
  readonly stream: string
  /** Epoch and number; of the durable stream, the first and the last number that it stands for. */
  readonly at: readonly [number, number]
  readonly durable?: true
}

/** A record's place in its producer's stream; undefined where it has none. */
function numberOf(fact: Fact): Numbered | undefined {
  switch (fact.kind) {
    case 'FrameMeasured':
      return { stream: 'frame', at: [fact.epoch, fact.cycle] }
    case 'TimeAdvanced':
      return { stream: `time ${fact.by}`, at: [fact.epoch, fact.seq] }
    case 'GapRecorded':
      if (fact.stream === 'durable') return { stream: `gap ${fact.by}`, at: [fact.first, fact.seq], durable: true }
      return { stream: `durable ${fact.by}`, at: [fact.seq, fact.seq], durable: true }
    case 'ReceiptRecorded':
    case 'AlarmObserved':
      return { stream: `durable ${fact.by}`, at: [fact.seq, fact.seq], durable: true }
    case 'EquivocationProven':
      return fact.seq === undefined
        ? undefined
        : { stream: `durable ${fact.by}`, at: [fact.seq, fact.seq], durable: true }
    default:
      return undefined
  }
}
