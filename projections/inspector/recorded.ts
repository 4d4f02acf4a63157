/**
 * What the replicas have recorded of their decisions, beside the facts: the newest in memory, older ones found by
 * halving. Nothing here is believed before its signature has been checked against the key in force (S13).
 */

import { parseCandidate } from '../../protocol/codec/candidate.ts'
import { type Decided, parseDecided } from '../../protocol/codec/decided.ts'
import { readObserved } from '../../protocol/codec/observed.ts'
import type { Verifier } from '../../protocol/codec/sign.ts'
import type { EventLog, Follow, LogRecord } from '../../protocol/log/event-log.ts'
import type { Cancel } from '../../protocol/ports.ts'
import type { Candidate } from '../../protocol/words/candidate.ts'
import type { Manifest } from '../../protocol/words/manifest.ts'
import type { ProcessObserved } from '../../protocol/words/observed.ts'
import { positionAt } from './position-at.ts'

/** Positions of facts whose decisions are in memory: some minutes of a site. */
const KEPT = 2_000
/** Of one position: each replica says one thing, and nobody may make this process keep much of what others write. */
const SAID_MAX = 32
/** Of what processes tell, so many records are in memory: half an hour of a busy site. */
const SEEN_KEPT = 1_000
/** Each process tells at least once a minute: so many records before a moment hold one of each. */
const SEEN_AROUND = 1_500
/** Records before the end that are read at the start. */
const TAIL = 6_000
/** A node appends its decisions late by so many records at most: what is looked through around a position. */
const AROUND = 256

const OBSERVED = '"kind":"ProcessObserved"'

export interface Said {
  readonly by: string
  /** Its key has signed these bytes. What is false is somebody's word in another's name. */
  readonly signed: boolean
  /** Null: the bytes are no candidate, whoever signed them. */
  readonly candidate: Candidate | null
  readonly bytes: string
  readonly stateHash: string | null
  /** The log's stamp of the record, ms: a node writes it down after it has sent it. */
  readonly stampMs: number
}
interface Kept {
  readonly decided: Decided
  readonly stampMs: number
}
/** What a process told of its actors, and when the log took it. */
export interface Seen {
  readonly observed: ProcessObserved
  readonly stampMs: number
}
interface SeenRecord {
  readonly body: string
  readonly stampMs: number
}
export interface RecordedOptions {
  readonly decisions: Pick<EventLog, 'follow' | 'ends' | 'read'>
  readonly partition: number
  readonly tenant: string
  readonly site: string
  readonly verifier: Verifier
  /** Terminal. */
  readonly fail: (error: unknown) => void
}

export class Recorded {
  readonly #o: RecordedOptions
  readonly #kept = new Map<number, Kept[]>()
  #seen: SeenRecord[] = []
  readonly #read = new WeakMap<SeenRecord, Seen | 'refused'>()
  readonly #listeners = new Set<(position: number) => void>()
  /** Of each replica, the newest decision that carried its state hash. */
  readonly #hashes = new Map<string, Decided>()
  /** A signature is checked once for each manifest. */
  readonly #opened = new WeakMap<Kept, { readonly manifest: Manifest; readonly said: Said }>()
  #follow: Follow | null = null

  constructor(options: RecordedOptions) {
    this.#o = options
  }
  async start(): Promise<void> {
    const { decisions, partition, fail } = this.#o
    const { earliest, next } = await decisions.ends(partition)
    this.#follow = decisions.follow(partition, Math.max(earliest, next - TAIL), {
      batch: records => {
        for (const record of records) this.#take(record)
      },
      failed: fail,
    })
  }
  stop(): void {
    this.#follow?.cancel()
  }
  /** Told the position of the fact that was decided on. */
  listen(told: (position: number) => void): Cancel {
    this.#listeners.add(told)
    return { cancel: () => void this.#listeners.delete(told) }
  }

  /** What each replica said for the frame at a position, in the order of their names. */
  async at(position: number, manifest: Manifest): Promise<readonly Said[]> {
    const decided = this.#kept.get(position) ?? (await this.#find(position))
    const said = decided.map(one => this.#said(one, manifest)).sort((a, b) => (a.by < b.by ? -1 : 1))
    // what somebody wrote in the name of another counts only where that one has said nothing himself
    return said.filter(one => one.signed || !said.some(other => other.by === one.by && other.signed))
  }
  /** The newest state hash of each replica, with the position that it is of. */
  get stateHashes(): ReadonlyMap<string, { readonly position: number; readonly stateHash: string }> {
    return new Map([...this.#hashes].map(([by, { position, stateHash }]) => [by, { position, stateHash: stateHash! }]))
  }

  /** What each process told up to a time by the log's stamps, newest last; what is not signed by who may say so is left out. */
  async seen(upToMs: number, manifest: Manifest): Promise<readonly Seen[]> {
    const kept = this.#seen[0] && this.#seen[0].stampMs <= upToMs ? this.#seen : await this.#seenBefore(upToMs)
    const upTo = kept.filter(({ stampMs }) => stampMs <= upToMs)
    return upTo.map(record => this.#openedSeen(record, manifest)).filter(seen => seen !== null)
  }

  #take(record: LogRecord): void {
    if (record.body.includes(OBSERVED)) this.#takeSeen(record)
    const kept = this.#own(record)
    if (!kept) return
    const { decided } = kept
    const { position, by, signature } = decided
    const there = this.#kept.get(position)
    if (there) {
      if (
        there.length < SAID_MAX &&
        !there.some(each => each.decided.by === by && each.decided.signature === signature)
      )
        there.push(kept)
    } else {
      this.#kept.set(position, [kept])
      if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!)
    }
    if (decided.stateHash !== undefined) this.#hashes.set(by, decided)
    for (const told of this.#listeners) told(position)
  }
  #own({ body, stampMs }: LogRecord): Kept | null {
    const decided = parseDecided(body)
    return decided?.site === this.#o.site ? { decided, stampMs } : null
  }
  #said(kept: Kept, manifest: Manifest): Said {
    const known = this.#opened.get(kept)
    if (known?.manifest === manifest) return known.said
    const { by, bytes, signature, stateHash } = kept.decided
    const key = manifest.replicas.includes(by) ? manifest.keys[by] : undefined
    const signed = key !== undefined && this.#o.verifier.verify('candidate', key.publicKey, bytes, signature)
    const { stampMs } = kept
    const said = { by, signed, bytes, stateHash: stateHash ?? null, candidate: parseCandidate(bytes), stampMs }
    this.#opened.set(kept, { manifest, said })
    return said
  }

  #takeSeen({ body, stampMs }: LogRecord): void {
    this.#seen.push({ body, stampMs })
    if (this.#seen.length > 2 * SEEN_KEPT) this.#seen = this.#seen.slice(-SEEN_KEPT)
    for (const told of this.#listeners) told(-1)
  }
  #openedSeen(record: SeenRecord, manifest: Manifest): Seen | null {
    const known = this.#read.get(record)
    if (known) return known === 'refused' ? null : known
    const read = readObserved(record.body, manifest, this.#o.verifier)
    const seen = read.kind === 'observed' ? { observed: read.observed, stampMs: record.stampMs } : ('refused' as const)
    this.#read.set(record, seen)
    return seen === 'refused' ? null : seen
  }
  async #seenBefore(upToMs: number): Promise<readonly SeenRecord[]> {
    const { decisions, partition } = this.#o
    const end = await positionAt(decisions, partition, upToMs)
    const { earliest } = await decisions.ends(partition)
    const records = await decisions.read(partition, Math.max(earliest, end - SEEN_AROUND), SEEN_AROUND + 1)
    return records.filter(({ body }) => body.includes(OBSERVED))
  }

  /** The topic is in the order of positions but for what nodes are late by. */
  async #find(position: number): Promise<readonly Kept[]> {
    const { decisions, partition } = this.#o
    const { earliest, next } = await decisions.ends(partition)
    let low = earliest
    let high = next
    while (high - low > AROUND) {
      const middle = (low + high) >> 1
      const records = await decisions.read(partition, middle, AROUND / 4)
      const first = records.map(each => this.#own(each)).find(one => one !== null)
      if (records.length === 0 || !first || first.decided.position >= position) high = middle
      else low = middle
    }
    const around = await decisions.read(partition, Math.max(earliest, low - AROUND), 4 * AROUND)
    return around
      .map(each => this.#own(each))
      .filter(one => one !== null && one.decided.position === position) as Kept[]
  }
}
