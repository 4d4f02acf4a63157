import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import type { Link, LinkEvents, Net } from '../../protocol/ports.ts'

/** A peer that does not read: beyond this much unsent, a send is refused instead of growing without end. */
const UNSENT_BYTES_MAX = 4_000_000
/** The largest message: a frame of a large site, or a full batch of the outbox. */
const MESSAGE_BYTES_MAX = 8_000_000
/** Links on loopback open at once; a far peer that does not is given up after this. */
const CONNECT_MS_MAX = 3_000

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

/** Links over WebSocket. Addresses: `host:port`. */
export const wsNet: Net = {
  listen(address, accept) {
    const [host, port] = address.split(':') as [string, string]
    return new Promise((resolve, reject) => {
      const options = { host, port: Number(port), perMessageDeflate: false, maxPayload: MESSAGE_BYTES_MAX }
      const server = new WebSocketServer(options)
      server.once('error', reject)
      server.once('listening', () => {
        server.off('error', reject)
        server.on('error', () => {})
        resolve({
          address: `${host}:${(server.address() as AddressInfo).port}`,
          cancel() {
            server.close()
            for (const client of server.clients) client.terminate()
          },
        })
      })
      server.on('connection', (socket, request) => {
        let events: LinkEvents = { message() {}, closed() {} }
        const link = linkOf(socket, request.socket.remoteAddress ?? 'unknown', () => events)
        events = accept(link)
      })
    })
  },
  connect(address, events) {
    return new Promise((resolve, reject) => {
      const options = { perMessageDeflate: false, maxPayload: MESSAGE_BYTES_MAX, handshakeTimeout: CONNECT_MS_MAX }
      const socket = new WebSocket(`ws://${address}/uplink`, options)
      const early = (error: Error) => reject(error)
      socket.once('error', early)
      socket.once('open', () => {
        socket.off('error', early)
        resolve(linkOf(socket, address, () => events))
      })
    })
  },
}
