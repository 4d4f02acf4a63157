import type { NewRecord } from './event-log.ts'

/** Longer batches make a follower's turn long and a slow reader's memory large. */
export const FOLLOW_BATCH_RECORDS_MAX = 256

/** One record of more UTF-16 units than this would make a bounded batch of them unbounded in bytes. */
export const BODY_CHARS_MAX = 4 * 1024 * 1024

/** A log's storage names partitions in 31 bits. */
export const PARTITION_MAX = 0x7fffffff

/**
 * Refuses what no driver can hold and give back unchanged: a lone surrogate has no UTF-8, so the body that is read would
 * not be the body that was signed.
 */
export function assertRecords(batch: readonly NewRecord[]): void {
  for (const { partition, body, key } of batch) {
    assertPartition(partition)
    if (key !== undefined && !(typeof key === 'string' && key.isWellFormed()))
      throw new RangeError("a record's key is a text that UTF-8 can hold")
    if (typeof body !== 'string') throw new RangeError(`a record's body is a string, not ${typeof body}`)
    if (body.length > BODY_CHARS_MAX) {
      throw new RangeError(`a record's body has ${body.length} characters; at most ${BODY_CHARS_MAX} fit`)
    }
    if (!body.isWellFormed()) throw new RangeError("a record's body has a lone surrogate, which UTF-8 cannot hold")
  }
}

export function assertPartition(partition: number): void {
  if (!Number.isInteger(partition) || partition < 0 || partition > PARTITION_MAX) {
    throw new RangeError(`a partition is an integer from 0 to ${PARTITION_MAX}, not ${partition}`)
  }
}

export function assertPosition(position: number): void {
  if (!Number.isSafeInteger(position) || position < 0) {
    throw new RangeError(`a position is an integer from 0, not ${position}`)
  }
}

export function assertCount(max: number): void {
  if (!Number.isSafeInteger(max) || max < 1) throw new RangeError(`at most how many is an integer from 1, not ${max}`)
}
