/**
 * A node's end of the uplink: proves itself, lets the site's gateway in, appends what it sends, and only then
 * acknowledges. It decides nothing. A rejected append means *unknown*: it stays silent and the gateway sends again.
 */
import { Compile } from 'typebox/compile'
import { openFact } from '../codec/fact.ts'
import { readObserved } from '../codec/observed.ts'
import type { Signer, Verifier } from '../codec/sign.ts'
import type { EventLog } from '../log/event-log.ts'
import type { Cancel, Link, LinkEvents, Ports } from '../ports.ts'
import { trace } from '../trace.ts'
import type { SignedCandidate } from '../words/candidate.ts'
import type { SignedManifest } from '../words/manifest.ts'
import { type UplinkDown, UplinkUp } from '../words/uplink.ts'
import { type Greeting, HANDSHAKE_MS_MAX, notProven, prove } from './handshake.ts'
import { ObservedIngress } from './observed.ts'

export const BEAT_MS = 1_000
const shape = Compile(UplinkUp)

export interface UplinkServerOptions {
  readonly ports: Ports
  readonly address: string
  readonly signer: Signer
  readonly verifier: Verifier
  /** The manifest in force as this node knows it. */
  readonly manifest: () => SignedManifest
  /** What a gateway that was away follows one by one: former ones, the one in force, those that wait. */
  readonly lineage: () => readonly SignedManifest[]
  /** Up to where this node has read the gateway's durable stream from the log. */
  readonly durable: () => number
  readonly facts: EventLog
  readonly history: EventLog
  readonly decisions: EventLog
}

interface Session {
  readonly link: Link
  readonly mine: Greeting
  theirs: Greeting | null
  proven: boolean
}

export class UplinkServer {
  readonly #options: UplinkServerOptions
  readonly #sessions = new Set<Session>()
  readonly #observed: ObservedIngress
  #listening: (Cancel & { readonly address: string }) | null = null
  constructor(options: UplinkServerOptions) {
    this.#options = options
    this.#observed = new ObservedIngress(options.decisions, options.ports.note)
  }

  async start(): Promise<string> {
    this.#listening = await this.#options.ports.net.listen(this.#options.address, link => this.#accept(link))
    this.#beat(this.#options.ports.host.monotonicMs() + BEAT_MS)
    return this.#listening.address
  }
  stop(): void {
    this.#listening?.cancel()
    this.#listening = null
    this.#observed.stop()
    for (const { link } of this.#sessions) link.close()
    this.#sessions.clear()
  }

  candidate(candidate: SignedCandidate): void {
    this.#tell({ t: 'candidate', candidate })
  }
  /** It has read further. */
  seen(): void {
    this.#tell(this.#seen())
  }
  manifest(manifest: SignedManifest): void {
    this.#tell({ t: 'manifest', manifest })
  }
  nudge(): void {
    this.#tell({ t: 'nudge' })
  }
  get connected(): boolean {
    for (const session of this.#sessions) if (session.proven) return true
    return false
  }

  #seen(): UplinkDown {
    return { t: 'seen', stream: 'durable', last: this.#options.durable() }
  }
  #tell(message: UplinkDown): void {
    const text = JSON.stringify(message)
    for (const session of this.#sessions) if (session.proven) session.link.send(text)
  }
  #beat(dueMs: number): void {
    const { host } = this.#options.ports
    host.after(dueMs - host.monotonicMs(), () => {
      if (!this.#listening) return
      this.#tell({ t: 'beat' })
      this.#beat(Math.max(dueMs + BEAT_MS, host.monotonicMs()))
    })
  }

  #accept(link: Link): LinkEvents {
    const { ports, signer, manifest } = this.#options
    const { tenant, site } = manifest().manifest
    const mine: Greeting = { t: 'hello', by: signer.key, tenant, site, nonce: ports.random.id() }
    const session: Session = { link, mine, theirs: null, proven: false }
    this.#sessions.add(session)
    link.send(JSON.stringify(mine))
    ports.host.after(HANDSHAKE_MS_MAX, () => {
      if (!session.proven) link.close()
    })
    return {
      message: text => {
        void this.#message(session, text).catch(error =>
          ports.note('warn', 'uplink append unknown', { error: String(error) }),
        )
      },
      closed: () => void this.#sessions.delete(session),
    }
  }

  #refuse(session: Session, why: string): void {
    this.#options.ports.note('warn', 'uplink refused', { peer: session.link.peer, why })
    session.link.close()
    this.#sessions.delete(session)
  }

  async #message(session: Session, text: string): Promise<void> {
    let message: unknown
    try {
      message = JSON.parse(text)
    } catch {
      return this.#refuse(session, 'a message is no JSON')
    }
    if (!shape.Check(message)) return this.#refuse(session, 'a message has an unknown shape')
    const { signer, verifier, manifest, facts, history } = this.#options
    if (message.t === 'hello') {
      if (session.theirs) return this.#refuse(session, 'a second hello')
      session.theirs = message
      session.link.send(JSON.stringify(prove(session.mine, message, signer)))
    } else if (message.t === 'proof') {
      if (!session.theirs) return this.#refuse(session, 'a proof before the hello')
      const why = notProven(session.mine, session.theirs, message, 'gateway', manifest().manifest, verifier)
      if (why) return this.#refuse(session, why)
      session.proven = true
      for (const installed of this.#options.lineage()) this.#answer(session, { t: 'manifest', manifest: installed })
      this.#answer(session, this.#seen())
    } else if (!session.proven) {
      return this.#refuse(session, `${message.t} before the proof`)
    } else if (message.t === 'frame') {
      await this.#append(facts, [message.body])
      trace(this.#options.ports, 'appended', message.cycle)
      this.#answer(session, { t: 'ack', stream: 'frame', cycle: message.cycle })
    } else if (message.t === 'observed') {
      this.#observe(session.theirs!.by, message.body)
    } else {
      const { t: stream, first, last, bodies } = message
      await this.#append(stream === 'durable' ? facts : history, bodies)
      this.#answer(session, { t: 'ack', stream, first, last })
      // a batch that the log held already moves no mark: without this word it would be sent again and again
      if (stream === 'durable') this.#answer(session, this.#seen())
    }
  }
  #answer(session: Session, message: UplinkDown): void {
    session.link.send(JSON.stringify(message))
  }
  /** Of itself, and of nobody else: the key that has proved itself is the one that signs. */
  #observe(gateway: string, body: string): void {
    const { manifest } = this.#options.manifest()
    const read = readObserved(body, manifest, this.#options.verifier)
    if (read.kind === 'observed' && read.observed.by === gateway) this.#observed.take(manifest.partition, body)
    else
      this.#options.ports.note('warn', 'observation refused', {
        ...(read.kind === 'refused' ? { code: read.code, reason: read.reason } : { by: read.observed.by }),
      })
  }
  /** Admit: authenticate each record, then append all of them. What is not the gateway's own never reaches the log. */
  async #append(log: EventLog, bodies: readonly string[]): Promise<void> {
    const { manifest } = this.#options.manifest()
    const admitted = bodies.filter(body => {
      const opened = openFact(body, manifest, this.#options.verifier)
      if (opened.kind === 'refused')
        this.#options.ports.note('warn', 'fact refused', { code: opened.code, reason: opened.reason })
      return opened.kind === 'fact'
    })
    if (admitted.length > 0) await log.append(admitted.map(body => ({ partition: manifest.partition, body })))
  }
}
