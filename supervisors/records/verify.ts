/**
 * Everything that a log promises, checked from its first record: that each has the shape of its kind and version and
 * is canonical, that its author may say it and has signed it under the manifest in force there, that manifests follow
 * each other, that producers' streams are whole, that each certificate is a quorum's over what the log yields, and that
 * recorded decisions are signed by who is named. Nothing is believed because a component wrote it down.
 */
import { type FoldOptions, SiteFold } from '../../actors/controller/fold.ts'
import { openCandidate } from '../../protocol/codec/candidate.ts'
import { canonical } from '../../protocol/codec/canonical.ts'
import { type Decided, parseDecided } from '../../protocol/codec/decided.ts'
import { openFact, parseFact } from '../../protocol/codec/fact.ts'
import { parseObserved, readObserved } from '../../protocol/codec/observed.ts'
import type { LogRecord, Topic } from '../../protocol/log/event-log.ts'
import type { ErrorCode } from '../../protocol/words/errors.ts'
import type { Fact, FactOf } from '../../protocol/words/facts.ts'
import type { Manifest } from '../../protocol/words/manifest.ts'
import { Certificates } from './certificates.ts'
import { Streams, type Wrong } from './streams.ts'

export interface Problem extends Wrong {
  readonly topic: Topic
  readonly kind: string
}
export interface VerifyOptions {
  /** Of the engine; the site of each fold comes from the log itself. */
  readonly fold: Omit<FoldOptions, 'tenant' | 'site' | 'passed'>
  /** What an administrator has had passed, of a site. */
  readonly passed: (tenant: string, site: string) => ReadonlySet<number>
  /** Signatures of facts below it are left unchecked. */
  readonly from: number
  readonly problem: (problem: Problem) => void
}
export interface Verified {
  readonly records: number
  readonly kinds: Readonly<Record<string, number>>
  readonly sites: readonly string[]
  readonly manifests: number
  readonly certificates: number
  readonly repeats: number
  readonly late: number
  readonly decisions: number
  readonly observations: number
  readonly history: number
  readonly problems: number
}

/** One site of the log: its fold, and what its producers and certificates promise. */
interface Audit {
  readonly fold: SiteFold
  readonly streams: Streams
  readonly certificates: Certificates
}

export class Verification {
  readonly #o: VerifyOptions
  readonly #audits = new Map<string, Audit>()
  /** Every manifest that was ever in force, by hash. */
  readonly #manifests = new Map<string, Manifest>()
  readonly #kinds: Record<string, number> = {}
  #records = 0
  #decisions = 0
  #observations = 0
  #history = 0
  #problems = 0
  #last = -1

  constructor(options: VerifyOptions) {
    this.#o = options
  }

  fact({ position, body }: LogRecord): void {
    this.#records++
    const parsed = parseFact(body)
    if (parsed.kind === 'refused') {
      this.#problem('facts', position, 'record', parsed.code, parsed.reason)
      return
    }
    const { fact } = parsed
    this.#kinds[fact.kind] = (this.#kinds[fact.kind] ?? 0) + 1
    const say = (code: ErrorCode, reason: string) => this.#problem('facts', position, fact.kind, code, reason)
    if (position <= this.#last) say('OUT_OF_ORDER', `its position is not above ${this.#last}`)
    this.#last = position
    if (canonical(JSON.parse(parsed.text)) !== parsed.text) say('BAD_SHAPE', `${fact.kind} is not in canonical form`)
    const audits = this.#auditsOf(fact)
    if (audits.length === 0) say('UNKNOWN_KEY', `${fact.kind} stands before the first manifest of its site`)
    for (const audit of audits) this.#step(audit, position, body, parsed.signature, say)
  }

  /** After the facts: a decision, or what a process tells of its actors. */
  decision({ position, body }: LogRecord): void {
    const decided = parseDecided(body)
    if (decided) this.#decision(position, decided)
    else if (parseObserved(body)) this.#observation(position, body)
    else this.#problem('decisions', position, 'Decided', 'BAD_SHAPE', 'it is no decision')
  }
  /** By a manifest that was ever in force: which one it was then, the record does not say. */
  #observation(position: number, body: string): void {
    this.#observations++
    const read = [...this.#manifests.values()].reverse().map(m => readObserved(body, m, this.#o.fold.verifier))
    const first = read[0]
    if (!first || read.some(r => r.kind === 'observed') || first.kind !== 'refused') return
    this.#problem('decisions', position, 'ProcessObserved', first.code, first.reason)
  }
  #decision(position: number, decided: Decided): void {
    this.#decisions++
    const say = (code: ErrorCode, reason: string) => this.#problem('decisions', position, 'Decided', code, reason)
    const hash = /"manifest":"([0-9a-f]{64})"/.exec(decided.bytes)?.[1] ?? ''
    const manifest = this.#manifests.get(hash)
    if (!manifest) {
      say('UNKNOWN_KEY', `its manifest ${hash} was never in force here`)
      return
    }
    const { by, bytes, signature } = decided
    const opened = openCandidate({ by, bytes, signature }, manifest, hash, this.#o.fold.verifier)
    if (opened.kind === 'refused') {
      say(CANDIDATE_CODES[opened.reason], `${opened.reason}: '${by}'`)
      return
    }
    if (opened.candidate.position !== decided.position)
      say('BAD_SHAPE', `it says position ${decided.position}, its candidate ${opened.candidate.position}`)
  }

  /** After the facts: backfilled frames, by the manifest in force when they were measured, which is one of these. */
  backfill({ position, body }: LogRecord): void {
    this.#history++
    const opened = [...this.#manifests.values()].reverse().map(m => openFact(body, m, this.#o.fold.verifier))
    const first = opened[0]
    if (!first || opened.some(o => o.kind === 'fact') || first.kind !== 'refused') return
    this.#problem('history', position, 'record', first.code, first.reason)
  }

  end(): Verified {
    const audits = [...this.#audits.values()]
    for (const { streams } of audits)
      for (const wrong of streams.missing())
        this.#problem('facts', wrong.position, 'ReceiptRecorded', wrong.code, wrong.reason)
    const sum = (of: (audit: Audit) => number) => audits.reduce((total, audit) => total + of(audit), 0)
    return {
      records: this.#records,
      kinds: this.#kinds,
      sites: [...this.#audits.keys()],
      manifests: this.#manifests.size,
      certificates: sum(a => a.certificates.checked),
      repeats: sum(a => a.streams.repeats),
      late: sum(a => a.streams.late),
      decisions: this.#decisions,
      observations: this.#observations,
      history: this.#history,
      problems: this.#problems,
    }
  }

  #step(
    { fold, streams, certificates }: Audit,
    position: number,
    body: string,
    signature: string,
    say: (code: ErrorCode, reason: string) => void,
  ): void {
    const { manifest: before } = fold
    const taken = fold.take(position, body, position < this.#o.from)
    if (taken.kind === 'foreign') return
    if (taken.kind === 'refused') {
      say(taken.code, taken.reason)
      return
    }
    const { fact } = taken
    const wrong = streams.take(position, fact, signature)
    if (wrong) say(wrong.code, wrong.reason)
    if (taken.kind === 'passed') return
    const { candidate } = taken
    this.#manifests.set(fold.manifestHash, fold.manifest!)
    if (fact.kind === 'ManifestInstalled') this.#transported(fact, body, before, say)
    if (candidate) certificates.yielded(candidate, fold.manifest!)
    if (fact.kind !== 'ReceiptRecorded') return
    if (fact.certificate) {
      const reason = certificates.problem(fact.certificate, fact.source)
      if (reason !== null) say('CERTIFICATE', reason)
    } else if (fact.source === 'majority' || fact.source === 'single')
      say('CERTIFICATE', `its verdict is of a ${fact.source}, and it carries no certificate`)
  }

  /** A manifest authenticates itself; who brought it has signed the record, under the manifest before or its own. */
  #transported(
    fact: FactOf<'ManifestInstalled'>,
    body: string,
    before: Manifest | null,
    say: (code: ErrorCode, reason: string) => void,
  ): void {
    const text = body.slice(body.indexOf(' ') + 1)
    const signature = body.slice(0, body.indexOf(' '))
    const keys = [before?.keys[fact.by], fact.manifest.manifest.keys[fact.by]].filter(k => k !== undefined)
    if (!keys.some(k => this.#o.fold.verifier.verify('fact', k.publicKey, text, signature)))
      say('BAD_SIGNATURE', `ManifestInstalled said to be brought by '${fact.by}'`)
  }

  /** A fact of one site, or, as a claim of time is, of every site of its tenant. */
  #auditsOf(fact: Fact): Audit[] {
    if (!('site' in fact)) {
      const ofTenant = [...this.#audits].filter(([name]) => name.startsWith(`${fact.tenant}/`))
      // before its first manifest a partition's time is nobody's yet
      return ofTenant.map(([, audit]) => audit)
    }
    const name = `${fact.tenant}/${fact.site}`
    const there = this.#audits.get(name)
    if (there) return [there]
    if (fact.kind !== 'ManifestInstalled') return []
    const { tenant, site } = fact
    const fold = new SiteFold({ ...this.#o.fold, tenant, site, passed: this.#o.passed(tenant, site) })
    const audit = { fold, streams: new Streams(), certificates: new Certificates(this.#o.fold.verifier) }
    this.#audits.set(name, audit)
    return [audit]
  }

  #problem(topic: Topic, position: number, kind: string, code: ErrorCode, reason: string): void {
    this.#problems++
    this.#o.problem({ topic, position, kind, code, reason })
  }
}

const CANDIDATE_CODES = {
  unknownKey: 'UNKNOWN_KEY',
  badSignature: 'BAD_SIGNATURE',
  badShape: 'BAD_SHAPE',
  wrongSite: 'WRONG_SITE',
  wrongManifest: 'BAD_SHAPE',
} as const satisfies Record<string, ErrorCode>
