import { createRequire } from 'node:module'
import net from 'node:net'
import tls from 'node:tls'
import type { Note } from '../../ports.ts'

/**
 * What the driver takes from inside kafkajs: one connection, the requests' encodings, the codes of errors. Its own
 * producer stays on a hung leader for as long as that hangs, and its consumer needs a group, which delivers again from
 * the start after some faults; so the loops are the driver's own.
 *
 * The inside is no public interface: another version is refused before anything runs.
 */
const VERSION = '2.2.4'

const require = createRequire(import.meta.url)
const { version } = require('kafkajs/package.json') as { version: string }
if (version !== VERSION) throw new Error(`kafkajs ${version} is installed; this driver is made for ${VERSION}`)

export interface Encoder {
  writeInt32(value: number): Encoder
  writeBoolean(value: boolean): Encoder
  writeBuffer(value: Buffer): Encoder
  writeUVarIntString(value: string): Encoder
  writeUVarIntArray(value: readonly Encoder[]): Encoder
  /** Without a value: no tagged fields. */
  writeUVarIntBytes(): Encoder
}
export interface Decoder {
  readInt16(): number
  readInt32(): number
  readBoolean(): boolean
  readBytes(length: number): Buffer
  readUVarIntString(): string | null
  readUVarIntArray<T>(item: (decoder: Decoder) => T): readonly T[] | null
  readTaggedFields(): void
}
export const { Encoder, Decoder } = {
  Encoder: require('kafkajs/src/protocol/encoder') as new () => Encoder,
  Decoder: require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder,
}

/** One request as it goes out and how its answer is read. */
export interface Exchange<T> {
  readonly request: {
    readonly apiKey: number
    readonly apiVersion: number
    readonly apiName: string
    readonly encode: () => Promise<Encoder>
  }
  readonly response: {
    readonly decode: (bytes: Buffer) => Promise<unknown>
    readonly parse: (decoded: any) => Promise<T>
  }
}

type Api =
  | 'ApiVersions'
  | 'CreateTopics'
  | 'DeleteRecords'
  | 'DescribeConfigs'
  | 'Fetch'
  | 'InitProducerId'
  | 'ListOffsets'
  | 'Produce'
const { requests } = require('kafkajs/src/protocol/requests') as {
  requests: Record<Api, { protocol: (of: { version: number }) => (args: object) => Exchange<any> }>
}
/** The version that every broker with topic ids speaks (Kafka 2.8, Redpanda 25.3 and later). */
const VERSIONS: Record<Api, number> = {
  ApiVersions: 2,
  CreateTopics: 2,
  DeleteRecords: 1,
  DescribeConfigs: 1,
  Fetch: 11,
  InitProducerId: 1,
  ListOffsets: 2,
  Produce: 7,
}
export const exchange = <T>(api: Api, args: object): Exchange<T> =>
  requests[api].protocol({ version: VERSIONS[api] })(args)

export const { createErrorFromCode } = require('kafkajs/src/protocol/error') as {
  createErrorFromCode: (code: number) => Error & { readonly type: string }
}
export const crc32c = require('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number

export interface Connection {
  readonly socket: net.Socket | undefined
  connect(): Promise<unknown>
  setVersions(versions: object): void
  setSupportAuthenticationProtocol(supported: boolean): void
  authenticate(): Promise<void>
  send<T>(exchange: Exchange<T>): Promise<T>
}
const Connection = require('kafkajs/src/network/connection') as new (options: object) => Connection

export interface Sasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: string
}

/** How every broker of a cluster is reached. */
export interface Door {
  readonly ssl: tls.ConnectionOptions | undefined
  readonly sasl: Sasl | undefined
  readonly connectMsMax: number
  readonly note: Note
}

export function connectionTo(host: string, port: number, { ssl, sasl, connectMsMax, note }: Door): Connection {
  return new Connection({
    host,
    port,
    clientId: 'quorate',
    ssl,
    sasl: sasl && { ...sasl }, // it keeps its authenticator in there
    connectionTimeout: connectMsMax,
    requestTimeout: connectMsMax,
    enforceRequestTimeout: false, // a timer each 100 ms for each connection; a line has its own
    socketFactory,
    logger: loggerOf(note),
  })
}

const { createLogger } = require('kafkajs/src/loggers') as { createLogger: (options: object) => object }

/** A lost connection is told once, by who notices that it matters; its library's own words are for debugging. */
const loggerOf = (note: Note): object =>
  createLogger({
    level: 2, // warnings and errors
    logCreator:
      () =>
      ({ log }: { log: { message: string; broker?: string } }) =>
        note('debug', 'kafkajs', { message: log.message, broker: log.broker }),
  })

function socketFactory(to: {
  host: string
  port: number
  ssl?: tls.ConnectionOptions
  onConnect: () => void
}): net.Socket {
  const { host, port, ssl, onConnect } = to
  const servername = net.isIP(host) ? {} : { servername: host }
  const socket = ssl
    ? tls.connect({ host, port, ...servername, ...ssl }, onConnect)
    : net.connect({ host, port }, onConnect)
  return socket.setNoDelay(true).setKeepAlive(true, 60_000)
}

interface RequestQueue {
  throttleCheckTimeoutId: NodeJS.Timeout | null
  readonly throttledUntil: number
  readonly pending: readonly unknown[]
  scheduleCheckPendingRequests(): void
  checkPendingRequests(): void
}
const RequestQueue = require('kafkajs/src/network/requestQueue') as { readonly prototype: RequestQueue }

/** kafkajs's issue 1751: each idle client asks itself a thousand times a second whether something is pending, by a negative timer. */
RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.throttleCheckTimeoutId) return
  const throttledMs = this.throttledUntil - Date.now()
  if (this.pending.length === 0 && throttledMs <= 0) return
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    Math.max(throttledMs, 10),
  )
}
