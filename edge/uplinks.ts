/**
 * The gateway's links to every node: opened, proved, watched by heartbeat, opened again with backoff. It carries
 * messages and knows nothing of their meaning.
 */
import { Compile } from 'typebox/compile'
import type { Signer, Verifier } from '../protocol/codec/sign.ts'
import { type Greeting, HANDSHAKE_MS_MAX, notProven, prove } from '../protocol/ingress/handshake.ts'
import type { Cancel, Link, Ports } from '../protocol/ports.ts'
import type { Manifest, SignedManifest } from '../protocol/words/manifest.ts'
import { UplinkDown, type UplinkUp } from '../protocol/words/uplink.ts'

const RECONNECT_MS = 50
const RECONNECT_MS_MAX = 1_000
/** Three missed beats: the node hangs or the link is half open. */
const SILENT_MS_MAX = 3_000
/** Manifests of a node that are kept for who is told later: the one in force, those before it, those that wait. */
const OFFERED_KEPT = 32
const shape = Compile(UplinkDown)

export interface UplinkListener {
  /** From a node that has proved itself. */
  message(node: string, message: Exclude<UplinkDown, { t: 'hello' | 'proof' | 'beat' }>): void
  changed(node: string, up: boolean): void
}

interface Peer {
  readonly node: string
  readonly address: string
  link: Link | null
  proven: boolean
  lastHeardMs: number
  failures: number
  timer: Cancel | null
  /** Said once on each link, perhaps before anybody is told. */
  offered: readonly SignedManifest[]
}

export class Uplinks {
  readonly #ports: Ports
  readonly #signer: Signer
  readonly #verifier: Verifier
  readonly #manifest: () => Manifest
  readonly #peers: readonly Peer[]
  /** Who is told; a part that is built anew takes the place of its former self. */
  #listener: UplinkListener | null = null
  #stopped = false

  constructor(
    ports: Ports,
    nodes: Readonly<Record<string, string>>,
    signer: Signer,
    verifier: Verifier,
    manifest: () => Manifest,
  ) {
    this.#ports = ports
    this.#signer = signer
    this.#verifier = verifier
    this.#manifest = manifest
    this.#peers = Object.entries(nodes).map(([node, address]) => ({
      node,
      address,
      link: null,
      proven: false,
      lastHeardMs: 0,
      failures: 0,
      timer: null,
      offered: [],
    }))
  }

  start(): void {
    for (const peer of this.#peers) this.#open(peer)
    this.#watch()
  }
  stop(): void {
    this.#stopped = true
    for (const peer of this.#peers) {
      peer.timer?.cancel()
      peer.link?.close()
    }
  }
  /** What the nodes have offered so far is offered again: a part that begins later would never hear of it (L2). */
  attach(listener: UplinkListener): void {
    this.#listener = listener
    for (const { node, offered } of this.#peers)
      for (const manifest of offered) listener.message(node, { t: 'manifest', manifest })
  }
  get connected(): readonly string[] {
    return this.#peers.filter(p => p.proven).map(p => p.node)
  }

  /** False: not sent. */
  send(node: string, message: UplinkUp): boolean {
    const peer = this.#peers.find(p => p.node === node)
    return peer?.proven === true && peer.link?.send(JSON.stringify(message)) === true
  }

  #open(peer: Peer): void {
    const ports = this.#ports
    const manifest = this.#manifest()
    const mine: Greeting = {
      t: 'hello',
      by: this.#signer.key,
      tenant: manifest.tenant,
      site: manifest.site,
      nonce: ports.random.id(),
    }
    let theirs: Greeting | null = null
    let over = false
    peer.timer = null
    const lost = (reason: string) => {
      if (over || this.#stopped) return
      over = true
      const wasUp = peer.proven
      peer.link?.close()
      peer.link = null
      peer.proven = false
      peer.offered = []
      const wait = Math.min(RECONNECT_MS_MAX, RECONNECT_MS * 2 ** Math.min(peer.failures++, 10))
      peer.timer = ports.host.after(wait + (ports.random.u32() % RECONNECT_MS), () => this.#open(peer))
      if (wasUp) {
        ports.note('info', 'uplink down', { node: peer.node, reason })
        this.#listener?.changed(peer.node, false)
      }
    }
    const message = (text: string) => {
      if (over || !peer.link) return
      peer.lastHeardMs = ports.host.monotonicMs()
      let m: unknown
      try {
        m = JSON.parse(text)
      } catch {
        return lost('a message is no JSON')
      }
      if (!shape.Check(m)) return lost('a message has an unknown shape')
      if (m.t === 'hello') {
        if (theirs) return lost('a second hello')
        // before anything is signed: a node must not have this key answer in another's name
        if (m.by !== peer.node) return lost(`'${m.by}' answers at the address of '${peer.node}'`)
        theirs = m
        peer.link.send(JSON.stringify(prove(mine, m, this.#signer)))
      } else if (m.t === 'proof') {
        if (!theirs) return lost('a proof before the hello')
        const why = notProven(mine, theirs, m, 'node', this.#manifest(), this.#verifier)
        if (why) return lost(why)
        peer.proven = true
        peer.failures = 0
        ports.note('info', 'uplink up', { node: peer.node })
        this.#listener?.changed(peer.node, true)
      } else if (!peer.proven) lost(`${m.t} before the proof`)
      else if (m.t !== 'beat') {
        if (m.t === 'manifest') peer.offered = [...peer.offered, m.manifest].slice(-OFFERED_KEPT)
        this.#listener?.message(peer.node, m)
      }
    }
    const early: string[] = []
    let opened = false
    ports.net
      .connect(peer.address, { message: text => (opened ? message(text) : early.push(text)), closed: lost })
      .then(link => {
        if (over || this.#stopped) return link.close()
        peer.link = link
        opened = true
        peer.lastHeardMs = ports.host.monotonicMs()
        link.send(JSON.stringify(mine))
        for (const text of early) message(text)
        ports.host.after(HANDSHAKE_MS_MAX, () => {
          if (peer.link === link && !peer.proven) lost('no proof in time')
        })
      })
      .catch(error => lost(String(error)))
  }

  #watch(): void {
    this.#ports.host.after(SILENT_MS_MAX / 3, () => {
      if (this.#stopped) return
      const now = this.#ports.host.monotonicMs()
      for (const peer of this.#peers) if (peer.link && now - peer.lastHeardMs > SILENT_MS_MAX) peer.link.close()
      this.#watch()
    })
  }
}
