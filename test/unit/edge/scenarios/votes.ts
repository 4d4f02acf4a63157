/** Votes as a voter gets them: three replicas, a quorum of two, one digest for each letter. */
import type { Vote } from '../../../../edge/ballots.ts'
import type { Verdict } from '../../../../edge/verdict.ts'
import type { VoterEvent, VoterRules } from '../../../../edge/voter.ts'
import type { Candidate } from '../../../../protocol/words/candidate.ts'

export const rules: VoterRules = {
  replicas: ['a', 'b', 'c'],
  quorum: 2,
  deadlineMs: 600,
  validityMs: 5_000,
  single: null,
  ballotsMs: 8_000,
}
function voteOf(by: string, cycle: number, says = 'x', change: Partial<Candidate> = {}): Vote {
  const candidate = {
    epoch: 1,
    cycle,
    manifest: 'manifest',
    engine: 'engine',
    chain: 'chain',
    validityMs: 5_000,
    actions: { mode: 'automatic', assets: {}, laws: [], commands: [] },
    ...change,
  } as unknown as Candidate
  return { by, digest: says, candidate, signed: { by, bytes: says, signature: `${by} signs ${says}` } }
}
export const emitted = (cycle: number) => (atMs: number) => ({ type: 'emitted', cycle, atMs }) as const
export const ended =
  (cycle: number, fieldUp = true) =>
  (atMs: number) =>
    ({ type: 'slotEnded', cycle, atMs, fieldUp }) as const
export const vote =
  (by: string, cycle: number, says?: string, change?: Partial<Candidate>) =>
  (atMs: number): VoterEvent => ({ type: 'vote', vote: voteOf(by, cycle, says, change), atMs })

export const standing = (cycle: number, validUntilMs: number): Verdict => ({
  source: 'majority',
  epoch: 1,
  cycle,
  certificate: { epoch: 1, cycle, digest: 'x', signatures: {} },
  actions: { mode: 'automatic', assets: {}, laws: [], commands: [] },
  dissent: [],
  emittedAtMs: validUntilMs - 5_000,
  validUntilMs,
})
