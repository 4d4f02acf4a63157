/**
 * The order of each producer's own stream. Two nodes may append one record, so that repeats are ordinary and counted;
 * what no honest producer does is a problem: two things under one number, or a durable number that is missing.
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
interface Missing {
  readonly position: number
  first: number
  readonly last: number
}

export class Streams {
  readonly #said = new Map<string, string>()
  readonly #high = new Map<string, readonly [number, number]>()
  #durable = 0
  #missing: Missing[] = []
  repeats = 0
  /** First seen after a later one of its stream: the step drops it. */
  late = 0

  take(position: number, fact: Fact, signature: string): Wrong | null {
    const number = numberOf(fact)
    if (!number) return null
    const { stream, at } = number
    const name = `${stream} ${at.join('.')}`
    const before = this.#said.get(name)
    if (before === signature) {
      this.repeats++
      return null
    }
    if (before !== undefined)
      return { position, code: 'CONFLICT', reason: `'${fact.by}' says two things as ${name}: ${fact.kind}` }
    this.#said.set(name, signature)
    if (this.#said.size > REMEMBERED) this.#said.delete(this.#said.keys().next().value!)
    if (stream === 'durable') return this.#takeDurable(position, at[1], fact)
    const high = this.#high.get(stream)
    if (high && (at[0] < high[0] || (at[0] === high[0] && at[1] < high[1]))) this.late++
    else this.#high.set(stream, at)
    return null
  }

  /** Durable numbers that never came and that no GapRecorded names. */
  missing(): Wrong[] {
    return this.#missing.map(({ position, first, last }) => ({
      position,
      code: 'OUT_OF_ORDER',
      reason: `the gateway's durable records ${first} to ${last} are missing before this one, and no GapRecorded names them`,
    }))
  }

  #takeDurable(position: number, seq: number, fact: Fact): Wrong | null {
    if (fact.kind === 'GapRecorded' && fact.stream === 'durable') this.#declared(fact.first, fact.last)
    if (seq <= this.#durable)
      return { position, code: 'OUT_OF_ORDER', reason: `${fact.kind} ${seq} comes after ${this.#durable}: it is lost` }
    if (seq > this.#durable + 1) this.#missing.push({ position, first: this.#durable + 1, last: seq - 1 })
    this.#durable = seq
    return null
  }
  #declared(first: number, last: number): void {
    this.#missing = this.#missing.flatMap(m => {
      if (last < m.first || first > m.last) return [m]
      const left = first > m.first ? [{ ...m, last: first - 1 }] : []
      const right = last < m.last ? [{ ...m, first: last + 1 }] : []
      return [...left, ...right]
    })
  }
}

/** A record's place in its producer's stream; undefined where it has none. */
function numberOf(fact: Fact): { readonly stream: string; readonly at: readonly [number, number] } | undefined {
  switch (fact.kind) {
    case 'FrameMeasured':
      return { stream: 'frame', at: [fact.epoch, fact.cycle] }
    case 'TimeAdvanced':
      return { stream: `time ${fact.by}`, at: [fact.epoch, fact.seq] }
    case 'ReceiptRecorded':
    case 'AlarmObserved':
    case 'GapRecorded':
      return { stream: 'durable', at: [0, fact.seq] }
    default:
      return undefined
  }
}
