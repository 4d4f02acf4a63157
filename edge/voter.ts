/**
 * The voter's chart: which source governs the site. It is the ladder of the design, and nothing else decides it:
 *
 *   majority   a quorum of equal digests; the newest cycle above the last applied and younger than V (S2, S3, S4)
 *   single     after validity, where the manifest allows it: one replica answers, narrower and for a time
 *   lapsed     nothing is valid: the assets' local laws, then the devices' own defaults
 *   returning  from single or lapsed, five quorums in a row, so that a flickering quorum does not swing the plant
 *
 * A disagreement is never resolved by priority: it only makes a quorum impossible, and the standing verdict ends.
 */
import { defineMachine } from '../actors/kit/machine.ts'
import { NO_SLOTS, type Slots } from '../protocol/words/facts.ts'
import { type Ballot, type Ballots, cast, decide, dissenters, opened, type Vote } from './ballots.ts'
import { counted, type SlotClass, slotClass } from './slots.ts'
import type { Verdict } from './verdict.ts'

/** Quorums in a row before a site comes back from a fallback. */
export const RETURN_AFTER = 5
/** Slots without a vote after which a replica counts as silent (L6). */
export const SILENT_AFTER = 5
/** Slots of agreement after which a dissenter's alarm returns. */
const AGREES_AFTER = 10

export interface VoterRules {
  readonly replicas: readonly string[]
  readonly quorum: number
  readonly deadlineMs: number
  readonly validityMs: number
  readonly single: { readonly forMs: number } | null
  /** How long a ballot is kept: as long as a verdict can be valid, and some cycles for late votes. */
  readonly ballotsMs: number
}
export interface VoterContext {
  readonly rules: VoterRules
  readonly epoch: number
  readonly ballots: Ballots
  readonly applied: number
  readonly standing: Verdict | null
  /** Monotonic ms at which this voter began: a standing verdict may be from before. */
  readonly startedAtMs: number
  readonly inARow: number
  readonly slots: Slots
  /** Slots since each replica was last heard, and since it last disagreed. */
  readonly quiet: Readonly<Record<string, number>>
  readonly agreed: Readonly<Record<string, number>>
  /** Proven to have signed two answers to one question: out until they are enrolled anew (S15). */
  readonly disqualified: readonly string[]
}
export type VoterEvent =
  | { readonly type: 'emitted'; readonly cycle: number; readonly atMs: number }
  | { readonly type: 'vote'; readonly vote: Vote; readonly atMs: number }
  | { readonly type: 'slotEnded'; readonly cycle: number; readonly atMs: number; readonly fieldUp: boolean }
export type VoterEffect =
  | { readonly kind: 'apply'; readonly verdict: Verdict }
  | { readonly kind: 'lapse' }
  /** `undecided`: the next frame is there, and this one's has no quorum. */
  | { readonly kind: 'held' | 'undecided'; readonly cycle: number }
  | { readonly kind: 'slot'; readonly cycle: number; readonly slot: SlotClass }
  | {
      readonly kind: 'dissent'
      readonly cycle: number
      readonly by: string
      readonly digest: string
      readonly instead: string
    }
  | { readonly kind: 'agreement'; readonly by: string }
  | { readonly kind: 'silent' | 'heard'; readonly by: string }
  | { readonly kind: 'equivocation'; readonly by: string; readonly first: Vote; readonly second: Vote }

type See = { readonly context: VoterContext; readonly event: VoterEvent }
type VoteEvent = Extract<VoterEvent, { type: 'vote' }>

/** The vote counted, if it may count: from a configured replica that is not out, of this gateway's epoch (S13, S14). */
function castVote({ context, event }: See) {
  const { vote } = event as VoteEvent
  if (!context.rules.replicas.includes(vote.by) || context.disqualified.includes(vote.by)) return null
  if (vote.candidate.epoch !== context.epoch) return null
  return cast(context.ballots, vote)
}
const validFor = (context: VoterContext, vote: Vote) => Math.min(vote.candidate.validityMs, context.rules.validityMs)
const fresh = ({ context, event }: See, ballot: Ballot) => {
  const { vote, atMs } = event as VoteEvent
  return ballot.cycle > context.applied && atMs - ballot.emittedAtMs < validFor(context, vote) // S3, S4
}
/** Who has voted since the last quorum, in so many slots at most: one of them is alone, several are at odds. */
function answering({ ballots }: VoterContext): readonly string[] {
  const since = ballots.findLastIndex(b => b.decided !== null) + 1
  const recent = ballots.slice(Math.max(since, ballots.length - SILENT_AFTER))
  return [...new Set(recent.flatMap(b => b.votes.map(v => v.by)))]
}

/** Does this vote complete a quorum for a cycle that may still be applied? */
function quorum(see: See): boolean {
  const c = castVote(see)
  if (c?.kind !== 'counted' || c.ballot.decided) return false
  return c.agreeing.length >= see.context.rules.quorum && fresh(see, c.ballot)
}

function verdictOf(source: Verdict['source'], see: See): Verdict {
  const { vote } = see.event as VoteEvent
  const c = castVote(see) as Extract<ReturnType<typeof cast>, { kind: 'counted' }>
  const { candidate, digest } = vote
  return {
    source,
    epoch: candidate.epoch,
    cycle: candidate.cycle,
    certificate: {
      epoch: candidate.epoch,
      cycle: candidate.cycle,
      digest,
      signatures: Object.fromEntries(c.agreeing.map(v => [v.by, v.signed.signature])),
    },
    actions: candidate.actions,
    dissent: dissenters(c.ballot, digest),
    emittedAtMs: c.ballot.emittedAtMs,
    validUntilMs: c.ballot.emittedAtMs + validFor(see.context, vote),
  }
}

/** Records the vote; says dissent against a decided cycle, equivocation, a voice heard again. */
function count(see: See): { remember: Partial<VoterContext>; do: VoterEffect[] } {
  const { context } = see
  const { vote } = see.event as VoteEvent
  const effects: VoterEffect[] = []
  const c = castVote(see)
  if (c === null || c.kind === 'unknownCycle' || c.kind === 'repeat' || c.kind === 'secondThought')
    return { remember: {}, do: [] }
  if (c.kind === 'equivocation')
    return {
      remember: { disqualified: [...context.disqualified, vote.by] },
      do: [{ kind: 'equivocation', by: vote.by, first: c.first, second: vote }],
    }
  if ((context.quiet[vote.by] ?? 0) >= SILENT_AFTER) effects.push({ kind: 'heard', by: vote.by })
  let agreed = context.agreed
  const { decided } = c.ballot
  if (decided && decided.digest !== vote.digest) {
    effects.push({ kind: 'dissent', cycle: c.ballot.cycle, by: vote.by, digest: vote.digest, instead: decided.digest })
    agreed = { ...agreed, [vote.by]: 0 }
  }
  return { remember: { ballots: c.ballots, quiet: { ...context.quiet, [vote.by]: 0 }, agreed }, do: effects }
}

/** The quorum's own step: decided in the ballot; whoever had voted otherwise before it is a dissenter. */
function settle(see: See): { remember: Partial<VoterContext>; do: VoterEffect[] } {
  const { atMs, vote } = see.event as VoteEvent
  const verdict = verdictOf('majority', see)
  const recorded = count(see)
  const agreed = { ...(recorded.remember.agreed ?? see.context.agreed) }
  const effects = [...recorded.do]
  for (const d of verdict.dissent) {
    agreed[d.by] = 0
    effects.push({ kind: 'dissent', cycle: verdict.cycle, ...d, instead: vote.digest })
  }
  const ballots = decide(recorded.remember.ballots ?? see.context.ballots, verdict.cycle, vote.digest, atMs)
  return { remember: { ...recorded.remember, ballots, agreed }, do: effects }
}

const slot = (see: See) => {
  const { context } = see
  const { cycle, atMs, fieldUp } = see.event as Extract<VoterEvent, { type: 'slotEnded' }>
  return { context, cycle, atMs, fieldUp, ballot: context.ballots.find(b => b.cycle === cycle) }
}

export const voterMachine = defineMachine<VoterContext, VoterEvent, VoterEffect>()({
  id: 'voter',
  context: {
    rules: { replicas: [], quorum: 1, deadlineMs: 0, validityMs: 0, single: null, ballotsMs: 8_000 },
    epoch: 0,
    ballots: [],
    applied: 0,
    standing: null,
    startedAtMs: 0,
    inARow: 0,
    slots: NO_SLOTS,
    quiet: {},
    agreed: {},
    disqualified: [],
  },
  guards: {
    standing: ({ context }) => context.standing !== null,
    quorum,
    lastOfFive: see => quorum(see) && see.context.inARow + 1 >= RETURN_AFTER,
    /** One replica alone, and no other of another opinion: priority never resolves a disagreement. */
    alone: see => {
      if (!see.context.rules.single) return false
      const c = castVote(see)
      if (c?.kind !== 'counted' || !fresh(see, c.ballot)) return false
      return answering({ ...see.context, ballots: c.ballots }).every(by => by === (see.event as VoteEvent).vote.by)
    },
    singleAllowed: ({ context }) => context.rules.single !== null && answering(context).length === 1,
    undecided: see => slot(see).ballot?.decided === null,
  },
  delays: {
    untilInvalid: ({ context, event }) => {
      const until = context.standing?.validUntilMs
      return until === undefined
        ? context.rules.validityMs
        : until - ('atMs' in event ? event.atMs : context.startedAtMs)
    },
    oneValidity: ({ context }) => context.rules.validityMs,
    singleLimit: ({ context }) => context.rules.single?.forMs ?? 0,
  },
  actions: {
    open: ({ context, event }) => {
      const { cycle, atMs } = event as Extract<VoterEvent, { type: 'emitted' }>
      const before = context.ballots.at(-1)
      return {
        remember: { ballots: opened(context.ballots, cycle, atMs, context.rules.ballotsMs) },
        do: before?.decided === null ? [{ kind: 'undecided', cycle: before.cycle }] : [],
      }
    },
    count,
    settle,
    apply: see => {
      const verdict = verdictOf('majority', see)
      const settled = settle(see)
      return {
        remember: { ...settled.remember, standing: verdict, applied: verdict.cycle, inARow: 0 },
        do: [...settled.do, { kind: 'apply', verdict }],
      }
    },
    applySingle: see => {
      const verdict = verdictOf('single', see)
      const recorded = count(see)
      return {
        remember: { ...recorded.remember, standing: verdict, applied: verdict.cycle },
        do: [...recorded.do, { kind: 'apply', verdict }],
      }
    },
    oneMore: see => {
      const settled = settle(see)
      return { remember: { ...settled.remember, inARow: see.context.inARow + 1 }, do: settled.do }
    },
    lapse: () => ({ remember: { standing: null, inARow: 0 }, do: { kind: 'lapse' } }),
    giveWay: () => ({ remember: { standing: null }, do: { kind: 'lapse' } }),
    classify: see => {
      const { context, cycle, atMs, fieldUp, ballot } = slot(see)
      if (!ballot) return {}
      const { rules, standing } = context
      const which = slotClass(ballot, rules.deadlineMs, standing?.validUntilMs ?? null, atMs, fieldUp)
      const effects: VoterEffect[] = [{ kind: 'slot', cycle, slot: which }]
      if (!ballot.decided && standing) effects.push({ kind: 'held', cycle })
      const quiet: Record<string, number> = {}
      const agreed: Record<string, number> = {}
      for (const by of rules.replicas) {
        const vote = ballot.votes.find(v => v.by === by)
        const heard = vote !== undefined
        quiet[by] = heard ? 0 : (context.quiet[by] ?? 0) + 1
        if (quiet[by] === SILENT_AFTER) effects.push({ kind: 'silent', by })
        const before = context.agreed[by] ?? AGREES_AFTER
        agreed[by] = heard && ballot.decided?.digest === vote.digest ? before + 1 : before
        if (before < AGREES_AFTER && agreed[by] === AGREES_AFTER) effects.push({ kind: 'agreement', by })
      }
      return { remember: { slots: counted(context.slots, which), quiet, agreed }, do: effects }
    },
  },
  chart: {
    initial: 'waiting',
    on: {
      emitted: { actions: 'open' },
      slotEnded: { actions: 'classify' },
      vote: { actions: 'count' },
    },
    states: {
      waiting: {
        description: 'Since the start no cycle has had a quorum',
        always: { guard: 'standing', target: 'majority' },
        on: { vote: [{ guard: 'quorum', target: 'majority', actions: 'apply' }] },
        after: { untilInvalid: 'lapsed' },
      },
      majority: {
        tags: 'governed',
        on: { vote: [{ guard: 'quorum', target: 'majority', reenter: true, actions: 'apply' }] },
        after: { untilInvalid: [{ guard: 'singleAllowed', target: 'single' }, 'lapsed'] },
      },
      single: {
        tags: 'governed',
        description: 'Priority fallback: narrower envelope, for a time, alarmed',
        initial: 'asked',
        after: { singleLimit: 'lapsed' },
        states: {
          asked: {
            description: 'Nothing of it is valid yet',
            on: {
              vote: [
                { guard: 'quorum', target: '#voter.returning', actions: 'oneMore' },
                { guard: 'alone', target: 'answered', actions: 'applySingle' },
              ],
            },
            after: { oneValidity: '#voter.lapsed' },
          },
          answered: {
            on: {
              vote: [
                { guard: 'quorum', target: '#voter.returning', actions: 'oneMore' },
                { guard: 'alone', target: 'answered', reenter: true, actions: 'applySingle' },
              ],
            },
            after: { untilInvalid: '#voter.lapsed' },
          },
        },
      },
      lapsed: {
        entry: 'lapse',
        on: { vote: [{ guard: 'quorum', target: 'returning', actions: 'oneMore' }] },
      },
      returning: {
        on: {
          vote: [
            { guard: 'lastOfFive', target: 'majority', actions: 'apply' },
            { guard: 'quorum', actions: 'oneMore' },
          ],
          slotEnded: { guard: 'undecided', target: 'lapsed', actions: 'classify' },
        },
        // the single replica's verdict ends while the quorum still proves itself
        after: { untilInvalid: { guard: 'standing', actions: 'giveWay' } },
      },
    },
  },
})
