import type { Topic } from '../event-log.ts'

/**
 * Every bound of the embedded log, each with the failure that it prevents. All can be set by the opener, so that a test
 * reaches them.
 */
export interface Limits {
  /** A segment is rolled at about this size: deleting one is how room comes back. */
  readonly segmentBytesMax: number
  /** Without it a slow disk lets callers queue until memory ends; beyond it an append is refused with LOG_BUSY. */
  readonly outstandingRecordsMax: number
  readonly outstandingCharsMax: number
  /** One commit of more records than this holds the write lock so long that other processes starve. */
  readonly groupRecordsMax: number
  readonly groupCharsMax: number
  /** How long the write lock may stay with others before an append is refused with LOG_BUSY. */
  readonly busyMsMax: number
  /** The net under the bell: how long a follower can be late when the bell is lost. */
  readonly slowPollMs: number
  /** Records and characters of one answer to `read`. */
  readonly readRecordsMax: number
  readonly readCharsMax: number
  /** Batches that travel to a follower before it has taken the first; more would only fill memory. */
  readonly followAheadMax: number
  /** Open segment files for reading; each costs a few descriptors and a page cache. */
  readonly openSegmentsMax: number
  /** A write-ahead log longer than this is folded into its segment when the log is idle. */
  readonly walBytesMax: number
  /** Housekeeping: retention, the write-ahead log, the ballast. Seldom, so that an idle machine sleeps. */
  readonly housekeepingMs: number
  /** Room kept aside for the last words of a full disk; 0 for none. */
  readonly ballastBytes: number
  /** SQLite's own cap on the pages of a segment; 0 for none. Stands in for a full disk. */
  readonly pageCountMax: number
}

export const LIMITS: Limits = {
  segmentBytesMax: 64 * 1024 * 1024,
  outstandingRecordsMax: 65_536,
  outstandingCharsMax: 64 * 1024 * 1024,
  groupRecordsMax: 4096,
  groupCharsMax: 8 * 1024 * 1024,
  busyMsMax: 10_000,
  slowPollMs: 100,
  readRecordsMax: 10_000,
  readCharsMax: 8 * 1024 * 1024,
  followAheadMax: 4,
  openSegmentsMax: 4,
  walBytesMax: 16 * 1024 * 1024,
  housekeepingMs: 10_000,
  ballastBytes: 1024 * 1024,
  pageCountMax: 0,
}

/** Sealed segments beyond it are given up, oldest first, whatever their partitions; the newest two always stay. */
export interface Retention {
  readonly keepSegments?: number
  /** A segment goes when its newest record is older than this. */
  readonly keepMs?: number
}

const DAY_MS = 86_400_000

/** By class: `facts` are kept until trimmed; the others are recomputable or of use to nobody who controls. */
export const RETENTION: Readonly<Record<Topic, Retention>> = {
  facts: {},
  history: { keepMs: 30 * DAY_MS },
  decisions: { keepMs: 7 * DAY_MS },
  snapshots: { keepSegments: 4 },
}
