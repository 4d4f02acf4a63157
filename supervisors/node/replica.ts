/**
 * One controller replica: follows the log, folds it, signs a candidate for the newest live frame. It asks nobody and
 * answers only to the log.
 *
 * R1  Never signs at or below the last cycle that it signed, with other bytes: durable before the signature leaves.
 * R2  After a stall only the newest frame yields a candidate: no burst of stale writes.
 * R3  What it decided is recorded in `decisions` after the fact, never on the way.
 * R4  What an administrator has had passed it never steps, whether it learns of it before (`beginning.ts`) or after.
 */
import { type FoldOptions, type FrozenFold, SiteFold, type Taken } from '../../actors/controller/fold.ts'
import type { SiteState } from '../../actors/controller/state.ts'
import { LiveMachine } from '../../actors/kit/machine.ts'
import { signCandidate } from '../../protocol/codec/candidate.ts'
import { canonical, sha256 } from '../../protocol/codec/canonical.ts'
import type { Signer } from '../../protocol/codec/sign.ts'
import { Journal } from '../../protocol/journal.ts'
import type { Follow, LogRecord } from '../../protocol/log/event-log.ts'
import type { Cancel, DiskFile, Logs, Ports } from '../../protocol/ports.ts'
import { trace } from '../../protocol/trace.ts'
import type { Candidate, SignedCandidate } from '../../protocol/words/candidate.ts'
import type { Certificate } from '../../protocol/words/facts.ts'
import { engineAt, type Manifest, type SignedManifest } from '../../protocol/words/manifest.ts'
import type { SeenChart } from '../../protocol/words/observed.ts'
import { skipsIn } from '../records/skips.ts'
import { begin, hasStepped, type Kept, keptOf } from './beginning.ts'
import { replicaMachine } from './replica-chart.ts'
import { sealSnapshot } from './shared-snapshot.ts'

/** Positions between two snapshots: a restart steps at most so many facts again. */
const SNAPSHOT_EVERY = 1_000
/** Records in the file of the last signed cycle before it is made anew. */
const LAST_SIGNED_KEPT = 4_096
/** By then the gateway has written: appending at once would take disk and cores from the very decision it records. */
const RECORD_AFTER_MS = 50
/** Decisions not yet appended; beyond it the oldest are dropped: they can be computed again from the facts. */
const DECISIONS_MAX = 1_000

interface Due {
  readonly candidate: Candidate
  readonly stateHash: string | undefined
}

export interface ReplicaOptions {
  readonly ports: Ports
  readonly logs: Logs
  readonly fold: FoldOptions
  readonly signer: Signer
  readonly fail: (error: unknown) => void
  /** What this node was started with. */
  readonly manifest: Manifest
  /** Positions between two snapshots, where it is not SNAPSHOT_EVERY. */
  readonly snapshotEvery?: number | undefined
  candidate(signed: SignedCandidate): void
  /** A manifest was installed. */
  installed(signed: SignedManifest): void
  /** The gateway's durable stream has been read further. */
  seen(): void
  /** A command was accepted just now, and waits for a frame. */
  accepted(): void
  /** Before each record is stepped, and null when nothing is any more: of one that does not end, nobody hears again. */
  stepping?: ((position: number | null) => void) | undefined
  /** After each record, while the fold is just there: for the API's streams. */
  stepped(position: number, taken: Taken): void
}

export class Replica {
  readonly #o: ReplicaOptions
  readonly #chart: LiveMachine<any, any, never>
  #fold: SiteFold
  #foldOptions: FoldOptions
  /** Skips up to here were known before the first step. */
  #readAheadTo = -1
  #lastSigned!: Journal
  #signedUpTo = { epoch: 0, cycle: 0 }
  #snapshot!: DiskFile
  /** The facts' topic id. */
  #log = ''
  #follow: Follow | null = null
  #caughtUpAt = -1
  #durable = 0
  #decisions: string[] = []
  #recording: Cancel | null = null
  #appending: Promise<void> = Promise.resolve()
  #last: { candidate: Candidate; signed: SignedCandidate } | null = null
  refused = 0
  /** A certificate says otherwise than this replica did: what it remembers is not worth keeping. */
  #doubted = false
  readonly #read = Promise.withResolvers<void>()

  constructor(options: ReplicaOptions) {
    this.#o = options
    this.#foldOptions = options.fold
    this.#fold = new SiteFold(options.fold)
    this.#chart = new LiveMachine(replicaMachine, options.ports.clock, () => {})
  }

  get fold(): SiteFold {
    return this.#fold
  }
  get state(): string {
    return this.#chart.state
  }
  get last(): { candidate: Candidate; signed: SignedCandidate } | null {
    return this.#last
  }
  /** Its own chart, and in which states it has the actors of its site: what one replica alone believes shows there. */
  sight(path: string): readonly SeenChart[] {
    const { state, site } = this.#fold
    const own = this.#chart.sight(path, this.#chart.context)
    if (!state || !site) return [own]
    const actors = [[site.modes, state.mode] as const, ...site.assets.map(a => [a, state.assets[a.name]!] as const)]
    const believed = actors.map(([{ name, asset }, { chart }]) => {
      return { path: `${path}/${name}`, chart: asset.spec.type, value: chart.value }
    })
    return [own, ...believed]
  }

  /** Up to where it has read the gateway's durable stream. */
  get durable(): number {
    return this.#fold.state?.durable ?? 0
  }

  /** Resolves once all is read that was in the log at the start. */
  get caughtUp(): Promise<void> {
    return this.#read.promise
  }

  async start(): Promise<void> {
    const { ports, logs, manifest } = this.#o
    const { partition } = manifest
    this.#log = (await logs.facts.describe()).topicId
    this.#lastSigned = await Journal.open(ports.disk, 'last-signed')
    const signed = this.#lastSigned.recovered.at(-1)
    if (signed) this.#signedUpTo = JSON.parse(signed)
    this.#snapshot = await ports.disk.open('snapshot')
    await this.#begin()
    this.#chart.send({ type: 'rehydrated' })
    this.#caughtUpAt = (await logs.facts.ends(partition)).next
    if (this.#caughtUpAt <= this.#fold.position + 1) this.#caughtUp()
    this.#follow = logs.facts.follow(partition, this.#fold.position + 1, {
      batch: records => this.#batch(records),
      failed: error => this.#o.fail(error),
    })
  }
  async stop(): Promise<void> {
    this.#follow?.cancel()
    this.#recording?.cancel()
    await this.#appendDecisions()
    await this.#keep(this.#madeNow())
  }
  /** A fault on demand: this replica's state is spoilt, and what it decides from it is signed as ever. */
  spoil(change: (frozen: FrozenFold) => FrozenFold): void {
    const frozen = this.#fold.freeze()
    if (frozen) this.#fold = SiteFold.thaw(this.#foldOptions, change(frozen))
  }

  async #begin(): Promise<void> {
    const { ports, logs, manifest, fold } = this.#o
    const of = { ...logs, manifest, fold, note: ports.note }
    const begun = await begin(of, new TextDecoder().decode(await this.#snapshot.read()))
    this.#fold = begun.fold
    this.#foldOptions = begun.options
    this.#readAheadTo = begun.aheadTo
  }
  /** R4: a skip of what this replica has stepped; it folds anew, as everybody will who starts later. */
  async #skipped(): Promise<void> {
    const { logs, manifest, fold: of } = this.#o
    if (!hasStepped(this.#fold, await skipsIn(logs.facts, manifest.partition, of))) return
    this.#doubted = true
    await this.#snapshot.replace(new Uint8Array(0))
    throw new Error('an administrator has had a record passed that this replica has stepped: it starts anew')
  }
  #madeNow(): Kept | null {
    return this.#doubted ? null : keptOf(this.#fold, this.#foldOptions, this.#log)
  }
  /** Returns what was kept, as text: its bytes are what others sign too. */
  async #keep(made: Kept | null): Promise<string | null> {
    if (!made || this.#doubted) return null
    const text = JSON.stringify(made)
    await this.#snapshot.replace(new TextEncoder().encode(text))
    return text
  }
  /** For nodes that have lost theirs. Beside the decisions, and like them: what is lost can be made again. */
  #share(text: string, { fold }: Kept): void {
    const { signer, ports, logs, manifest } = this.#o
    const record = sealSnapshot(text, manifest, this.#placeOf(fold.position), signer)
    if (!record) {
      ports.note('warn', 'snapshot not shared: larger than a record may be', { chars: text.length })
      return
    }
    this.#appending = this.#appending.then(async () => {
      await logs.snapshots
        .append([record])
        .catch(error => ports.note('warn', 'snapshot not shared', { error: String(error) }))
    })
  }

  async #batch(records: readonly LogRecord[]): Promise<void> {
    let due: Due | null = null
    let made: Kept | null = null
    for (const record of records) {
      const place = this.#placeOf(Math.max(0, this.#fold.position))
      const before = this.#fold.state?.commands
      this.#o.stepping?.(record.position)
      const taken = this.#fold.take(record.position, record.body)
      this.#o.stepped(record.position, taken)
      if (taken.kind === 'refused') {
        this.refused++
        this.#o.ports.note('warn', 'record refused', {
          position: record.position,
          code: taken.code,
          reason: taken.reason,
        })
      } else if (taken.kind === 'passed')
        this.#o.ports.note('warn', 'record passed, as an administrator has asked', { position: record.position })
      else if (taken.kind === 'stepped') {
        if (taken.candidate) due = { candidate: taken.candidate, stateHash: this.#hashFor(taken.candidate) } // R2
        if (taken.fact.kind === 'ManifestInstalled') this.#o.installed(taken.fact.manifest)
        if (taken.fact.kind === 'CommandRequested') this.#nudge(taken.fact.id, before)
        if (taken.fact.kind === 'FactSkipped' && record.position > this.#readAheadTo) await this.#skipped()
        if (taken.fact.kind === 'ReceiptRecorded') await this.#compare(taken.fact.certificate)
        if (taken.fact.kind !== 'TimeAdvanced') this.#standing()
      }
      if (this.#placeOf(record.position) > place) made = this.#madeNow() // H1
    }
    this.#o.stepping?.(null)
    const next = (records.at(-1)?.position ?? -1) + 1
    if (this.#chart.in('catchingUp') && next >= this.#caughtUpAt) this.#caughtUp()
    if (this.durable > this.#durable) {
      this.#durable = this.durable
      this.#o.seen()
    }
    if (due && this.#chart.has('signs')) await this.#sign(due)
    const kept = await this.#keep(made)
    if (made && kept && this.#chart.has('signs')) this.#share(kept, made)
  }
  #placeOf(position: number): number {
    return Math.floor(position / (this.#o.snapshotEvery ?? SNAPSHOT_EVERY))
  }
  /** Only what is new: a repeat waits no more, and what is read again while catching up is long decided. */
  #nudge(id: string, before: SiteState['commands'] | undefined): void {
    const accepted = this.#fold.state?.commands[id]?.state === 'accepted'
    if (accepted && !before?.[id] && this.#chart.has('signs')) this.#o.accepted()
  }
  /** Outvoted: its snapshot goes, so that the next start folds the log anew. */
  async #compare(certificate: Certificate | null): Promise<void> {
    const mine = this.#last
    if (this.#doubted || !certificate || !mine || mine.candidate.epoch !== certificate.epoch) return
    if (mine.candidate.cycle !== certificate.cycle || sha256(mine.signed.bytes) === certificate.digest) return
    this.#doubted = true
    this.#o.ports.note('error', 'outvoted: this replica keeps no snapshot until it has started anew', {
      cycle: certificate.cycle,
    })
    await this.#snapshot.replace(new Uint8Array(0))
  }
  #caughtUp(): void {
    this.#standing()
    this.#chart.send({ type: 'caughtUp' })
    this.#read.resolve()
  }
  #standing(): void {
    const { manifest, state } = this.#fold
    if (!manifest || !state) return
    const key = this.#o.signer.key
    const engineActive = engineAt(manifest, state.cycle) === this.#o.fold.engine
    this.#chart.send({ type: 'standing', engineActive, listed: manifest.replicas.includes(key) })
    if (state.disqualified.includes(key)) this.#chart.send({ type: 'proven' })
  }

  /** Of the state right after the frame: what follows it in a batch differs between nodes. */
  #hashFor({ cycle }: Candidate): string | undefined {
    return cycle % (this.#fold.manifest?.stateHashEvery ?? 1) === 0 ? this.#fold.stateHash() : undefined
  }
  async #sign({ candidate, stateHash }: Due): Promise<void> {
    const { epoch, cycle } = candidate
    const { epoch: e, cycle: c } = this.#signedUpTo
    if (epoch < e || (epoch === e && cycle <= c)) return // R1
    this.#signedUpTo = { epoch, cycle }
    trace(this.#o.ports, 'stepped', cycle)
    const kept = this.#keepLastSigned()
    const signed = signCandidate(candidate, this.#o.signer, stateHash)
    await kept
    this.#last = { candidate, signed }
    this.#o.candidate(signed)
    trace(this.#o.ports, 'signed', cycle)
    this.#record(signed, candidate.position) // R3
  }
  #keepLastSigned(): Promise<void> {
    const text = JSON.stringify(this.#signedUpTo)
    if (this.#lastSigned.length >= LAST_SIGNED_KEPT) return this.#lastSigned.compact([text])
    this.#lastSigned.append(text)
    return this.#lastSigned.sync()
  }
  #record(signed: SignedCandidate, position: number): void {
    const decided = { v: 1, kind: 'Decided', site: this.#o.fold.site, position, ...signed }
    this.#decisions.push(canonical(decided))
    if (this.#decisions.length > DECISIONS_MAX) this.#decisions.shift()
    this.#recording ??= this.#o.ports.host.after(RECORD_AFTER_MS, () => {
      this.#recording = null
      void this.#appendDecisions()
    })
  }
  /** One append after the other, in the order of the decisions. */
  #appendDecisions(): Promise<void> {
    this.#appending = this.#appending.then(async () => {
      const batch = this.#decisions.splice(0)
      if (batch.length === 0) return
      const { partition } = this.#o.manifest
      await this.#o.logs.decisions
        .append(batch.map(body => ({ partition, body })))
        .catch(error => this.#o.ports.note('warn', 'decisions not recorded', { error: String(error) }))
    })
    return this.#appending
  }
}
