/**
 * The seams. Everything that is not deterministic enters through these types: clock and timers, randomness, the log,
 * durable storage, links, field drivers, process control. Composition hands in the real ones (`supervisors/real`),
 * the simulator its own; no other code makes one for itself.
 *
 * Times are integer milliseconds unless a name says otherwise. Positions only grow, with gaps.
 */
import type { EventLog, Topic } from './log/event-log.ts'

export interface Ports {
  /** The path of the owner, for logs: `node-a/replica.3`. */
  readonly name: string
  /** The site's time: cycle, validity and log timers. Scaled or owned by the parent in a paced run. */
  readonly clock: Clock
  /** The host's time: socket time-outs, resends, backoff. Never scaled. */
  readonly host: Clock
  readonly random: Random
  readonly disk: Disk
  readonly net: Net
  readonly control: Control
  /** A line worth reading by an operator; never a secret. */
  readonly note: Note
}

/** The topics that a node may touch; the gateway has none. */
export type Logs = Readonly<Record<Topic, EventLog>>

export type Note = (
  level: 'debug' | 'info' | 'warn' | 'error',
  event: string,
  detail?: Readonly<Record<string, unknown>>,
) => void

export interface Cancel {
  cancel(): void
}

export interface Clock {
  /** Never jumps; decides validity, deadlines and order. */
  monotonicMs(): number
  /** The same, finer; for latency figures only. */
  monotonicUs(): number
  /** May jump; for people and for signed claims of time only. */
  wallMs(): number
  /** One-shot; chain the next from its due time. */
  after(ms: number, run: () => void): Cancel
}

export interface Random {
  u32(): number
  /** A stream of its own for each consumer, so that one more draw here moves nothing there. */
  stream(name: string): Random
  /** 128 bits, hex; unguessable where the real port is in use. */
  id(): string
}

/** A process's own folder of small durable files. */
export interface Disk {
  open(file: string): Promise<DiskFile>
}

export interface DiskFile {
  /** Copied at once; may be lost until `sync` resolves. */
  append(bytes: Uint8Array): void
  /** A rejection is fatal for the process: what was appended is in doubt. */
  sync(): Promise<void>
  /** What the file holds now. */
  read(): Promise<Uint8Array>
  /** Atomic and durable. */
  replace(bytes: Uint8Array): Promise<void>
}

/** Messages are strings; a mutation never crosses a process. */
export interface LinkEvents {
  message(text: string): void
  /** At most once; nothing after it. */
  closed(reason: string): void
}

export interface Link {
  readonly peer: string
  /** False: not sent, because the link is closed or its bounded buffer is full. */
  send(text: string): boolean
  close(): void
}

export interface Net {
  /** Resolves to the address in use (port 0 becomes a real one). */
  listen(address: string, accept: (link: Link) => LinkEvents): Promise<Cancel & { readonly address: string }>
  connect(address: string, events: LinkEvents): Promise<Link>
}

export interface Control {
  /** Fail this whole process now; its parent starts it anew. */
  exit(reason: string): void
}

/**
 * A field driver: one device. `read` groups registers into few requests; each point carries its own failure, so that a
 * lost register never hides the others. Writes carry the raw field value already checked by the envelope.
 */
export interface FieldDriver {
  read(): Promise<FieldReading>
  /** Resolves with what the protocol said; never retries by itself (a repeat is the writer's decision). */
  write(writes: readonly FieldWrite[], validUntilMs: number): Promise<readonly FieldWriteResult[]>
  /** What the named registers hold now, in the unit's smallest step. */
  readBack(names: readonly string[]): Promise<Readonly<Record<string, FieldValue>>>
  /** Feeds the device's own watchdog, where it has one; undefined where it has none. */
  feed(validUntilMs: number): Promise<FieldWriteResult | undefined>
  close(): Promise<void>
}

/** `atMs`: the site's monotonic clock just before the request was sent, so that an age is never too young. */
export type FieldValue =
  | { readonly kind: 'value'; readonly value: number | string; readonly atMs: number }
  | { readonly kind: 'failed'; readonly code: FieldFailure; readonly reason: string }

/**
 * `timeout` after a write means unknown: the device may have applied it; so does `disconnected` where its reason begins
 * with LOST_IN_FLIGHT. `invalid`: the device answered that it has no value. `refused`: by the driver, nothing was sent;
 * its reason begins with a code: FLASH_CYCLIC, WRITE_BUDGET, OUT_OF_RANGE, NOT_INTEGER, UNKNOWN_NAME, QUEUE_FULL, CLOSED.
 */
export type FieldFailure = 'timeout' | 'exception' | 'disconnected' | 'expired' | 'refused' | 'invalid'

export interface FieldReading {
  readonly points: Readonly<Record<string, FieldValue>>
}
export interface FieldWrite {
  readonly name: string
  /** Setpoint value in the unit's smallest step, or 1 for a pulse. */
  readonly value: number
}
export type FieldWriteResult =
  | {
      readonly name: string
      readonly kind: 'accepted' /** After quantising to the register's step. */
      readonly quantised: number
    }
  | { readonly name: string; readonly kind: 'failed'; readonly code: FieldFailure; readonly reason: string }
