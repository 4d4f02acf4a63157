import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { pageOf } from '../../../../protocol/log/redpanda/batches.ts'
import { crc32c } from '../../../../protocol/log/redpanda/crc32c.ts'
import { addressOf, textOf } from '../../../../protocol/log/redpanda/line.ts'

/** Batches as the library of the other side writes them. */
const require = createRequire(import.meta.url)
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0')
const recordOf = require('kafkajs/src/protocol/recordBatch/record/v0')
const Long = require('kafkajs/src/utils/long')

interface Made {
  readonly base: number
  readonly bodies: readonly (string | null)[]
  /** Where the records lie; default: one after the other. */
  readonly deltas?: readonly number[]
  readonly lastDelta?: number
  readonly attributes?: number
  readonly key?: string
}

async function batch({ base, bodies, deltas, lastDelta, attributes = 0, key }: Made): Promise<Buffer> {
  const records = bodies.map((value, i) =>
    recordOf({ offsetDelta: deltas?.[i] ?? i, timestampDelta: i * 100, key, value, headers: key ? { h: 'v' } : {} }),
  )
  const encoded = await RecordBatch({
    records,
    firstOffset: Long.fromValue(base),
    firstTimestamp: 1_700_000_000_000,
    maxTimestamp: 1_700_000_009_999,
    lastOffsetDelta: lastDelta ?? deltas?.at(-1) ?? bodies.length - 1,
  })
  const bytes = Buffer.from(encoded.buffer)
  bytes.writeInt16BE(attributes, 21)
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  return bytes
}

/** The answer to a fetch around the batches. */
function answer(batches: readonly Buffer[], { code = 0, aborted = 0 } = {}): Buffer {
  const records = Buffer.concat(batches)
  const int = (value: number, bytes: number): Buffer => {
    const buffer = Buffer.alloc(bytes)
    buffer.writeIntBE(value, Math.max(0, bytes - 6), Math.min(6, bytes))
    return buffer
  }
  const topic = Buffer.concat([int(5, 2), Buffer.from('facts')])
  const partition = [
    int(0, 4),
    int(code, 2),
    int(9, 8),
    int(9, 8),
    int(0, 8),
    int(aborted, 4),
    Buffer.alloc(16 * aborted),
  ]
  const head = [int(0, 4), int(0, 2), int(0, 4), int(1, 4), topic, int(1, 4), ...partition, int(-1, 4)]
  return Buffer.concat([...head, int(records.length, 4), records])
}

describe('a page of a fetch', () => {
  test('gives positions, stamps and text, past keys and headers', async () => {
    const page = pageOf(
      answer([await batch({ base: 7, bodies: ['a', 'é漢🙂', '\ufeff'], key: 'k' })], { aborted: 2 }),
      7,
    )
    expect(page).toEqual({
      kind: 'records',
      records: [
        { position: 7, stampMs: 1_700_000_000_000, body: 'a' },
        { position: 8, stampMs: 1_700_000_000_100, body: 'é漢🙂' },
        { position: 9, stampMs: 1_700_000_000_200, body: '\ufeff' },
      ],
      next: 10,
      stop: null,
    })
  })

  test('the stamp of the log counts where the log stamps', async () => {
    const page = pageOf(answer([await batch({ base: 0, bodies: ['a'], attributes: 0b1000 })]), 0)
    expect(page).toMatchObject({ records: [{ stampMs: 1_700_000_009_999 }] })
  })

  test('drops what lies below the asked position and marks of the cluster, and goes on after both', async () => {
    const batches = [
      await batch({ base: 10, bodies: ['a', 'b', 'c'] }),
      await batch({ base: 13, bodies: ['mark'], attributes: 0b110000 }),
    ]
    const page = pageOf(answer(batches), 12)
    expect(page).toMatchObject({ records: [{ position: 12, body: 'c' }], next: 14 })
  })

  test('goes on after a batch of which compaction has left holes, or nothing', async () => {
    const holes = await batch({ base: 20, bodies: ['a', 'b'], deltas: [1, 5], lastDelta: 9 })
    expect(pageOf(answer([holes]), 20)).toMatchObject({ records: [{ position: 21 }, { position: 25 }], next: 30 })
    const emptied = await batch({ base: 30, bodies: [], lastDelta: 4 })
    expect(pageOf(answer([emptied]), 30)).toEqual({ kind: 'records', records: [], next: 35, stop: null })
  })

  test('a record without a value is empty text, one beyond 32 bits has its position', async () => {
    const base = 2 ** 40
    const page = pageOf(answer([await batch({ base, bodies: [null, ''] })]), base)
    expect(page).toMatchObject({ records: [{ position: base, body: '' }, { body: '' }], next: base + 2 })
  })

  test('stops before a damaged batch, with what came before it', async () => {
    const damaged = await batch({ base: 1, bodies: ['b', 'c'] })
    damaged[damaged.length - 3]! ^= 1
    const page = pageOf(answer([await batch({ base: 0, bodies: ['a'] }), damaged]), 0)
    expect(page).toMatchObject({ records: [{ body: 'a' }], next: 1, stop: { kind: 'damaged', position: 1 } })
  })

  test('stops before a compressed batch', async () => {
    const page = pageOf(answer([await batch({ base: 4, bodies: ['a'], attributes: 2 })]), 4)
    expect(page).toMatchObject({ records: [], next: 4, stop: { kind: 'compressed', position: 4 } })
  })

  test('a batch that the bound of the answer cut off comes again', async () => {
    const whole = await batch({ base: 0, bodies: ['a'] })
    const page = pageOf(answer([whole, (await batch({ base: 1, bodies: ['b'] })).subarray(0, 40)]), 0)
    expect(page).toMatchObject({ records: [{ body: 'a' }], next: 1, stop: null })
    expect(pageOf(answer([]), 5)).toMatchObject({ records: [], next: 5 })
  })

  test("outside is told apart from the broker's other errors", () => {
    expect(pageOf(answer([], { code: 1 }), 0)).toEqual({ kind: 'outside' })
    expect(() => pageOf(answer([], { code: 6 }), 0)).toThrow(
      expect.objectContaining({ type: 'NOT_LEADER_FOR_PARTITION' }),
    )
  })
})

test('crc32c', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  expect(crc32c(Buffer.alloc(0))).toBe(0)
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
})

test('addresses of brokers', () => {
  expect(addressOf('broker-1.example:9092')).toEqual({ host: 'broker-1.example', port: 9092 })
  expect(textOf(addressOf('[::1]:9092'))).toBe('::1:9092')
  for (const bad of ['broker', 'broker:', ':9092', '::1:9092', 'broker:kafka'])
    expect(() => addressOf(bad)).toThrow(RangeError)
})
