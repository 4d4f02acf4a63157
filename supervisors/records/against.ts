/**
 * A recorded log against other code: cycle by cycle, what was decided then and what this code would decide.
 *
 * A1  What was decided is what most nodes recorded of a cycle; the record of one that was outvoted is counted and no
 *     more, since no PLC has seen it.
 * A2  A cycle that the code decides and nobody recorded is no difference: nodes drop records that they cannot write.
 *     A recorded cycle that the code does not decide is one: the site would have fallen back.
 */
import { canonical } from '../../protocol/codec/canonical.ts'
import type { Actions } from '../../protocol/words/candidate.ts'
import { type Divergence, divergences } from './commanded.ts'

/** What should hold from a frame on, by whoever says so. */
export interface Decision {
  readonly position: number
  readonly epoch: number
  readonly cycle: number
  readonly actions: Actions
}
/** Both sides, read in step: neither is asked for more than the other has reached. */
export interface Side {
  /** The next decisions, up to the ones about a later fact. */
  upTo(position: number): Promise<readonly Decision[]>
}
export interface Reached {
  readonly position: number
  readonly decisions: readonly Decision[]
}
export interface CycleDiffers {
  readonly position: number
  readonly epoch: number
  readonly cycle: number
  readonly divergences: readonly Divergence[]
}
export interface Compared {
  /** Cycles that both sides decide. */
  readonly compared: number
  /** Of these, those in which anybody would act otherwise; with the cycles that are not decided any more. */
  readonly different: number
  readonly undecided: number
  /** Cycles that differ in what explains them only. */
  readonly words: number
  /** Decided by this code, and not in the record (A2). */
  readonly unrecorded: number
  /** Records of nodes that were outvoted (A1). */
  readonly outvoted: number
  readonly first: CycleDiffers | null
}

/** Frames that wait for all who record them: a node holds back at most 1,000 decisions. */
const WAITING = 2_000

export async function compare(
  computed: AsyncIterable<Reached>,
  recorded: Side,
  differs: (cycle: CycleDiffers) => Promise<void>,
): Promise<Compared> {
  const totals = { compared: 0, different: 0, undecided: 0, words: 0, unrecorded: 0, outvoted: 0 }
  let first: CycleDiffers | null = null
  const waiting = new Map<number, Frame>()
  const frame = (position: number): Frame => {
    const there = waiting.get(position) ?? { computed: null, votes: new Map() }
    waiting.set(position, there)
    return there
  }
  const judge = async (position: number, { computed: mine, votes }: Frame): Promise<void> => {
    const [decided, ...others] = [...votes.values()].sort((a, b) => b.count - a.count)
    totals.outvoted += others.reduce((sum, { count }) => sum + count, 0) // A1
    if (!decided) {
      totals.unrecorded++ // A2
      return
    }
    const { epoch, cycle, actions } = decided.decision
    if (mine) totals.compared++
    else totals.undecided++
    const found = mine ? divergences(actions, mine.actions) : UNDECIDED
    if (found.length === 0) return
    const told = { position, epoch, cycle, divergences: found }
    if (found.some(d => d.kind === 'commanded')) {
      totals.different++
      if (!first || position < first.position) first = told
    } else totals.words++
    await differs(told)
  }
  const settle = async (left: number): Promise<void> => {
    for (const position of [...waiting.keys()].sort((a, b) => a - b).slice(0, Math.max(0, waiting.size - left))) {
      await judge(position, waiting.get(position)!)
      waiting.delete(position)
    }
  }
  for await (const { position, decisions } of computed) {
    for (const decision of decisions) frame(decision.position).computed = decision
    for (const decision of await recorded.upTo(position)) vote(frame(decision.position), decision)
    if (waiting.size > 2 * WAITING) await settle(WAITING)
  }
  await settle(0)
  return { ...totals, first }
}

interface Frame {
  computed: Decision | null
  readonly votes: Map<string, { count: number; readonly decision: Decision }>
}
function vote({ votes }: Frame, decision: Decision): void {
  const bytes = canonical(decision.actions)
  const there = votes.get(bytes)
  if (there) there.count++
  else votes.set(bytes, { count: 1, decision })
}
const UNDECIDED: readonly Divergence[] = [{ kind: 'commanded', path: '', recorded: 'decided', computed: 'not decided' }]
