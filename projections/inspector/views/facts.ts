/** The newest facts up to the moment, in words: of the site, or those that concern one actor. */

import { edgesOf } from '../../../actors/kit/host.ts'
import type { Fact } from '../../../protocol/words/facts.ts'
import { factInWords } from '../../../protocol/words/in-words.ts'
import type { Moment } from '../moments.ts'
import { count, type View } from './view.ts'

export interface FactLine {
  readonly position: number
  readonly stampMs: number
  readonly kind: string
  readonly by: string
  readonly text: string
  /** Transitions that it caused: `bat1: standby -> running`. */
  readonly moved: readonly string[]
  /** Not taken: its code and reason. */
  readonly refused: string | null
}
export interface FactsPage {
  readonly lines: readonly FactLine[]
}
/** Moments that are looked through for the lines that are asked for. */
const LOOKED_THROUGH = 1_000
const LINES = 60

/** `actor`: an asset, or `site`; `kinds`: `events` leaves out frames and claims of time that moved nothing. */
export const facts: View<FactsPage> = async (moment, params, { moments }) => {
  const max = count(params, 'max', LINES, 500)
  const recent = await moments.upTo(moment.position, LOOKED_THROUGH)
  const lines: FactLine[] = []
  for (const each of recent.toReversed()) {
    if (lines.length >= max) break
    if (concerns(each, params)) lines.push(lineOf(each))
  }
  return { lines }
}

function concerns({ taken }: Moment, { actor, kinds }: Readonly<Record<string, string>>): boolean {
  if (taken.kind === 'foreign') return false
  if (taken.kind === 'refused') return actor === undefined
  const { fact } = taken
  const moved = taken.kind === 'stepped' ? taken.moved.map(({ asset }) => asset) : []
  if (actor !== undefined) return moved.includes(actor) || about(fact).includes(actor)
  if (kinds === 'events') return moved.length > 0 || !['FrameMeasured', 'TimeAdvanced'].includes(fact.kind)
  return true
}
/** Whom a fact names, frames and claims of time aside: those concern everybody in each cycle. */
function about(fact: Fact): readonly string[] {
  if (fact.kind === 'CommandRequested') return [fact.target]
  if (fact.kind === 'ReceiptRecorded') return [...fact.writes, ...fact.effects].map(({ asset }) => asset)
  if (fact.kind === 'AlarmObserved') return fact.asset === undefined ? [] : [fact.asset]
  if (fact.kind === 'AlarmAcknowledged') return [fact.alarm.split('.')[0]!]
  if (fact.kind === 'ManifestInstalled') return ['site']
  return []
}

export function lineOf({ position, stampMs, taken }: Moment): FactLine {
  if (taken.kind === 'refused')
    return {
      position,
      stampMs,
      kind: 'refused',
      by: '',
      text: '',
      moved: [],
      refused: `${taken.code}: ${taken.reason}`,
    }
  if (taken.kind === 'foreign') throw new Error('a moment of another site')
  const { fact } = taken
  const moved = taken.kind === 'stepped' ? taken.moved.flatMap(movedInWords) : []
  return { position, stampMs, kind: fact.kind, by: fact.by, text: factInWords(fact), moved, refused: null }
}
type Stepped = Extract<Moment['taken'], { kind: 'stepped' }>
const movedInWords = ({ asset, moves }: Stepped['moved'][number]): string[] =>
  edgesOf(moves)
    .filter(({ targets }) => targets.length > 0)
    .map(({ source, targets }) => `${asset}: ${inner(source)} -> ${targets.map(inner).join(', ')}`)
const inner = (id: string): string => id.slice(id.indexOf('.') + 1)
