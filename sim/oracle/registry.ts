/** Every invariant, with its check, or why it cannot be judged yet. */
import type { Find } from './check.ts'
import * as commands from './commands.ts'
import * as decisions from './decisions.ts'
import { energyIsConserved } from './energy.ts'
import * as facts from './facts.ts'
import * as liveness from './liveness.ts'
import * as snapshots from './snapshots.ts'
import * as states from './states.ts'
import * as views from './views.ts'
import * as votes from './votes.ts'
import * as writes from './writes.ts'

export interface Invariant {
  readonly id: string
  readonly text: string
  readonly checks: readonly Find[]
  /** Why it is not judged here. */
  readonly notYet?: string
}
const judged = (id: string, text: string, ...checks: Find[]): Invariant => ({ id, text, checks })
const notYet = (id: string, text: string, why: string): Invariant => ({ id, text, checks: [], notYet: why })

export const INVARIANTS: readonly Invariant[] = [
  judged('S1', 'every write traces to a certificate, a law under one, or a fallback', writes.traced, writes.certified),
  judged('S2', 'no two digests are certified for one cycle', votes.oneDigest),
  judged('S3', 'the applied cycle rises', writes.rising),
  judged('S4', 'no write starts after its validity', writes.inTime, writes.beatsInTime),
  judged('S5', 'no write leaves the envelope', writes.inEnvelope, writes.exportLimited, decisions.decidedWithinReach),
  judged('S6', 'a durable intent precedes', writes.intendedPulses, writes.intendedSetpoints),
  notYet('S7', 'leases of two gateways never overlap', 'a site has one gateway'),
  judged('S8', 'what is not idempotent takes effect at most once', writes.intendedPulses, facts.pulsesToldTruly),
  judged(
    'S9',
    'confirmed means read back equal',
    facts.confirmedWasHeld,
    facts.writtenWasSeen,
    commands.confirmedAsAsked,
  ),
  judged(
    'S10',
    'a command has one end, within its bound',
    facts.oneEnd,
    commands.endedRidesNoMore,
    commands.lateIsRejected,
    commands.eachEnds,
  ),
  judged(
    'S11',
    'unknown is neither success nor failure',
    facts.pulsesToldTruly,
    commands.cutShortIsUnknown,
    commands.noAnswerIsNoFailure,
    commands.toldAsItWas,
  ),
  judged('S12', 'one faulty node causes no write', writes.certified, writes.aloneIsAlone),
  judged('S13', 'a forged candidate is no vote', writes.certified),
  judged('S14', 'a key votes once', writes.certified, votes.neverTwice),
  judged('S15', 'a key is out by proof alone, and then stays out', votes.outByProofAlone),
  judged('S16', 'replicas at a position have equal states', votes.equalStates, votes.equalDecisions),
  judged('S17', 'a replay gives the live state', states.replayEqualsLive),
  judged('S18', 'the engine in force decides', votes.activeEngine, votes.silentWithoutEngine),
  judged('S19', 'what is acknowledged is in the log', facts.acknowledgedIsLogged),
  judged('S20', 'each durable entry comes exactly once', facts.gapsAreExact, facts.framesArrive, views.framesAreRows),
  judged('S21', 'a gap is recorded exactly', facts.gapsAreExact, facts.gapsAreNeeded),
  judged('S22', 'a checkpoint and its rows are one prefix', views.rowsAreThePrefix, views.asideIsOnRecord),
  judged('S23', 'no tenant touches another', commands.askedFor, states.strangersChangeNothing),
  judged(
    'S24',
    'stale or bad is never zero and never fresh',
    facts.goodIsTrue,
    writes.blindLimits,
    decisions.decidedWithinReach,
    decisions.blindLetsGo,
  ),
  judged(
    'S25',
    'a restart moves no output',
    writes.ramped,
    writes.startsQuietly,
    decisions.byHandFromApplied,
    decisions.decidedAsBefore,
  ),
  judged('S26', 'what nobody signed changes nothing', states.forgeriesChangeNothing, commands.askedFor),
  judged('S27', 'one clock does not move time', states.timeIsTrue),
  judged('S28', 'backfill yields no candidate', votes.decidedOnFrames, votes.historyStaysHistory),
  judged('S29', 'power keeps its ramp', writes.ramped),
  judged('S30', 'a register keeps its budget', writes.budgeted),
  judged('S31', 'shares sum to the total, or what is beyond is named', decisions.sharedExactly),
  judged(
    'S32',
    'commands take effect in log order',
    facts.inLogOrder,
    commands.oneOnASetpoint,
    commands.confirmedAsAsked,
  ),
  judged('S33', 'versions never fall', votes.manifestsRise),
  judged('S34', 'a foreign snapshot needs two signatures', snapshots.begunAtKnown),
  judged('S35', 'a condition has one record', facts.oneRecordEach, commands.returnedIsOver),
  judged('S36', 'local mode suppresses every write', writes.leavesLocalAlone, decisions.decidedWithinReach),
  judged('L1', 'one death leaves no slot uncovered and holds none', liveness.oneDeathCovers),
  judged('L2', 'each cycle is decided in time', liveness.decidesAgain, liveness.oneFaultyNodeCosts),
  judged('L3', 'without a quorum comes the fallback', liveness.fallsBack),
  notYet('L4', 'a gateway fails over', 'a site has one gateway'),
  judged('L5', 'all converge after the faults', liveness.replicasConverge, views.viewsConverge),
  judged('L6', 'silence is alarmed', liveness.silenceIsAlarmed, liveness.faultyIsAlarmed),
  judged('energy', 'the log and the meter count the same energy', energyIsConserved),
  judged('L7', 'a restarted replica votes again', liveness.rejoins),
]
