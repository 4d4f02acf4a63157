/**
 * Health, readiness and figures of a process that has no API: plain HTTP for service managers and Prometheus, and
 * nothing that could be changed. It knows no tokens: bind it to loopback, or to a network of your own.
 */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Part {
  readonly part: string
  readonly ready: boolean
  readonly says: string
}
export interface Status {
  parts(): readonly Part[]
  /** Prometheus text; null: there are none. */
  readonly metrics: (() => Promise<{ readonly contentType: string; readonly text: string }>) | null
}
/** A request that has not come in whole by then holds a socket for nothing. */
const REQUEST_MS_MAX = 5_000

export class StatusDoor {
  readonly #server: Server
  readonly #host: string
  #ending = false

  private constructor(server: Server, host: string) {
    this.#server = server
    this.#host = host
  }
  /** `host:port`; port 0 for any. */
  static open(address: string, status: Status): Promise<StatusDoor> {
    const colon = address.lastIndexOf(':')
    const host = address.slice(0, colon)
    const server = createServer({ requestTimeout: REQUEST_MS_MAX })
    const door = new StatusDoor(server, host)
    server.on('request', (request, response) => {
      void door
        .#answer(request.url ?? '', response, status)
        .catch(error => say(response, 500, { error: String(error) }))
    })
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(Number(address.slice(colon + 1)), host.replace(/^\[|\]$/g, ''), () => resolve(door))
    })
  }

  /** With the real port. */
  get address(): string {
    return `${this.#host}:${(this.#server.address() as AddressInfo).port}`
  }
  /** Not ready from now on. */
  drain(): void {
    this.#ending = true
  }
  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #answer(url: string, response: ServerResponse, { parts, metrics }: Status): Promise<void> {
    if (url === '/healthz') return say(response, 200, { status: 'ok' })
    if (url === '/readyz') {
      const own: Part = { part: 'process', ready: !this.#ending, says: this.#ending ? 'is about to end' : 'answers' }
      const all = [own, ...parts()]
      const ready = all.every(part => part.ready)
      return say(response, ready ? 200 : 503, { status: ready ? 'ok' : 'failed', parts: all })
    }
    if (url !== '/metrics' || !metrics) return say(response, 404, { status: 'failed', parts: [] })
    const { contentType, text } = await metrics()
    response.writeHead(200, { 'Content-Type': contentType }).end(text)
  }
}

function say(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  response.end(JSON.stringify(body))
}
