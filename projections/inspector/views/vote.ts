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
  const receipt = await newestReceipt(moment, moments)
  if (!receipt) return null
  const { source, certificate, dissent, latencyUs = null } = receipt
  return {
    cycle: cycleOf(receipt),
    source,
    signed: Object.keys(certificate?.signatures ?? {}).sort(),
    dissent: dissent.map(({ by }) => by).sort(),
    replicas: moment.manifest.replicas.length,
    latencyUs,
    age: moment.state.epoch === receipt.epoch ? moment.state.cycle - receipt.cycle : moment.state.cycle,
  }
}
async function newestReceipt(moment: Moment, moments: Sources['moments']): Promise<Receipt | null> {
  const recent = await moments.upTo(moment.position, LOOK_BACK)
  for (const { taken } of recent.toReversed())
    if (taken.kind === 'stepped' && taken.fact.kind === 'ReceiptRecorded') return taken.fact
  return null
}
