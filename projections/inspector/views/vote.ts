/** How a cycle was decided, as the gateway's newest receipt says it. */
import type { FactOf } from '../../../protocol/words/facts.ts'
import type { Moment } from '../moments.ts'
import { cycleOf, type Sources } from './view.ts'

/** A receipt follows its frame within so many records, while anything is decided at all. */
const LOOK_BACK = 64

export interface Vote {
  readonly cycle: string
  readonly source: string
  readonly signed: readonly string[]
  /** In this cycle and the ones right before it: a third vote comes late, and its dissent in a later receipt. */
  readonly dissent: readonly string[]
  /** Of how many. */
  readonly replicas: number
  /** Frame emitted to read-back done. */
  readonly latencyUs: number | null
  /** Cycles since. */
  readonly age: number
}
type Receipt = FactOf<'ReceiptRecorded'>

export async function voteUpTo(moment: Moment, moments: Sources['moments']): Promise<Vote | null> {
  const receipts = await newestReceipts(moment, moments)
  const receipt = receipts.at(-1)
  if (!receipt) return null
  const { source, certificate, latencyUs = null } = receipt
  return {
    cycle: cycleOf(receipt),
    source,
    signed: Object.keys(certificate?.signatures ?? {}).sort(),
    dissent: [...new Set(receipts.flatMap(({ dissent }) => dissent.map(({ by }) => by)))].sort(),
    replicas: moment.manifest.replicas.length,
    latencyUs,
    age: moment.state.epoch === receipt.epoch ? moment.state.cycle - receipt.cycle : moment.state.cycle,
  }
}
async function newestReceipts(moment: Moment, moments: Sources['moments']): Promise<Receipt[]> {
  const recent = await moments.upTo(moment.position, LOOK_BACK)
  return recent.flatMap(({ taken }) =>
    taken.kind === 'stepped' && taken.fact.kind === 'ReceiptRecorded' ? [taken.fact] : [],
  )
}
