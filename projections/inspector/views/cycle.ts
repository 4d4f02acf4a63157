/**
 * One decision from end to end: what was measured, what each replica said of it and how late, the verdict, each write
 * and what was read back.
 */
import { canonical, sha256 } from '../../../protocol/codec/canonical.ts'
import type { Candidate } from '../../../protocol/words/candidate.ts'
import type { EffectReceipt, FactOf, WriteReceipt } from '../../../protocol/words/facts.ts'
import { engineAt } from '../../../protocol/words/manifest.ts'
import { format } from '../../../protocol/words/units.ts'
import { type Difference, differencesOf } from '../delta.ts'
import type { Moment } from '../moments.ts'
import { type ReplicaRow, says } from './replicas.ts'
import { cycleOf, type Params, type Sources, type View } from './view.ts'

const DIFFERENCES_SHOWN = 40
/** A receipt of a cycle follows its frame within so many records. */
const RECEIPT_WITHIN = 200

export interface VoteRow {
  readonly by: string
  readonly says: ReplicaRow['says']
  readonly digest: string | null
  /** Its record less that of the frame, by the log's stamps. */
  readonly lateMs: number | null
  /** The gateway counted it in the certificate. */
  readonly counted: boolean
  readonly differences: readonly Difference[]
}
export interface CycleStory {
  readonly position: number
  readonly cycle: string
  readonly digest: string
  readonly candidate: Candidate
  readonly votes: readonly VoteRow[]
  readonly verdict: {
    readonly position: number
    readonly source: string
    readonly signed: readonly string[]
    readonly dissent: readonly string[]
    readonly latencyUs: number | null
  } | null
  readonly writes: readonly WriteReceipt[]
  readonly effects: readonly EffectReceipt[]
  readonly rows: readonly OutputRow[]
}
/** One output as people read it: what was decided, written, read back; quantities with their units. */
export interface OutputRow {
  readonly name: string
  readonly set: string
  readonly written: string | null
  readonly readBack: string | null
  /** Null: nothing had to be written for this cycle. */
  readonly outcome: WriteReceipt['outcome'] | null
  readonly reason: string
  readonly boundBy: string
  readonly why: string
}
type Receipt = FactOf<'ReceiptRecorded'>

/** The newest decision at the moment. Null where nothing is decided: the site is off, or no frame has come. */
export const cycle: View<CycleStory | null> = async (moment, _params: Params, sources) => {
  const recent = await sources.moments.upTo(moment.position, RECEIPT_WITHIN)
  const receipts = recent.flatMap(receiptOf)
  const decided = recent.filter(each => each.taken.kind === 'stepped' && each.taken.candidate)
  const certified = decided.findLast(each => receipts.some(({ receipt }) => answers(receipt, each.candidate!)))
  const frame = certified ?? decided.at(-1)
  return frame ? cycleStory(frame, receipts, sources) : null
}

interface Placed {
  readonly position: number
  readonly receipt: Receipt
}
export const receiptOf = ({ position, taken }: Moment): Placed[] =>
  taken.kind === 'stepped' && taken.fact.kind === 'ReceiptRecorded' ? [{ position, receipt: taken.fact }] : []
const answers = (receipt: Receipt, { epoch, cycle }: Candidate): boolean =>
  receipt.epoch === epoch && receipt.cycle === cycle

/** `frame`: a moment that was decided on; `receipts`: those that may be about it. */
export async function cycleStory(
  frame: Moment,
  receipts: readonly Placed[],
  { recorded }: Pick<Sources, 'recorded'>,
): Promise<CycleStory> {
  const { candidate, manifest, position } = frame
  const own = receipts.filter(({ receipt }) => answers(receipt, candidate!))
  const certified = own.find(({ receipt }) => receipt.certificate) ?? own[0]
  const said = await recorded.at(position, manifest)
  const counted = Object.keys(certified?.receipt.certificate?.signatures ?? {})
  const votes = manifest.replicas.map((by): VoteRow => {
    const one = said.find(each => each.by === by)
    return {
      by,
      says: says(one, frame),
      digest: one ? sha256(one.bytes) : null,
      lateMs: one ? Math.max(0, one.stampMs - frame.stampMs) : null,
      counted: counted.includes(by),
      differences: one?.candidate ? differencesOf(asVoted(frame), one.candidate, DIFFERENCES_SHOWN) : [],
    }
  })
  const newest = new Map<string, WriteReceipt>()
  for (const write of own.flatMap(({ receipt }) => receipt.writes))
    newest.set(`${write.asset}.${write.id ?? write.name}`, write)
  return {
    position,
    cycle: cycleOf(candidate!),
    digest: sha256(canonical(asVoted(frame))),
    candidate: candidate!,
    votes,
    verdict: certified
      ? {
          position: certified.position,
          source: certified.receipt.source,
          signed: counted.sort(),
          dissent: own.flatMap(({ receipt }) => receipt.dissent.map(d => d.by)),
          latencyUs: certified.receipt.latencyUs ?? null,
        }
      : null,
    writes: [...newest.values()],
    effects: own.flatMap(({ receipt }) => receipt.effects),
    rows: rowsOf(frame, [...newest.values()]),
  }
}
function rowsOf({ candidate, site }: Moment, writes: readonly WriteReceipt[]): OutputRow[] {
  const setpoints = Object.entries(candidate!.actions.assets).flatMap(([asset, { setpoints }]) => {
    const spec = site.byName.get(asset)?.asset.spec
    return Object.entries(setpoints).map(([name, action]) => {
      const unit = spec?.setpoints[name]?.unit
      const shown = (value: number) => (unit ? format(unit, value) : String(value))
      const write = writes.find(each => each.asset === asset && each.name === name && each.kind === 'setpoint')
      const boundBy = [action.boundBy, write?.boundBy].filter(Boolean).join(', ')
      return {
        name: `${asset}.${name}`,
        set: shown(action.value),
        why: action.why,
        boundBy,
        ...writtenOf(write, shown),
      }
    })
  })
  const pulses = writes.filter(each => each.kind === 'pulse')
  return [
    ...setpoints,
    ...pulses.map(pulse => {
      const { asset, name, id = '' } = pulse
      return { name: `${asset}!${name}`, set: '', why: id, boundBy: '', ...writtenOf(pulse, String) }
    }),
  ]
}
const writtenOf = (write: WriteReceipt | undefined, shown: (value: number) => string) => ({
  written: write ? shown(write.written) : null,
  readBack: write && write.readBack !== null ? shown(write.readBack) : null,
  outcome: write?.outcome ?? null,
  reason: write?.reason ?? '',
})

/** The bytes that were voted on name the manifest's engine, whichever build looks at them now. */
export const asVoted = ({ candidate, manifest }: Moment): Candidate => ({
  ...candidate!,
  engine: engineAt(manifest, candidate!.cycle),
})
