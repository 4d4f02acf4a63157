/** A database of one kind with its builds, each of which holds the rows of the same log. */
import type { Topic } from '../../protocol/log/event-log.ts'
import type { FactsSoFar, Judge } from './beside.ts'
import type { Projection } from './seen.ts'
import type { Store, Sums } from './store.ts'

export interface Build {
  readonly id: number
  readonly version: number
  readonly state: 'building' | 'live' | 'former'
}
export interface Added {
  readonly checkpoint: number
  readonly sums: Sums
}
/** The rows of the facts, and those of the topic beside them. */
export interface Summed {
  readonly facts: Added
  readonly beside: Added
}

export type BesideTopic = Exclude<Topic, 'facts' | 'snapshots'>

export interface Database<Change> {
  readonly projection: Projection<Change>
  /** The topic that is followed beside the facts, and what is made of it. */
  readonly beside: BesideTopic
  /** Of this code's version; whatever is missing of it is made. */
  live(): Promise<Build>
  builds(): Promise<readonly Build[]>
  add(): Promise<Build>
  /** Atomic: a reader finds the one or the other. */
  switchTo(build: number): Promise<void>
  /** Throws Refusal NOT_FOUND for the live one, and for one that is not there. */
  drop(build: number): Promise<void>
  /** Of the rows of the facts. */
  store(build: number): Promise<Store<Change>>
  besideStore(build: number): Promise<Store<Change>>
  besideJudge(build: number, facts: FactsSoFar): Promise<Judge<Change>>
  /** What a build adds up to at its checkpoints; `like`: of what this other build holds, too. */
  sums(build: number, like: number): Promise<Summed>
  /** Where people and programs find it. */
  readonly address: string
  close(): Promise<void>
}
