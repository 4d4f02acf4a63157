/**
 * Certificates in receipts: a quorum of the replicas in force has signed the digest of exactly the candidate that the
 * log yields for that cycle. The candidate is folded, never taken from a record.
 */
import { canonical, sha256 } from '../../protocol/codec/canonical.ts'
import type { Verifier } from '../../protocol/codec/sign.ts'
import type { Candidate } from '../../protocol/words/candidate.ts'
import type { Certificate, VerdictSource } from '../../protocol/words/facts.ts'
import { engineAt, type Manifest, majorityOf } from '../../protocol/words/manifest.ts'

/** Cycles that a receipt may lag behind its frame and still find its candidate: a day of outbox at 10 s, 3 h at 1 s. */
const KEPT = 10_000
/** Certificates that were found good; the receipts of one verdict carry the same one. */
const GOOD_KEPT = 64

export class Certificates {
  readonly #verifier: Verifier
  readonly #yielded = new Map<string, { readonly candidate: Candidate; readonly manifest: Manifest }>()
  readonly #good = new Set<string>()
  /** Certificates checked, the same one in several receipts counted once. */
  checked = 0

  constructor(verifier: Verifier) {
    this.#verifier = verifier
  }

  yielded(candidate: Candidate, manifest: Manifest): void {
    this.#yielded.set(`${candidate.epoch}.${candidate.cycle}`, { candidate, manifest })
    if (this.#yielded.size > KEPT) this.#yielded.delete(this.#yielded.keys().next().value!)
  }

  /** Null, or what is wrong with it. */
  problem(certificate: Certificate, source: VerdictSource): string | null {
    const name = canonical({ certificate, source })
    if (this.#good.has(name)) return null
    this.checked++
    const wrong = this.#wrong(certificate, source)
    if (wrong !== null) return wrong
    this.#good.add(name)
    if (this.#good.size > GOOD_KEPT) this.#good.delete(this.#good.values().next().value!)
    return null
  }

  #wrong({ epoch, cycle, digest, signatures }: Certificate, source: VerdictSource): string | null {
    const found = this.#yielded.get(`${epoch}.${cycle}`)
    if (!found) return `the log yields no candidate for epoch ${epoch} cycle ${cycle}`
    const { manifest } = found
    // the engine that voted is the manifest's, whichever build looks at it now
    const bytes = canonical({ ...found.candidate, engine: engineAt(manifest, cycle) })
    const mine = sha256(bytes)
    if (digest !== mine) return `it certifies ${digest} for cycle ${cycle}; the log yields ${mine}`
    const signed = new Set<string>()
    for (const [by, signature] of Object.entries(signatures)) {
      const entry = manifest.keys[by]
      if (!entry || !manifest.replicas.includes(by)) return `'${by}' is no replica of manifest ${manifest.version}`
      if (!this.#verifier.verify('candidate', entry.publicKey, bytes, signature))
        return `the signature of '${by}' does not verify`
      signed.add(entry.publicKey)
    }
    const needed = source === 'single' ? 1 : majorityOf(manifest.replicas.length)
    return signed.size < needed ? `${signed.size} of ${needed} needed replicas have signed cycle ${cycle}` : null
  }
}
