/**
 * Where a replica begins: at its own snapshot, where that counts, else at one that two nodes have signed
 * (`shared-snapshot.ts`), else at the beginning of the log; and what it passes.
 *
 * B1  A snapshot that does not fit is refused and replay takes over: it is a saving of time, never a source. One below
 *     what the log still holds does not fit.
 * B2  A snapshot of another engine is taken where the log below it was trimmed away, and only where nothing of the site
 *     lies between it and the manifest that names this engine: there the former engine ended on every node, which has
 *     kept the same state at the same position (a run stops so), and migrating it is a pure function (`migrateSite`).
 *     What lies between, some would have stepped with the former definitions and some with the new ones.
 * B3  What an administrator has had passed is known before it is met. A snapshot that holds it as stepped is refused.
 */
import { type FoldOptions, type FrozenFold, SiteFold } from '../../actors/controller/fold.ts'
import type { Skips } from '../../actors/controller/skips.ts'
import { parseFact } from '../../protocol/codec/fact.ts'
import type { EventLog } from '../../protocol/log/event-log.ts'
import type { Note } from '../../protocol/ports.ts'
import type { Manifest } from '../../protocol/words/manifest.ts'
import { skipsIn } from '../records/skips.ts'
import { sweep } from '../records/sweep.ts'
import { twiceSigned } from './shared-snapshot.ts'

export interface BeginningOf {
  readonly facts: EventLog
  readonly snapshots: EventLog
  readonly fold: Omit<FoldOptions, 'passed'>
  /** What this node was started with: by its keys the signatures of others count. */
  readonly manifest: Manifest
  readonly note: Note
}
export interface Beginning {
  readonly fold: SiteFold
  readonly options: FoldOptions
  /** Skips up to here are known. */
  readonly aheadTo: number
}

/** A snapshot as a node keeps and signs it. */
export interface Kept {
  readonly tenant: string
  readonly site: string
  readonly hash: string
  /** The topic's id: a position means nothing in another log. */
  readonly log: string
  readonly fold: FrozenFold
}
/** Null before the first manifest. */
export function keptOf(fold: SiteFold, { tenant, site }: FoldOptions, log: string): Kept | null {
  const frozen = fold.freeze()
  return frozen && { tenant, site, hash: fold.stateHash(), log, fold: frozen }
}

/** `snapshot`: as it was kept; empty: none. */
export async function begin(of: BeginningOf, snapshot: string): Promise<Beginning> {
  const { facts } = of
  const { partition } = of.manifest
  const passed = new Set<number>()
  const options: FoldOptions = { ...of.fold, passed }
  const aheadTo = (await facts.ends(partition)).next - 1
  let fold = (await own(of, options, snapshot)) ?? (await adopted(of, options)) ?? new SiteFold(options)
  const { state, latest: manifest, position } = fold
  const since = state && { manifest, epoch: state.epoch, cycle: state.cycle, from: position + 1 }
  let skips = await skipsIn(facts, partition, of.fold, since ?? undefined)
  const below = (named: number) => named <= position && !fold.passed.includes(named)
  if ([...skips.passed, ...skips.void].some(below)) {
    skips = await skipsIn(facts, partition, of.fold) // whether it is void can only be told from before the record
    if (hasStepped(fold, skips)) fold = new SiteFold(options) // B3
  }
  for (const named of skips.passed) passed.add(named)
  return { fold, options, aheadTo }
}

/** It has stepped a record that was to be passed. */
export const hasStepped = (fold: SiteFold, skips: Skips): boolean =>
  [...skips.passed].some(named => named <= fold.position && !fold.passed.includes(named))

async function own(of: BeginningOf, options: FoldOptions, snapshot: string): Promise<SiteFold | null> {
  if (!snapshot) return null
  try {
    const kept = JSON.parse(snapshot) as Kept
    const { engine } = kept.fold
    if (!(await fits(of, kept)) || (engine !== options.engine && !(await endsFormer(of, kept.fold)))) return null
    return thawed(of, options, kept)
  } catch (error) {
    of.note('warn', 'snapshot refused', { error: String(error) }) // B1
    return null
  }
}
async function adopted(of: BeginningOf, options: FoldOptions): Promise<SiteFold | null> {
  try {
    const pair = await twiceSigned(
      of.snapshots,
      { manifest: of.manifest, verifier: options.verifier },
      ({ fold }) => fold.engine === options.engine,
    )
    if (!pair || !(await fits(of, pair.kept))) return null
    const fold = thawed(of, options, pair.kept)
    if (fold) of.note('info', 'begins at a snapshot of other nodes', { position: fold.position, by: pair.by })
    return fold
  } catch (error) {
    of.note('warn', 'snapshot of other nodes refused', { error: String(error) }) // B1
    return null
  }
}

/**
 * For a projection of a log that was trimmed: the oldest, since all above it can still be made rows of. Null: there is
 * none yet.
 */
export async function oldestShared(of: BeginningOf, passed: ReadonlySet<number>): Promise<FrozenFold | null> {
  const { facts, snapshots, manifest, fold, note } = of
  const { topicId } = await facts.describe()
  const { earliest } = await facts.ends(manifest.partition)
  const wanted = ({ log, fold: frozen }: Kept) =>
    log === topicId &&
    frozen.position + 1 >= earliest &&
    frozen.engine === fold.engine &&
    [...passed].every(named => named > frozen.position || frozen.passed.includes(named)) // B3
  const pair = await twiceSigned(snapshots, { manifest, verifier: fold.verifier }, wanted, 'oldest')
  if (!pair || !thawed(of, { ...fold, passed }, pair.kept)) return null
  note('info', 'begins at a snapshot of the nodes', { position: pair.kept.fold.position, by: pair.by })
  return pair.kept.fold
}

/** Of this log, which still holds what comes after it. */
async function fits({ facts, manifest: { partition }, note }: BeginningOf, { log, fold }: Kept): Promise<boolean> {
  if (log !== (await facts.describe()).topicId) return false
  const { earliest } = await facts.ends(partition)
  if (fold.position + 1 >= earliest) return true
  note('warn', 'snapshot refused: the log begins above it', { position: fold.position, earliest })
  return false
}
function thawed(of: BeginningOf, options: FoldOptions, { hash, fold: frozen }: Kept): SiteFold | null {
  const fold = SiteFold.thaw(options, frozen)
  if (frozen.engine !== options.engine || fold.stateHash() === hash) return fold
  of.note('warn', 'snapshot refused: its state is another one than it says', { position: frozen.position })
  return null
}

/** B2 */
async function endsFormer(
  { facts, fold, note, manifest: { partition } }: BeginningOf,
  { position }: FrozenFold,
): Promise<boolean> {
  if ((await facts.ends(partition)).earliest === 0) return false // all is there: this engine folds it
  for await (const records of sweep(facts, partition, { from: position + 1 }))
    for (const { body } of records) {
      const parsed = parseFact(body)
      if (parsed.kind === 'refused' || parsed.fact.tenant !== fold.tenant) continue
      const { fact } = parsed
      if ('site' in fact && fact.site !== fold.site) continue
      if (fact.kind === 'ManifestInstalled') return fact.manifest.manifest.engines.some(e => e.hash === fold.engine)
      const why = 'run the former version once more, stop it in order, and start this one again'
      note('error', `snapshot refused: the former engine did not end at it; ${why}`, { position })
      return false
    }
  return true
}
