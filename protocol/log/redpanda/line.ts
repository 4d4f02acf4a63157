import { type Connection, connectionTo, type Door, type Exchange, exchange } from './kafkajs.ts'
import { METADATA } from './metadata.ts'

export interface Address {
  readonly host: string
  readonly port: number
}
export const textOf = ({ host, port }: Address): string => `${host}:${port}`

/** `broker:9092`, `[::1]:9092`. */
export function addressOf(text: string): Address {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (!host || !port) throw new RangeError(`a broker is HOST:PORT, not '${text}'`)
  return { host, port: Number(port) }
}

/** What became of one question to one broker. */
export type Attempt<T> =
  | { readonly kind: 'answered'; readonly answer: T }
  /** The broker's own error, by its name in the protocol. */
  | { readonly kind: 'said'; readonly type: string; readonly reason: string }
  /** Credentials, certificate or a broker of long ago: nothing was asked, and asking again helps only once somebody mends it. */
  | { readonly kind: 'denied'; readonly reason: string }
  /** No connection, or no answer: what was asked may have been done. */
  | { readonly kind: 'unreached'; readonly reason: string; readonly silent: boolean }

/** One connection to one broker, made when it is needed and again after it broke. */
export class Line {
  readonly address: Address
  readonly #door: Door
  #connection: Connection | null = null
  #closed = false
  #opening: Promise<Connection> | null = null

  constructor(address: Address, door: Door) {
    this.address = address
    this.#door = door
  }

  /** Never rejects. Questions go out in the order of the calls and are answered in it. */
  async ask<T>(what: Exchange<T>, answerMsMax: number): Promise<Attempt<T>> {
    if (this.#closed) return { kind: 'unreached', reason: `${this.#name}: closed`, silent: false }
    const { promise: silence, resolve } = Promise.withResolvers<Attempt<T>>()
    const timer = setTimeout(() => {
      resolve({ kind: 'unreached', reason: `${this.#name} does not answer`, silent: true })
      this.drop()
    }, answerMsMax)
    const attempt = await Promise.race([this.#asked(what), silence])
    clearTimeout(timer)
    if (attempt.kind === 'unreached' || attempt.kind === 'denied') this.drop()
    return attempt
  }

  /** For good. */
  close(): void {
    this.#closed = true
    this.drop()
  }

  drop(): void {
    this.#connection?.socket?.destroy(new Error('dropped'))
    this.#connection = null
    this.#opening = null
  }

  get #name(): string {
    return `broker ${textOf(this.address)}`
  }

  async #asked<T>(what: Exchange<T>): Promise<Attempt<T>> {
    try {
      this.#opening ??= this.#open()
      const connection = await this.#opening
      return { kind: 'answered', answer: await connection.send(what) }
    } catch (error) {
      return this.#failed(error)
    }
  }

  async #open(): Promise<Connection> {
    const { host, port } = this.address
    const connection = connectionTo(host, port, this.#door)
    this.#connection = connection
    await connection.connect()
    connection.socket!.once('close', () => {
      if (this.#connection === connection) this.drop()
    })
    const { apiVersions } = await connection.send(exchange<{ apiVersions: readonly ApiVersion[] }>('ApiVersions', {}))
    if (!apiVersions.some(api => api.apiKey === METADATA.apiKey && api.maxVersion >= METADATA.apiVersion)) {
      throw new TooOldError('too old to give topics an id; Kafka 2.8 and Redpanda 25.3 do')
    }
    connection.setVersions(Object.fromEntries(apiVersions.map(api => [api.apiKey, api])))
    connection.setSupportAuthenticationProtocol(true)
    await connection.authenticate()
    return connection
  }

  #failed(error: unknown): Exclude<Attempt<never>, { kind: 'answered' }> {
    const { name, message, type, code, errors, partitions } = error as KafkaError
    const reason = `${this.#name}: ${message}`
    const denied = name === 'KafkaJSSASLAuthenticationError' || error instanceof TooOldError
    if (denied || isCertificate(code, message)) return { kind: 'denied', reason }
    const own = type ?? errors?.[0]?.type ?? partitions?.[0]?.error?.type
    if (own) return { kind: 'said', type: own, reason: `${reason} (${own})` }
    return { kind: 'unreached', reason, silent: false }
  }
}

class TooOldError extends Error {}

interface ApiVersion {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

/** Some of kafkajs's errors carry the broker's in a list. */
interface KafkaError extends Error {
  readonly type?: string
  readonly code?: string | number
  readonly errors?: readonly { readonly type?: string }[]
  readonly partitions?: readonly { readonly error?: { readonly type?: string } }[]
}

/** What TLS refuses before a word was said. */
function isCertificate(code: string | number | undefined, message: string): boolean {
  return /CERT|ERR_TLS|ERR_SSL|UNABLE_TO_VERIFY/.test(String(code)) || /certificate|wrong version number/.test(message)
}
