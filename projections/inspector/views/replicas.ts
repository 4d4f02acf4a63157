/** The three replicas side by side: who said what for the newest cycle, where they differ, since when. */
import { sha256 } from '../../../protocol/codec/canonical.ts'
import { type Difference, deltaOf, differencesOf } from '../delta.ts'
import type { Moment } from '../moments.ts'
import type { Said } from '../recorded.ts'
import { type FactLine, lineOf } from './facts.ts'
import { cycleOf, type View } from './view.ts'

/** Paths of a difference that are listed; the first ones say most. */
const DIFFERENCES_SHOWN = 40
/** Frames before the moment that are looked at for the history of agreement. */
const CYCLES_SHOWN = 30

export interface ReplicaRow {
  readonly by: string
  readonly says: 'agrees' | 'differs' | 'silent' | 'notSigned' | 'malformed' | 'otherEngine'
  readonly digest: string | null
  readonly engine: string | null
  readonly stateHash: { readonly position: number; readonly stateHash: string } | null
  readonly disqualified: boolean
  /** Of its candidate from the one that the step yields here. */
  readonly differences: readonly Difference[]
}
export interface ReplicasPage {
  readonly position: number
  readonly cycle: string | null
  readonly digest: string | null
  readonly rows: readonly ReplicaRow[]
  /** Newest last: of each cycle, what each replica said. */
  readonly history: readonly {
    readonly position: number
    readonly cycle: string
    readonly says: Readonly<Record<string, ReplicaRow['says']>>
  }[]
  /** The first of these positions where somebody differs; null: none does. */
  readonly firstDivergent: number | null
  /** What was stepped there. */
  readonly responsible: FactLine | null
}

export const replicas: View<ReplicasPage> = async (moment, _params, sources) => {
  const { moments, recorded } = sources
  const { manifest, state } = moment
  const recent = await moments.upTo(moment.position, 6 * CYCLES_SHOWN)
  const decided = recent.filter(each => each.taken.kind === 'stepped' && each.taken.candidate).slice(-CYCLES_SHOWN)
  const said = await Promise.all(decided.map(each => recorded.at(each.position, each.manifest)))
  // the newest frame is decided this instant: it is shown once somebody has recorded it
  const shown = said.findLastIndex(all => all.length > 0)
  const at = shown < 0 ? null : decided[shown]!
  const hashes = recorded.stateHashes
  const rows = manifest.replicas.map((by): ReplicaRow => {
    const own = shown < 0 ? undefined : said[shown]!.find(each => each.by === by)
    return {
      by,
      says: at ? says(own, at) : 'silent',
      digest: own ? sha256(own.bytes) : null,
      engine: own?.candidate?.engine ?? null,
      stateHash: hashes.get(by) ?? null,
      disqualified: state.disqualified.includes(by),
      differences: own?.candidate && at ? differencesOf(at.candidate, own.candidate, DIFFERENCES_SHOWN) : [],
    }
  })
  const history = decided.slice(0, shown + 1).map((each, i) => ({
    position: each.position,
    cycle: cycleOf(each.candidate!),
    says: Object.fromEntries(
      manifest.replicas.map(by => [
        by,
        says(
          said[i]!.find(s => s.by === by),
          each,
        ),
      ]),
    ),
  }))
  const divergent = history.find(each => Object.values(each.says).some(s => isWrong(s)))
  return {
    position: at?.position ?? moment.position,
    cycle: at?.candidate ? cycleOf(at.candidate) : null,
    digest: at?.candidate ? digestOf(at) : null,
    rows,
    history,
    firstDivergent: divergent?.position ?? null,
    responsible: divergent ? lineOf(decided.find(each => each.position === divergent.position)!) : null,
  }
}

export function says(own: Said | undefined, { candidate }: Moment): ReplicaRow['says'] {
  if (!own) return 'silent'
  if (!own.signed) return 'notSigned'
  if (!own.candidate) return 'malformed'
  if (own.candidate.engine !== candidate!.engine)
    return deltaOf({ ...candidate, engine: own.candidate.engine }, own.candidate).length === 0
      ? 'otherEngine'
      : 'differs'
  return deltaOf(candidate, own.candidate).length === 0 ? 'agrees' : 'differs'
}
/** Somebody should look at it. */
export const isWrong = (says: ReplicaRow['says']): boolean => ['differs', 'notSigned', 'malformed'].includes(says)
const digestOf = ({ candidate }: Moment): string => sha256(canonical(candidate))

import { canonical } from '../../../protocol/codec/canonical.ts'
