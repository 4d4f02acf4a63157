/**
 * Records that an administrator has had passed, because their step does not end. They are found by reading ahead,
 * without a step, before anybody folds: so that whoever folds the log, from wherever, passes the same ones.
 *
 * P1  A skip counts where an administrator of the newest manifest before it has signed it, and it names an earlier
 *     record. Never a manifest: by that one everything after it is judged. Of another site's record there is no step
 *     to be passed: named or not, the fold takes it as foreign.
 * P2  It is void where the log shows, between the record and the skip, that somebody has stepped past the record: a
 *     receipt with a certificate of a frame above it. What was decided upon a record is never taken back.
 * P3  Both are told from the log up to the skip and nothing later: what a skip is, it stays.
 */
import { authentic, parseFact } from '../../protocol/codec/fact.ts'
import { checkManifest } from '../../protocol/codec/manifest.ts'
import type { Verifier } from '../../protocol/codec/sign.ts'
import type { Fact, FactOf } from '../../protocol/words/facts.ts'
import type { Manifest } from '../../protocol/words/manifest.ts'

/** Frames that wait for a certificate: a day of 1 s without a quorum. An older one's is too late to show anything. */
const FRAMES_MAX = 86_400

export interface SkipsOf {
  readonly tenant: string
  readonly site: string
  readonly verifier: Verifier
}
/** Where reading begins: what is known there of the site. */
export interface SkipsSince {
  readonly manifest: Manifest | null
  readonly epoch: number
  readonly cycle: number
}
interface Frame {
  readonly position: number
  readonly epoch: number
  readonly cycle: number
}

export class Skips {
  readonly #of: SkipsOf
  /** The newest first; the one before it may still be in force. */
  #manifests: readonly Manifest[]
  #newest: { readonly epoch: number; readonly cycle: number }
  #frames: Frame[] = []
  /** The newest frame that a certificate was seen of: everything below it was stepped. */
  #steppedPast = -1
  readonly #manifestsAt = new Set<number>()
  readonly passed = new Set<number>()
  readonly void = new Set<number>()

  constructor(of: SkipsOf, since: SkipsSince = { manifest: null, epoch: 0, cycle: 0 }) {
    this.#of = of
    this.#manifests = since.manifest ? [since.manifest] : []
    this.#newest = since
  }

  /** In the log's order. */
  take(position: number, body: string): void {
    const parsed = parseFact(body)
    if (parsed.kind === 'refused') return
    const { fact } = parsed
    const { tenant, site, verifier } = this.#of
    if (fact.tenant !== tenant || !('site' in fact) || fact.site !== site) return
    const says = (manifests: readonly Manifest[]) => manifests.some(m => authentic(parsed, m, verifier).kind === 'fact')
    if (fact.kind === 'ManifestInstalled') this.#install(position, fact)
    else if (fact.kind === 'FactSkipped') {
      if (says(this.#manifests.slice(0, 1))) this.#skip(position, fact)
    } else if ((fact.kind === 'FrameMeasured' || fact.kind === 'ReceiptRecorded') && says(this.#manifests))
      this.#see(position, fact)
  }

  isManifest(position: number): boolean {
    return this.#manifestsAt.has(position)
  }

  #install(position: number, { manifest }: FactOf<'ManifestInstalled'>): void {
    const [latest = null] = this.#manifests
    if (checkManifest(manifest, latest, this.#of.verifier).kind === 'refused') return
    this.#manifests = [manifest.manifest, ...(latest ? [latest] : [])]
    this.#manifestsAt.add(position)
  }
  #see(position: number, fact: Extract<Fact, { kind: 'FrameMeasured' | 'ReceiptRecorded' }>): void {
    if (fact.kind === 'FrameMeasured') {
      const { epoch, cycle } = fact
      if (!above(fact, this.#newest)) return // a repeat says nothing of its place
      this.#newest = { epoch, cycle }
      this.#frames.push({ position, epoch, cycle })
      if (this.#frames.length > FRAMES_MAX) this.#frames.shift()
      return
    }
    const { certificate } = fact
    if (!certificate) return
    const certified = this.#frames.find(f => f.epoch === certificate.epoch && f.cycle === certificate.cycle)
    if (!certified) return
    this.#steppedPast = certified.position
    this.#frames = this.#frames.filter(f => f.position > certified.position)
  }
  #skip(position: number, { position: named }: FactOf<'FactSkipped'>): void {
    if (named >= position || this.isManifest(named) || this.passed.has(named)) return // P1
    if (this.#steppedPast > named)
      this.void.add(named) // P2
    else this.passed.add(named)
  }
}

const above = (a: { epoch: number; cycle: number }, b: { epoch: number; cycle: number }): boolean =>
  a.epoch > b.epoch || (a.epoch === b.epoch && a.cycle > b.cycle)
