/**
 * One cycle of a site, told from the log and the recorded decisions alone: what was measured, what the fold decides
 * and why, who voted how, what was written and what the device held afterwards.
 */
import { type AlarmCondition, alarmCondition } from '../../actors/alarms/life.ts'
import { type FoldOptions, SiteFold } from '../../actors/controller/fold.ts'
import type { AlarmRecord } from '../../actors/controller/state.ts'
import { recordsOf } from '../../actors/kit/keyed.ts'
import { canonical, sha256 } from '../../protocol/codec/canonical.ts'
import { type Decided, parseDecided } from '../../protocol/codec/decided.ts'
import { parseFact } from '../../protocol/codec/fact.ts'
import type { EventLog } from '../../protocol/log/event-log.ts'
import type { Candidate } from '../../protocol/words/candidate.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { AssetFrame, CommandReceipt, EffectReceipt, FactOf, WriteReceipt } from '../../protocol/words/facts.ts'
import { engineAt, type Manifest } from '../../protocol/words/manifest.ts'
import { findBack } from './backwards.ts'
import type { Progress } from './progress.ts'
import { sweep } from './sweep.ts'

export interface ExplainOptions {
  readonly facts: EventLog
  readonly decisions: EventLog | null
  readonly partition: number
  readonly fold: FoldOptions
  /** Absent: the newest that was decided. */
  readonly cycle?: number
  readonly progress: Progress
}

interface Vote {
  readonly by: string
  readonly digest: string | null
  readonly says: 'agrees' | 'agrees, too late for the certificate' | 'dissents' | 'silent'
}
export interface Explained {
  readonly site: string
  readonly epoch: number
  readonly cycle: number
  readonly position: number
  /** Log time, ms. */
  readonly nowMs: number
  readonly manifest: { readonly version: number; readonly hash: string }
  readonly candidate: Candidate
  readonly digest: string
  readonly frame: Readonly<Record<string, AssetFrame>>
  /** Null: no certificate for this cycle is in the log. */
  readonly verdict: { readonly source: string; readonly certifies: string; readonly signed: readonly string[] } | null
  readonly votes: readonly Vote[]
  /** The newest write of each setpoint and pulse under this verdict. */
  readonly writes: readonly WriteReceipt[]
  readonly effects: readonly EffectReceipt[]
  readonly ended: readonly CommandReceipt[]
  readonly alarms: Readonly<Record<string, Omit<AlarmRecord, 'state'> & { readonly condition: AlarmCondition }>>
}
export interface Told {
  readonly explained: Explained
  readonly fold: SiteFold
}
type Receipt = FactOf<'ReceiptRecorded'>

/** Throws NOT_FOUND. */
export async function explain(o: ExplainOptions): Promise<Told> {
  const at = await locate(o)
  const quick = await foldTo(o, at, true)
  const decided = await decisionsAt(o, quick.candidate.position)
  const receipts = await receiptsOf(o, at)
  // the chain that others signed proves what was taken; without it every signature is checked
  const proven =
    decided.some(d => d.bytes.includes(`"chain":"${quick.candidate.chain}"`)) ||
    receipts.some(r => r.certificate?.digest === digestOf(quick.candidate, quick.fold.manifest!))
  const found = proven ? quick : await foldTo(o, at, false)
  return { fold: found.fold, explained: assemble(found, decided, receipts) }
}

interface At {
  readonly epoch: number
  readonly cycle: number
}

/** The newest cycle of that number, or the newest with a certificate. */
async function locate({ facts, partition, fold, cycle }: ExplainOptions): Promise<At> {
  const at = await findBack(facts, partition, ({ body }): At | null => {
    if (!body.includes(`"site":"${fold.site}"`)) return null
    if (!body.includes(cycle === undefined ? '"kind":"ReceiptRecorded"' : '"kind":"FrameMeasured"')) return null
    const parsed = parseFact(body)
    if (parsed.kind === 'refused') return null
    const { fact } = parsed
    if (fact.kind === 'FrameMeasured' && fact.cycle === cycle) return { epoch: fact.epoch, cycle }
    if (fact.kind === 'ReceiptRecorded' && cycle === undefined && fact.certificate)
      return { epoch: fact.certificate.epoch, cycle: fact.certificate.cycle }
    return null
  })
  if (at) return at
  throw new Refusal(
    'NOT_FOUND',
    cycle === undefined ? 'no cycle has been decided yet' : `the log has no cycle ${cycle}`,
  )
}

interface Found {
  readonly fold: SiteFold
  readonly candidate: Candidate
  readonly frame: FactOf<'FrameMeasured'>
}

async function foldTo({ facts, partition, fold: options, progress }: ExplainOptions, at: At, trusted: boolean) {
  const fold = new SiteFold(options)
  for await (const records of sweep(facts, partition)) {
    for (const { position, body } of records) {
      const taken = fold.take(position, body, trusted)
      if (taken.kind !== 'stepped' || taken.fact.kind !== 'FrameMeasured' || !taken.candidate) continue
      if (taken.candidate.epoch === at.epoch && taken.candidate.cycle === at.cycle)
        return { fold, candidate: taken.candidate, frame: taken.fact } satisfies Found
    }
    progress.advance(records.length)
  }
  throw new Refusal('NOT_FOUND', `the log yields no decision for epoch ${at.epoch} cycle ${at.cycle}`)
}

/** The bytes that were voted on name the manifest's engine, whichever build looks at them now. */
const digestOf = (candidate: Candidate, manifest: Manifest): string =>
  sha256(canonical({ ...candidate, engine: engineAt(manifest, candidate.cycle) }))

/** Newest first, because what is asked for is mostly recent; a node appends its decisions within a thousand of them. */
const LAG = 10_000
async function decisionsAt({ decisions, partition, fold }: ExplainOptions, position: number): Promise<Decided[]> {
  const found: Decided[] = []
  if (!decisions) return found
  let beyond = 0
  await findBack(decisions, partition, ({ body }) => {
    const decided = parseDecided(body)
    if (!decided || decided.site !== fold.site) return null
    if (decided.position === position) found.push(decided)
    if (decided.position < position) beyond++
    return beyond > LAG ? true : null
  })
  return found.sort((a, b) => (a.by < b.by ? -1 : 1))
}

async function receiptsOf({ facts, partition, fold }: ExplainOptions, { epoch, cycle }: At): Promise<Receipt[]> {
  const found = new Map<number, Receipt>()
  for await (const records of sweep(facts, partition))
    for (const { body } of records) {
      if (!body.includes('"kind":"ReceiptRecorded"') || !body.includes(`"cycle":${cycle},`)) continue
      const parsed = parseFact(body)
      if (parsed.kind === 'refused' || parsed.fact.kind !== 'ReceiptRecorded' || parsed.fact.site !== fold.site)
        continue
      const { fact } = parsed
      if (fact.epoch === epoch && fact.cycle === cycle) found.set(fact.seq, fact)
    }
  return [...found.values()]
}

function assemble(
  { fold, candidate, frame }: Found,
  decided: readonly Decided[],
  receipts: readonly Receipt[],
): Explained {
  const manifest = fold.manifest!
  const digest = digestOf(candidate, manifest)
  const certified = receipts.find(r => r.certificate)
  const certificate = certified?.certificate ?? null
  const dissent = receipts.flatMap(r => r.dissent)
  const newest = new Map<string, WriteReceipt>()
  for (const write of receipts.flatMap(r => r.writes)) newest.set(`${write.asset}.${write.id ?? write.name}`, write)
  return {
    site: manifest.site,
    epoch: candidate.epoch,
    cycle: candidate.cycle,
    position: candidate.position,
    nowMs: fold.state!.now,
    manifest: { version: manifest.version, hash: fold.manifestHash },
    candidate,
    digest,
    frame: frame.assets,
    verdict: certificate && {
      source: certified!.source,
      certifies: certificate.digest,
      signed: Object.keys(certificate.signatures).sort(),
    },
    votes: manifest.replicas.map(by => voteOf(by, certificate, dissent, decided, digest)),
    writes: [...newest.values()],
    effects: receipts.flatMap(r => r.effects),
    ended: receipts.flatMap(r => r.commands),
    alarms: Object.fromEntries(recordsOf(fold.state!.alarms).map(([key, alarm]) => [key, inWords(alarm)])),
  }
}

const inWords = ({ state, ...alarm }: AlarmRecord) => ({ ...alarm, condition: alarmCondition({ state }) })

/** What the gateway heard counts before what the node wrote down of itself. */
function voteOf(
  by: string,
  certificate: Receipt['certificate'],
  dissent: Receipt['dissent'],
  decided: readonly Decided[],
  digest: string,
): Vote {
  const against = dissent.find(d => d.by === by)
  if (against) return { by, digest: against.digest, says: 'dissents' }
  if (certificate?.signatures[by] !== undefined) return { by, digest: certificate.digest, says: 'agrees' }
  const own = decided.find(d => d.by === by)
  if (!own) return { by, digest: null, says: 'silent' }
  const said = sha256(own.bytes)
  const right = said === (certificate?.digest ?? digest)
  if (!right) return { by, digest: said, says: 'dissents' }
  return { by, digest: said, says: certificate ? 'agrees, too late for the certificate' : 'agrees' }
}
