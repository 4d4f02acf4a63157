/** A short history of a household, as its nodes and its gateway would have recorded it, in memory. */
import { SiteFold } from '../../../actors/controller/fold.ts'
import { signCandidate } from '../../../protocol/codec/candidate.ts'
import { canonical, sha256 } from '../../../protocol/codec/canonical.ts'
import { sealFact } from '../../../protocol/codec/fact.ts'
import type { EventLog } from '../../../protocol/log/event-log.ts'
import { openMemoryLog } from '../../../protocol/log/memory.ts'
import type { Clock } from '../../../protocol/ports.ts'
import type { Candidate } from '../../../protocol/words/candidate.ts'
import type { Fact, FactOf } from '../../../protocol/words/facts.ts'
import { Progress } from '../../../supervisors/records/progress.ts'
import {
  asked,
  byAdministrator,
  claim,
  FoldBench,
  frame,
  head,
  installed,
  manifestOf,
  NODES,
  START_MS,
  signerOf,
} from '../controller/household.ts'

export const CYCLES = 6
const still: Clock = { monotonicMs: () => 0, monotonicUs: () => 0, wallMs: () => 0, after: () => ({ cancel() {} }) }
export const progress = () => new Progress('test', 1, still, () => {})

export interface Recorded {
  readonly facts: string[]
  readonly decisions: string[]
  readonly candidates: readonly Candidate[]
}

/** Each cycle: three claims, a frame that came twice, three decisions, a receipt with a certificate of two. */
export function recorded(): Recorded {
  const fold = new SiteFold(FoldBench.options)
  const facts: string[] = []
  const decisions: string[] = []
  const candidates: Candidate[] = []
  const append = (fact: Fact) => {
    facts.push(sealFact(fact, signerOf(fact.by)))
    return fold.take(facts.length - 1, facts.at(-1)!)
  }
  append(installed(byAdministrator(manifestOf())))
  for (let cycle = 1; cycle <= CYCLES; cycle++) {
    const atMs = START_MS + cycle * 1_000
    for (const by of NODES) append(claim(by, cycle, atMs))
    if (cycle === 2) {
      append(asked('go-automatic', 'site', 'automatic', atMs))
      append(asked('stop-too-soon', 'bat1', 'stop', atMs))
    }
    const taken = append(frame(cycle))
    append(frame(cycle))
    if (taken.kind !== 'stepped' || !taken.candidate) throw new Error('a frame that decides nothing')
    const { candidate } = taken
    candidates.push(candidate)
    for (const by of NODES) decisions.push(decided(candidate, by))
    append(receipt(cycle, candidate))
  }
  return { facts, decisions, candidates }
}
export const decided = (candidate: Candidate, by: string): string => {
  const signed = signCandidate(candidate, signerOf(by))
  return canonical({ v: 1, kind: 'Decided', site: 'home', position: candidate.position, ...signed })
}
export function receipt(seq: number, candidate: Candidate, changes: Partial<FactOf<'ReceiptRecorded'>> = {}): Fact {
  const { epoch, cycle } = candidate
  const bytes = canonical(candidate)
  const signatures = Object.fromEntries(['node-a', 'node-b'].map(by => [by, signerOf(by).sign('candidate', bytes)]))
  const certificate = { epoch, cycle, digest: sha256(bytes), signatures }
  const write = {
    asset: 'bat1',
    name: 'power',
    kind: 'setpoint',
    decided: 0,
    written: 0,
    accepted: true,
    readBack: 0,
    outcome: 'confirmed',
  } as const
  const own = { kind: 'ReceiptRecorded', by: 'gateway', seq, epoch, cycle, source: 'majority', certificate } as const
  return { ...head, ...own, dissent: [], writes: [write], effects: [], commands: [], ...changes }
}

export async function logOf(topic: 'facts' | 'decisions', bodies: readonly string[]): Promise<EventLog> {
  const log = openMemoryLog({ topic })
  await log.append(bodies.map(body => ({ partition: 0, body })))
  return log
}
