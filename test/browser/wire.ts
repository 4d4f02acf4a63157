/** A wire between a browser and a door that can be cut: what is under way is lost, and nobody gets through until it is mended. */
import { connect, createServer, type Server, type Socket } from 'node:net'

export class Wire {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #whole = true

  constructor(to: string) {
    const [host, port] = to.split(':')
    this.#server = createServer(near => {
      if (!this.#whole) return near.destroy()
      const far = connect(Number(port), host)
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one)
        one.on('error', () => other.destroy())
        one.on('close', () => {
          this.#sockets.delete(one)
          other.destroy()
        })
        one.pipe(other)
      }
    })
  }
  async open(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return `127.0.0.1:${(this.#server.address() as { port: number }).port}`
  }
  cut(): void {
    this.#whole = false
    for (const socket of this.#sockets) socket.destroy()
  }
  mend(): void {
    this.#whole = true
  }
  close(): void {
    this.cut()
    this.#server.close()
  }
}
