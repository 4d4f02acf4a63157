import type { LogRecord } from '../event-log.ts'
import { crc32c, createErrorFromCode } from './kafkajs.ts'

/** What a fetch of one partition brought. */
export type Page =
  | {
      readonly kind: 'records'
      readonly records: readonly LogRecord[]
      /** A fetch from here goes on; past batches that hold nothing for us. */
      readonly next: number
      /** What lies right after, and is told only when everything before it was handed out. */
      readonly stop: Stop | null
    }
  /** Below the beginning, or beyond the end. */
  | { readonly kind: 'outside' }

/** A batch that cannot be read. */
export interface Stop {
  readonly kind: 'damaged' | 'compressed'
  readonly position: number
}

/** The fixed part of a batch, and where its fields lie. */
const AT = {
  length: 8,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastDelta: 23,
  firstMs: 27,
  maxMs: 35,
  count: 57,
  records: 61,
}
/** Base offset and length come before what the length counts. */
const BEFORE_LENGTH_ENDS = 12
const MAGIC = 2
const OUT_OF_RANGE = 1
const COMPRESSED = 0b111
const STAMPED_BY_LOG = 0b1000
const CONTROL = 0b100000

/**
 * The answer to a fetch (version 11) of one partition. Throws the broker's own error.
 *
 * kafkajs's own reading of it compares no checksum and cannot pass a batch that compaction has emptied; this one
 *
 * B1 compares each batch's checksum before anybody gets a record of it;
 * B2 goes on after the batch's last offset, whatever is left in it;
 * B3 drops what lies below the asked offset, and the cluster's own marks;
 * B4 hands a record that is not ours out as the text that its bytes give: whoever reads judges it by its signature.
 */
export function pageOf(bytes: Buffer, from: number): Page {
  const reading = { bytes, at: 0 }
  int32(reading) // throttled for
  const failed = int16(reading)
  if (failed !== 0) throw createErrorFromCode(failed)
  int32(reading) // session
  int32(reading) // one topic
  reading.at += 2 + bytes.readInt16BE(reading.at)
  int32(reading) // one partition
  int32(reading) // its number
  const code = int16(reading)
  if (code === OUT_OF_RANGE) return { kind: 'outside' }
  if (code !== 0) throw createErrorFromCode(code)
  reading.at += 3 * 8 // high watermark, last stable offset, start of the log
  const aborted = int32(reading)
  reading.at += 16 * Math.max(0, aborted) // each a producer and an offset
  int32(reading) // another replica to read from
  const length = Math.max(0, int32(reading))
  return batchesOf(bytes.subarray(reading.at, reading.at + length), from)
}

function batchesOf(bytes: Buffer, from: number): Page {
  const records: LogRecord[] = []
  let next = from
  for (let at = 0; at + BEFORE_LENGTH_ENDS <= bytes.length; ) {
    const end = at + BEFORE_LENGTH_ENDS + bytes.readInt32BE(at + AT.length)
    if (end > bytes.length) break // cut off by the bound of the answer: it comes again
    const base = Number(bytes.readBigInt64BE(at))
    const batch = bytes.subarray(at, end)
    const stop = stopOf(batch, base)
    if (stop) return { kind: 'records', records, next, stop }
    const attributes = batch.readInt16BE(AT.attributes)
    if ((attributes & CONTROL) === 0) recordsOf(batch, base, attributes, from, records)
    next = Math.max(next, base + batch.readInt32BE(AT.lastDelta) + 1) // B2
    at = end
  }
  return { kind: 'records', records, next, stop: null }
}

function stopOf(batch: Buffer, base: number): Stop | null {
  if (batch.length < AT.records || batch[AT.magic] !== MAGIC) return { kind: 'damaged', position: base }
  if (crc32c(batch.subarray(AT.attributes)) !== batch.readUInt32BE(AT.crc)) return { kind: 'damaged', position: base } // B1
  if ((batch.readInt16BE(AT.attributes) & COMPRESSED) !== 0) return { kind: 'compressed', position: base }
  return null
}

function recordsOf(batch: Buffer, base: number, attributes: number, from: number, into: LogRecord[]): void {
  const firstMs = Number(batch.readBigInt64BE(AT.firstMs))
  const maxMs = Number(batch.readBigInt64BE(AT.maxMs))
  const count = batch.readInt32BE(AT.count)
  const reading = { bytes: batch, at: AT.records }
  for (let i = 0; i < count; i++) {
    const end = varint(reading) + reading.at
    reading.at++ // attributes, of which there are none
    const afterFirstMs = varint(reading)
    const stampMs = (attributes & STAMPED_BY_LOG) !== 0 ? maxMs : firstMs + afterFirstMs
    const position = base + varint(reading)
    const keyLength = varint(reading)
    reading.at += Math.max(0, keyLength)
    const length = Math.max(0, varint(reading))
    if (position >= from) {
      const body = batch.toString('utf8', reading.at, reading.at + length) // B4
      into.push(Object.freeze({ position, stampMs, body }))
    }
    reading.at = end // headers
  }
}

interface Reading {
  readonly bytes: Buffer
  at: number
}
function int16(reading: Reading): number {
  reading.at += 2
  return reading.bytes.readInt16BE(reading.at - 2)
}
function int32(reading: Reading): number {
  reading.at += 4
  return reading.bytes.readInt32BE(reading.at - 4)
}
/** Zigzag; exact as long as the value is a safe integer. */
function varint(reading: Reading): number {
  let value = 0
  let scale = 1
  for (;;) {
    const byte = reading.bytes[reading.at++]!
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    scale *= 128
  }
}
