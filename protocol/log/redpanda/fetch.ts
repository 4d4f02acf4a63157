import { type Page, pageOf } from './batches.ts'
import { type Exchange, exchange } from './kafkajs.ts'

export interface Fetch {
  readonly topic: string
  readonly partition: number
  /** As whose leader the broker is asked: one that leads no longer, or another topic's, refuses. */
  readonly epoch: number
  readonly from: number
  /** 0: what is there now. */
  readonly waitMs: number
  readonly bytesMax: number
}

export function fetchOf({ topic, partition, epoch, from, waitMs, bytesMax }: Fetch): Exchange<Page> {
  const of = { partition, currentLeaderEpoch: epoch, fetchOffset: `${from}`, maxBytes: bytesMax }
  const { request } = exchange<never>('Fetch', {
    maxWaitTime: waitMs,
    minBytes: waitMs === 0 ? 0 : 1,
    maxBytes: bytesMax,
    isolationLevel: 0, // transactions of others hold nothing up
    topics: [{ topic, partitions: [of] }],
  })
  return { request, response: { decode: async bytes => pageOf(bytes, from), parse: async page => page } }
}
