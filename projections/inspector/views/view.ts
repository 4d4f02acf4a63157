/**
 * A view is a pure function of one moment and of what the replicas have recorded: the same page live, in the past, and
 * on every node. Its result is plain JSON; the feed sends what changed of it.
 */
import type { Candidate } from '../../../protocol/words/candidate.ts'
import { Refusal } from '../../../protocol/words/errors.ts'
import type { KnownCharts } from '../charts.ts'
import type { Moment, Moments } from '../moments.ts'
import type { Recorded } from '../recorded.ts'
import type { KeptTiles } from './tiles.ts'

export type Params = Readonly<Record<string, string>>
/** What a view may read beside its moment. */
export interface Sources {
  readonly moments: Pick<Moments, 'upTo' | 'at'>
  readonly recorded: Pick<Recorded, 'at' | 'seen' | 'stateHashes'>
  readonly charts: KnownCharts
  readonly tiles: KeptTiles
  /** The moment is the newest there is, and goes on. */
  readonly live: boolean
}
export type View<T> = (moment: Moment, params: Params, sources: Sources) => T | Promise<T>

/** Throws BAD_REQUEST, naming what is missing. */
export function param(params: Params, name: string): string {
  const value = params[name]
  if (value === undefined || value === '') throw new Refusal('BAD_REQUEST', `the page names no ${name}`)
  return value
}
/** A whole number within bounds; absent: the default. */
export function count(params: Params, name: string, byDefault: number, most: number): number {
  const value = Number(params[name] ?? byDefault)
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw new Refusal('BAD_REQUEST', `${name}='${params[name]}' is no whole number from 0 to ${most}`)
  return value
}
export const cycleOf = ({ epoch, cycle }: Pick<Candidate, 'epoch' | 'cycle'>): string => `${epoch}.${cycle}`
