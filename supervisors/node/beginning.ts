/**
 * Where a replica begins: at its snapshot, where that counts, else at the beginning of the log; and what it passes.
 *
 * B1  A snapshot that does not fit is refused and replay takes over: it is a saving of time, never a source.
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
import { skipsIn } from '../records/skips.ts'
import { sweep } from '../records/sweep.ts'

export interface BeginningOf {
  readonly facts: EventLog
  readonly partition: number
  readonly fold: Omit<FoldOptions, 'passed'>
  readonly note: Note
}
export interface Beginning {
  readonly fold: SiteFold
  readonly options: FoldOptions
  /** Skips up to here are known. */
  readonly aheadTo: number
}

/** A snapshot as a node keeps it. */
interface Kept {
  readonly hash: string
  /** The topic's id: a position means nothing in another log. */
  readonly log: string
  readonly fold: FrozenFold
}
export async function keptOf(fold: SiteFold, facts: EventLog): Promise<Kept | null> {
  const frozen = fold.freeze()
  return frozen && { hash: fold.stateHash(), log: (await facts.describe()).topicId, fold: frozen }
}

/** `snapshot`: as it was kept; empty: none. */
export async function begin(of: BeginningOf, snapshot: string): Promise<Beginning> {
  const { facts, partition } = of
  const passed = new Set<number>()
  const options: FoldOptions = { ...of.fold, passed }
  const aheadTo = (await facts.ends(partition)).next - 1
  let fold = (await thawed(of, options, snapshot)) ?? new SiteFold(options)
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

async function thawed(of: BeginningOf, options: FoldOptions, snapshot: string): Promise<SiteFold | null> {
  if (!snapshot) return null
  try {
    const { hash, fold: frozen, log } = JSON.parse(snapshot) as Kept
    const own = frozen.engine === options.engine
    if (log !== (await of.facts.describe()).topicId || (!own && !(await endsFormer(of, frozen)))) return null
    const fold = SiteFold.thaw(options, frozen)
    if (!own || fold.stateHash() === hash) return fold
    of.note('warn', 'snapshot refused', { position: frozen.position })
  } catch (error) {
    of.note('warn', 'snapshot refused', { error: String(error) }) // B1
  }
  return null
}

/** B2 */
async function endsFormer({ facts, partition, fold, note }: BeginningOf, { position }: FrozenFold): Promise<boolean> {
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
