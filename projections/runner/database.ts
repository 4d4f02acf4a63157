/** A database of one kind with its builds, each of which holds the rows of the same log. */
import type { Projection } from './seen.ts'
import type { Store, Sums } from './store.ts'

export interface Build {
  readonly id: number
  readonly version: number
  readonly state: 'building' | 'live' | 'former'
}
export interface Summed {
  readonly checkpoint: number
  readonly sums: Sums
}

export interface Database<Change> {
  readonly projection: Projection<Change>
  /** Of this code's version; whatever is missing of it is made. */
  live(): Promise<Build>
  builds(): Promise<readonly Build[]>
  add(): Promise<Build>
  /** Atomic: a reader finds the one or the other. */
  switchTo(build: number): Promise<void>
  /** Throws Refusal NOT_FOUND for the live one, and for one that is not there. */
  drop(build: number): Promise<void>
  store(build: number): Promise<Store<Change>>
  /** What a build adds up to at its checkpoint; `like`: of what this other build holds, too. */
  sums(build: number, like: number): Promise<Summed>
  /** Where people and programs find it. */
  readonly address: string
  close(): Promise<void>
}
