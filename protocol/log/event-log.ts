/**
 * The durable ordered log. One `EventLog` is one topic; its partitions are totally ordered each.
 *
 * L-a  An append resolves only when every record of the batch is durable; a rejection means *unknown*, not *no*:
 *      resend with the same id, the reader's step drops repeats.
 * L-b  Positions of a partition strictly increase and have gaps; they are compared, never counted.
 * L-c  A reader sees a prefix: no record becomes visible before one with a lower position of the same partition.
 * L-d  Positions belong to a topic id; a topic made anew has another id.
 */

/**
 * Retention classes. `facts` commands the site; `history` no controller reads; `decisions` neither: what each replica
 * decided, which can be computed again, and what processes told of their actors, which cannot; `snapshots` keeps the
 * newest.
 */
export const TOPICS = ['facts', 'history', 'decisions', 'snapshots'] as const
export type Topic = (typeof TOPICS)[number]

export interface NewRecord {
  readonly partition: number
  /** UTF-8 text: `<signature> <canonical JSON>` for facts. */
  readonly body: string
  /** Of a record of `snapshots`: once there is a newer one of its key, it may go. */
  readonly key?: string
}
export interface LogRecord {
  readonly position: number
  /** The log's stamp, ms; for retention and people. Never an input of a step. */
  readonly stampMs: number
  readonly body: string
}
export interface Ends {
  /** Lowest position that can still be read. */
  readonly earliest: number
  /** A read from here returns what comes next. */
  readonly next: number
}
export interface Follow {
  /** After it returns no batch is delivered. */
  cancel(): void
}
export interface LogDescription {
  readonly driver: 'memory' | 'embedded' | 'redpanda'
  readonly topic: Topic
  readonly topicId: string
  readonly partitions: readonly number[]
}

export interface EventLog {
  /**
   * Resolves to the positions, in the order of the batch; an empty batch to none. Throws `LogError` (LOG_BUSY, LOG_FULL,
   * LOG_CLOSED, LOG_CORRUPT, LOG_FAILED), and a RangeError for a record that no log may hold (a bug of the caller).
   */
  append(batch: readonly NewRecord[]): Promise<readonly number[]>
  /** At most `max` records at or above `from`; fewer do not mean the end, none does. Throws LOG_GONE with `earliest` where the beginning was trimmed, LOG_CORRUPT with `position`. */
  read(partition: number, from: number, max: number): Promise<readonly LogRecord[]>
  /** In order, never two batches at once, and again from where it was after any fault of the log. `failed` is terminal (trimmed away, corrupt, or `batch` threw). */
  follow(
    partition: number,
    from: number,
    on: { batch(records: readonly LogRecord[]): void | Promise<void>; failed(error: LogError): void },
  ): Follow
  ends(partition: number): Promise<Ends>
  /** Gives up whole segments below the position; keeps at least what the position names. */
  trim(partition: number, before: number): Promise<void>
  describe(): Promise<LogDescription>
  close(): Promise<void>
}

export type LogErrorCode = 'LOG_BUSY' | 'LOG_FULL' | 'LOG_CORRUPT' | 'LOG_GONE' | 'LOG_CLOSED' | 'LOG_FAILED'

/** Named by what the caller may do: LOG_BUSY: nothing was written, append again a little later; LOG_FULL: free room and append again; LOG_GONE: start at `earliest` or from a snapshot; LOG_CORRUPT: restore, nothing before `position` is lost; LOG_CLOSED, LOG_FAILED: end the process. */
export class LogError extends Error {
  override readonly name = 'LogError'
  readonly code: LogErrorCode
  readonly detail: { readonly earliest?: number; readonly position?: number }
  constructor(code: LogErrorCode, message: string, detail: { earliest?: number; position?: number } = {}) {
    super(`${code}: ${message}`)
    this.code = code
    this.detail = detail
  }
}
