/**
 * From a replica's own record of a decision to its vote: what it signed, of which fact, in which state. It comes after
 * the fact, so that also a vote is there that the gateway did not wait for.
 *
 * V1  It counts by its own signature and the manifest that it names, which the rows of the facts have: whoever appended
 *     it may be anybody (S13). What names a manifest that the log does not hold is set aside.
 * V2  What processes tell of their actors stands there, too: it is nobody's vote, and no row is made of it.
 */
import { openCandidate } from '../../protocol/codec/candidate.ts'
import { type Decided, parseDecided } from '../../protocol/codec/decided.ts'
import { manifestHash } from '../../protocol/codec/manifest.ts'
import { parseObserved } from '../../protocol/codec/observed.ts'
import type { Verifier } from '../../protocol/codec/sign.ts'
import type { LogRecord } from '../../protocol/log/event-log.ts'
import type { Manifest } from '../../protocol/words/manifest.ts'
import type { FactsSoFar, Judge, Judged } from '../runner/beside.ts'
import { type Change, put } from './tables.ts'

/** What of a manifest tells whose a vote is. */
export type Electorate = Pick<Manifest, 'keys' | 'replicas'>

export interface BallotsOptions {
  readonly tenant: string
  readonly site: string
  readonly verifier: Verifier
  readonly facts: Pick<FactsSoFar, 'lineage' | 'caughtUp'>
  /** As the rows of the facts have it; null: they have none of this hash. */
  readonly electorate: (hash: string) => Promise<Electorate | null>
}

export class Ballots implements Judge<Change> {
  readonly #o: BallotsOptions
  readonly #known = new Map<string, Electorate>()

  constructor(options: BallotsOptions) {
    this.#o = options
  }

  async judge(record: LogRecord): Promise<Judged<Change>> {
    const { tenant, site, verifier } = this.#o
    const decided = parseDecided(record.body)
    if (!decided && parseObserved(record.body)) return { kind: 'nothing' } // V2
    if (!decided) return aside('BAD_SHAPE', 'no decision of a replica')
    const named = namedBy(decided.bytes)
    if (decided.site !== site || named.tenant !== tenant) return { kind: 'nothing' }
    const electorate = await this.#electorate(named.manifest) // V1
    if (!electorate) return aside('UNKNOWN_KEY', `it names a manifest ${named.manifest} that the log does not hold`)
    const opened = openCandidate(decided, { tenant, site, ...electorate }, named.manifest, verifier)
    if (opened.kind === 'refused') return aside('BAD_SIGNATURE', `said to be by '${decided.by}': ${opened.reason}`)
    return { kind: 'rows', changes: rowsOf(decided, opened, record.stampMs) }
  }

  /** The newest manifests are at hand; older ones, and one that the rows have yet to reach, are looked for. */
  async #electorate(hash: string): Promise<Electorate | null> {
    const known = this.#known.get(hash) ?? (await this.#found(hash))
    if (known) return known
    await this.#o.facts.caughtUp()
    return this.#found(hash)
  }
  async #found(hash: string): Promise<Electorate | null> {
    const recent = this.#o.facts.lineage.find(({ manifest }) => manifestHash(manifest) === hash)?.manifest
    const found = recent ?? (await this.#o.electorate(hash))
    if (found) this.#known.set(hash, { keys: found.keys, replicas: found.replicas })
    return found
  }
}

const aside = (code: string, reason: string) => ({ kind: 'aside', code, reason }) as const

function namedBy(bytes: string): { readonly tenant: string; readonly manifest: string } {
  try {
    const { tenant, manifest } = (JSON.parse(bytes) ?? {}) as Record<string, unknown>
    return { tenant: String(tenant), manifest: String(manifest) }
  } catch {
    return { tenant: '', manifest: '' } // nobody's vote
  }
}

type Opened = Extract<ReturnType<typeof openCandidate>, { kind: 'candidate' }>
function rowsOf(decided: Decided, { by, candidate, digest }: Opened, at_ms: number): Change[] {
  const { epoch, cycle, manifest, position } = candidate
  const { stateHash = null } = decided
  const cast = { epoch, cycle, replica: by, position, at_ms }
  return [
    put('ballots', { ...cast, digest, manifest }),
    put('replicas', { ...cast, state_hash: stateHash, state_position: stateHash === null ? null : position }),
  ]
}
