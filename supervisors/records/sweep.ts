/**
 * Reading a log from a position to a position, in batches, the next one fetched while the last one is worked on.
 */
import { type EventLog, LogError, type LogRecord } from '../../protocol/log/event-log.ts'
import { Refusal } from '../../protocol/words/errors.ts'

/** Records in one batch: enough to hide the turn of the thread that reads, few enough to stay small in memory. */
const BATCH = 2_000

export interface Range {
  /** Absent: the earliest that the log still holds. */
  readonly from?: number
  /** The last position wanted; absent: the newest at the start of the sweep. */
  readonly to?: number
}

/** All that reading takes: a log of a folder has more, an export no more. */
export type LogReader = Pick<EventLog, 'read' | 'ends'>

/** Throws Refusal LOG_GONE, LOG_CORRUPT. */
export async function* sweep(
  log: LogReader,
  partition: number,
  range: Range = {},
): AsyncGenerator<readonly LogRecord[]> {
  const ends = await log.ends(partition)
  const to = Math.min(range.to ?? Number.MAX_SAFE_INTEGER, ends.next - 1)
  let from = range.from ?? ends.earliest
  if (from > to) return
  let coming = ahead(log, partition, from)
  for (;;) {
    const fetched = await coming
    if (fetched.kind === 'failed') throw asRefusal(fetched.error)
    const records = fetched.records.filter(r => r.position <= to)
    const last = fetched.records.at(-1)
    if (!last) return
    from = last.position + 1
    const more = from <= to
    if (more) coming = ahead(log, partition, from)
    if (records.length > 0) yield records
    if (!more) return
  }
}

type Fetched =
  | { readonly kind: 'read'; readonly records: readonly LogRecord[] }
  | { readonly kind: 'failed'; readonly error: unknown }

/** Never rejects: a sweep that is given up leaves no unhandled rejection behind. */
const ahead = (log: LogReader, partition: number, from: number): Promise<Fetched> =>
  log.read(partition, from, BATCH).then(
    records => ({ kind: 'read', records }),
    error => ({ kind: 'failed', error }),
  )

function asRefusal(error: unknown): unknown {
  if (!(error instanceof LogError)) return error
  if (error.code === 'LOG_GONE' || error.code === 'LOG_CORRUPT') return new Refusal(error.code, error.message)
  return new Refusal('UNAVAILABLE', error.message)
}

/** How many records a sweep of this range can at most meet, for its progress. */
export async function lengthOf(log: LogReader, partition: number, range: Range = {}): Promise<number> {
  const ends = await log.ends(partition)
  const to = Math.min(range.to ?? Number.MAX_SAFE_INTEGER, ends.next - 1)
  return Math.max(0, to - (range.from ?? ends.earliest) + 1)
}
