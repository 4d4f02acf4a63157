/**
 * Counting votes: pure. One ballot for each cycle; a key counts once in it (S14), for the bytes that it signed first.
 * Nothing here waits, decides a fallback or knows a clock.
 */
import { sameQuestion } from '../protocol/codec/candidate.ts'
import type { Candidate, SignedCandidate } from '../protocol/words/candidate.ts'

export interface Vote {
  readonly by: string
  readonly digest: string
  readonly candidate: Candidate
  readonly signed: SignedCandidate
}
export interface Ballot {
  readonly cycle: number
  /** Monotonic ms at which the gateway emitted the cycle's frame. */
  readonly emittedAtMs: number
  readonly votes: readonly Vote[]
  /** The certified digest and when it got its quorum. */
  readonly decided: { readonly digest: string; readonly atMs: number } | null
}
export type Ballots = readonly Ballot[]

/** Those that are older than `keepMs` go: early frames must not drive out the ballot of the slot that they fall into. */
export const opened = (ballots: Ballots, cycle: number, emittedAtMs: number, keepMs: number): Ballots => [
  ...ballots.filter(b => emittedAtMs - b.emittedAtMs < keepMs),
  { cycle, emittedAtMs, votes: [], decided: null },
]

/** What a vote does to its ballot. */
export type Cast =
  /** No ballot of this cycle: never emitted by this epoch, or long gone. */
  | { readonly kind: 'unknownCycle' }
  /** The key has voted so already. */
  | { readonly kind: 'repeat' }
  /** The same key signed other bytes for the same cycle on the same input: proof of equivocation (S15). */
  | { readonly kind: 'equivocation'; readonly first: Vote }
  /** The same key signed other bytes on another input, engine or manifest: its first vote stays. */
  | { readonly kind: 'secondThought' }
  | { readonly kind: 'counted'; readonly ballots: Ballots; readonly ballot: Ballot; readonly agreeing: readonly Vote[] }

export function cast(ballots: Ballots, vote: Vote): Cast {
  const at = ballots.findIndex(b => b.cycle === vote.candidate.cycle)
  const ballot = ballots[at]
  if (!ballot) return { kind: 'unknownCycle' }
  const first = ballot.votes.find(v => v.by === vote.by)
  if (first) {
    if (first.digest === vote.digest) return { kind: 'repeat' }
    return sameQuestion(first.candidate, vote.candidate) ? { kind: 'equivocation', first } : { kind: 'secondThought' }
  }
  const counted: Ballot = { ...ballot, votes: [...ballot.votes, vote] }
  return {
    kind: 'counted',
    ballots: ballots.with(at, counted),
    ballot: counted,
    agreeing: counted.votes.filter(v => v.digest === vote.digest),
  }
}

export const decide = (ballots: Ballots, cycle: number, digest: string, atMs: number): Ballots =>
  ballots.map(b => (b.cycle === cycle ? { ...b, decided: { digest, atMs } } : b))

/** Who voted otherwise than the decided digest. */
export const dissenters = (ballot: Ballot, digest: string): { by: string; digest: string }[] =>
  ballot.votes.filter(v => v.digest !== digest).map(v => ({ by: v.by, digest: v.digest }))
