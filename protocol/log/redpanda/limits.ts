/** Every bound of the replicated log, each with the failure that it prevents. All can be set by the opener, so that a test reaches them. */
export interface Limits {
  /** A broker that does not take a connection within it is passed over. */
  readonly connectMsMax: number
  /** A broker that hangs holds its partitions up for so long. */
  readonly answerMsMax: number
  /** After silence the next answer may take twice as long, up to this: a slow line is not a dead one. */
  readonly patienceMsMax: number
  /** Between two attempts: a cluster without a leader is not asked a thousand times a second. */
  readonly backoffMs: number
  /** How long a leader that moved, or a topic that was made anew, can go unseen while nothing fails. */
  readonly refreshMs: number
  /** A broker holds an idle follower's question so long; an append ends it at once. */
  readonly fetchWaitMs: number
  /** Bytes of one answer; a larger record comes alone. */
  readonly fetchBytesMax: number
  /** Answers that a follower has not yet taken; more would only fill memory. */
  readonly followAheadMax: number
  /** How long the opener tries to reach a cluster before it says that none is there. */
  readonly openMsMax: number
  /** How long a question (read, ends, trim, describe) outlasts a partition without a leader. */
  readonly questionMsMax: number
  /** How long an append may wait before its caller hears that it is refused, or unknown. */
  readonly appendMsMax: number
  /** Without it a stalled cluster lets callers queue until memory ends; beyond it an append is refused with LOG_BUSY. */
  readonly outstandingRecordsMax: number
  readonly outstandingCharsMax: number
  /** One batch of more would hold up what comes after it, and may exceed what the topic takes. */
  readonly batchRecordsMax: number
  readonly batchCharsMax: number
  /** How long closing waits for appends that were called before it. */
  readonly closeMsMax: number
}

export const LIMITS: Limits = {
  connectMsMax: 1000,
  answerMsMax: 1500,
  patienceMsMax: 8000,
  backoffMs: 50,
  refreshMs: 1000,
  fetchWaitMs: 500,
  fetchBytesMax: 1024 * 1024,
  followAheadMax: 2,
  openMsMax: 30_000,
  questionMsMax: 15_000,
  appendMsMax: 10_000,
  outstandingRecordsMax: 65_536,
  outstandingCharsMax: 64 * 1024 * 1024,
  batchRecordsMax: 4096,
  batchCharsMax: 1024 * 1024,
  closeMsMax: 5000,
}
