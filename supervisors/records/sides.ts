/** Where the decisions of a comparison come from: a fold of the facts, or what the nodes recorded. */
import { type FoldOptions, SiteFold } from '../../actors/controller/fold.ts'
import type { Candidate } from '../../protocol/words/candidate.ts'
import type { Decision, Reached, Side } from './against.ts'
import type { Progress } from './progress.ts'
import { RecordedDecisions } from './recorded.ts'
import { type LogReader, type Range, sweep } from './sweep.ts'

export interface Refused {
  readonly position: number
  readonly code: string
  readonly reason: string
}
/** Filled while a fold goes on. */
export interface FoldCounts {
  facts: number
  refused: number
  firstRefused: Refused | null
}
export const noFacts = (): FoldCounts => ({ facts: 0, refused: 0, firstRefused: null })

export interface FoldedLog {
  readonly facts: LogReader
  readonly partition: number
  readonly range: Range
  readonly fold: FoldOptions
  readonly progress: Progress
}

/** Every signature is checked: whose log it is, nobody here knows. */
export async function* folded(
  { facts, partition, range, fold: options, progress }: FoldedLog,
  counts: FoldCounts,
): AsyncGenerator<Reached> {
  const fold = new SiteFold(options)
  for await (const records of sweep(facts, partition, range)) {
    const decisions: Decision[] = []
    for (const { position, body } of records) {
      const taken = fold.take(position, body)
      if (taken.kind === 'stepped') {
        counts.facts++
        if (taken.candidate) decisions.push(decisionOf(taken.candidate))
      } else if (taken.kind === 'refused') {
        counts.refused++
        counts.firstRefused ??= { position, code: taken.code, reason: taken.reason }
      }
    }
    progress.advance(records.length)
    yield { position: records.at(-1)!.position, decisions }
  }
}
const decisionOf = ({ position, epoch, cycle, actions }: Candidate): Decision => ({ position, epoch, cycle, actions })

/** What the nodes recorded of this site. */
export class RecordedSide implements Side {
  readonly #site: string
  readonly #recorded: RecordedDecisions

  constructor(decisions: LogReader, partition: number, site: string) {
    this.#site = site
    this.#recorded = new RecordedDecisions(sweep(decisions, partition))
  }
  get unreadable(): number {
    return this.#recorded.unreadable
  }
  async upTo(position: number): Promise<readonly Decision[]> {
    const found = await this.#recorded.upTo(position)
    return found
      .filter(({ site }) => site === this.#site)
      .map(({ bytes, position: at }) => ({ ...decisionOf(JSON.parse(bytes) as Candidate), position: at }))
  }
}

/** Another fold in the place of a record, for a log that holds none. */
export class FoldedSide implements Side {
  readonly #reached: AsyncIterator<Reached>
  #waiting: Decision[] = []
  #position = -1

  constructor(reached: AsyncIterable<Reached>) {
    this.#reached = reached[Symbol.asyncIterator]()
  }
  async upTo(position: number): Promise<readonly Decision[]> {
    while (this.#position < position) {
      const { value, done } = await this.#reached.next()
      if (done) break
      this.#position = value.position
      this.#waiting.push(...value.decisions)
    }
    const later = this.#waiting.findIndex(d => d.position > position)
    return this.#waiting.splice(0, later < 0 ? this.#waiting.length : later)
  }
}
