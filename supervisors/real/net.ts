import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import type { Link, LinkEvents, Net } from '../../protocol/ports.ts'

/** A peer that does not read: beyond this much unsent, a send is refused instead of growing without end. */
const UNSENT_BYTES_MAX = 4_000_000
/** The largest message: a frame of a large site, or a full batch of the outbox. */
const MESSAGE_BYTES_MAX = 8_000_000
/** Links on loopback open at once; a far peer that does not is given up after this. */
const CONNECT_MS_MAX = 3_000
/** All links stand below it, each listener's at a path of its own. */
const ROOT = '/uplink/'

function linkOf(socket: WebSocket, peer: string, events: () => LinkEvents): Link {
  let closed = false
  const close = (reason: string) => {
    if (closed) return
    closed = true
    events().closed(reason)
  }
  socket.on('message', data => {
    if (!closed) events().message(data.toString())
  })
  socket.on('close', code => close(`closed with code ${code}`))
  socket.on('error', error => close(error.message))
  return {
    peer,
    send(text) {
      if (closed || socket.readyState !== WebSocket.OPEN || socket.bufferedAmount > UNSENT_BYTES_MAX) return false
      socket.send(text)
      return true
    },
    close: () => socket.terminate(),
  }
}

/** To a path behind a door: `host:port/path`. */
const connectWs: Net['connect'] = (address, events) => {
  const slash = address.indexOf('/')
  const url = `ws://${address.slice(0, slash)}${ROOT}${address.slice(slash + 1)}`
  return new Promise((resolve, reject) => {
    const options = { perMessageDeflate: false, maxPayload: MESSAGE_BYTES_MAX, handshakeTimeout: CONNECT_MS_MAX }
    const socket = new WebSocket(url, options)
    const early = (error: Error) => reject(error)
    socket.once('error', early)
    socket.once('open', () => {
      socket.off('error', early)
      resolve(linkOf(socket, address, () => events))
    })
  })
}

/** Of a process that nobody connects to. */
export const clientNet: Net = {
  connect: connectWs,
  listen: address => Promise.reject(new Error(`this process has no door; '${address}' cannot be listened at`)),
}

/** One port for all who listen in a process, each at a path of its own: a node's sites share one way in. */
export class WsDoor {
  readonly #server: WebSocketServer
  readonly #host: string
  readonly #accept = new Map<string, (link: Link) => LinkEvents>()
  readonly #sockets = new Map<WebSocket, string>()

  private constructor(server: WebSocketServer, host: string) {
    this.#server = server
    this.#host = host
    server.on('error', () => {})
    server.on('connection', (socket, request) => {
      const path = (request.url ?? '').slice(ROOT.length)
      const accept = request.url?.startsWith(ROOT) ? this.#accept.get(path) : undefined
      if (!accept) return socket.terminate() // a site that is not here, or not yet: its gateway tries again
      this.#sockets.set(socket, path)
      socket.once('close', () => this.#sockets.delete(socket))
      let events: LinkEvents = { message() {}, closed() {} }
      const link = linkOf(socket, request.socket.remoteAddress ?? 'unknown', () => events)
      events = accept(link)
    })
  }
  /** `host:port`; port 0 for any. */
  static open(address: string): Promise<WsDoor> {
    const colon = address.lastIndexOf(':')
    const host = address.slice(0, colon)
    const options = { host: host.replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
    return new Promise((resolve, reject) => {
      const server = new WebSocketServer({ ...options, perMessageDeflate: false, maxPayload: MESSAGE_BYTES_MAX })
      server.once('error', reject)
      server.once('listening', () => {
        server.off('error', reject)
        resolve(new WsDoor(server, host))
      })
    })
  }

  /** With the real port. */
  get address(): string {
    return `${this.#host}:${(this.#server.address() as AddressInfo).port}`
  }
  /** Here an address to listen at is a path. */
  get net(): Net {
    return {
      connect: connectWs,
      listen: async (path, accept) => {
        if (this.#accept.has(path)) throw new Error(`somebody listens at '${path}' already`)
        this.#accept.set(path, accept)
        return { address: path, cancel: () => this.#leave(path) }
      },
    }
  }
  close(): void {
    this.#server.close()
    for (const client of this.#server.clients) client.terminate()
  }
  #leave(path: string): void {
    this.#accept.delete(path)
    for (const [socket, at] of this.#sockets) if (at === path) socket.terminate()
  }
}
