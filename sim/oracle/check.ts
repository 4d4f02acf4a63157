/** One invariant as a check of the evidence. */
import type { Profile } from '../faults/profile.ts'
import type { Evidence } from './evidence.ts'

export interface Trialled {
  readonly profile: Profile
  /** From here on no fault is in force. */
  readonly healedFromMs: number
  readonly endMs: number
}
export interface Violation {
  readonly invariant: string
  readonly atMs: number
  readonly text: string
}
export type Find = (e: Evidence, t: Trialled) => readonly Finding[]
export type Finding = Omit<Violation, 'invariant'>

/** Violations of one kind that are told: what is broken is broken again and again. */
export const TOLD_MAX = 3
