import { Kafka, logLevel } from 'kafkajs'
import { openRedpandaLog } from '../../protocol/log/redpanda/index.ts'
import { type Cluster, findCluster } from '../broker/cluster.ts'
import { median, quantile, type Row } from './row.ts'

/**
 * The replicated log against bare kafkajs on the same brokers: the same bodies, batches, topic settings and guarantees
 * (acks of all, idempotent, one batch on its way), both open all along, short slices in the order ABBA.
 */
const BATCHES = [1, 100, 1000] as const
const BODY = `{"x":"${'y'.repeat(291)}"}`
const WARM_UP_MS = 500
const SLICE_MS = 250
const PAIRS = 21
const PAIRS_QUICK = 9
const FOLLOWED = 100_000
const FOLLOW_PAIRS = 7
const GOAL = { atLeast: 0.5 } as const

export async function benchBroker(quick: boolean): Promise<readonly Row[]> {
  const source = await findCluster()
  if (source.kind === 'none')
    return [{ name: 'log over bare kafkajs', value: Number.NaN, unit: '', detail: 'no broker: not measured' }]
  const cluster = await source.open()
  try {
    const rows: Row[] = []
    for (const batch of BATCHES) rows.push(await appending(cluster, batch, quick ? PAIRS_QUICK : PAIRS))
    return [...rows, await following(cluster), ...(await lateness(cluster, quick))]
  } finally {
    await cluster.stop()
  }
}

const bareOf = ({ brokers }: Cluster): Kafka => new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING })

async function appending(cluster: Cluster, batch: number, pairs: number): Promise<Row> {
  const log = await open(cluster, `append-${batch}.`) // one partition for both: leaders are not equally fast
  const producer = bareOf(cluster).producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const records = Array.from({ length: batch }, () => ({ partition: 0, body: BODY }))
  const messages = records.map(({ partition, body }) => ({ partition, value: body }))
  const sides = {
    ours: () => log.append(records),
    bare: () => producer.send({ topic: `append-${batch}.facts`, acks: -1, messages }),
  }
  const run = async (side: keyof typeof sides, ms: number): Promise<number> => {
    const start = performance.now()
    let count = 0
    for (; performance.now() - start < ms; count += batch) await sides[side]()
    return (count / (performance.now() - start)) * 1000
  }
  for (const side of ['ours', 'bare'] as const) await run(side, WARM_UP_MS)
  const { ratios, ours, bare } = await inPairs(pairs, side => run(side, SLICE_MS))
  await producer.disconnect()
  await log.close()
  return {
    name: `log append over bare kafkajs, batches of ${batch}, three brokers`,
    value: median(ratios),
    unit: 'ratio',
    ...GOAL,
    spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    detail: `the middle half of the pairs; ${median(ours).toFixed(0)}/s against ${median(bare).toFixed(0)}/s`,
  }
}

/** From the beginning to the end of the same partition; the group's joining is not counted against it. */
async function following(cluster: Cluster): Promise<Row> {
  const log = await open(cluster, 'followed.')
  const batch = Array.from({ length: 1000 }, () => ({ partition: 0, body: BODY }))
  for (let count = 0; count < FOLLOWED; count += batch.length) await log.append(batch)
  const sides = {
    ours: () =>
      new Promise<number>(resolve => {
        const start = performance.now()
        let count = 0
        const follow = log.follow(0, 0, {
          batch(records) {
            count += records.length
            if (count < FOLLOWED) return
            resolve((count / (performance.now() - start)) * 1000)
            follow.cancel()
          },
          failed() {},
        })
      }),
    bare: async () => {
      const consumer = bareOf(cluster).consumer({
        groupId: `bench-${performance.now()}`,
        maxBytesPerPartition: 1_048_576,
      })
      const { promise, resolve } = Promise.withResolvers<number>()
      let start = 0
      let count = 0
      consumer.on(consumer.events.GROUP_JOIN, () => {
        start = performance.now()
      })
      await consumer.connect()
      await consumer.subscribe({ topic: 'followed.facts', fromBeginning: true })
      await consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch: { messages } }) => {
          // text, as ours hands it out
          for (const { value } of messages) if (value!.toString().length > 0) count++
          if (count >= FOLLOWED) resolve((count / (performance.now() - start)) * 1000)
        },
      })
      const rate = await promise
      await consumer.disconnect()
      return rate
    },
  }
  await sides.ours()
  const { ratios, ours, bare } = await inPairs(FOLLOW_PAIRS, side => sides[side]())
  await log.close()
  return {
    name: 'log follow over bare kafkajs, three brokers',
    value: median(ratios),
    unit: 'ratio',
    ...GOAL,
    spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    detail: `the middle half of the pairs; ${median(ours).toFixed(0)}/s against ${median(bare).toFixed(0)}/s`,
  }
}

/** One site's pace: from the call of `append` to the follower's batch and to the acknowledgement. */
async function lateness(cluster: Cluster, quick: boolean): Promise<readonly Row[]> {
  const log = await open(cluster, 'late.')
  const seen: number[] = []
  log.follow(0, 0, {
    batch(records) {
      for (const _ of records) seen.push(performance.now())
    },
    failed() {},
  })
  const called: number[] = []
  const acknowledged: number[] = []
  for (let i = 0; i < (quick ? 200 : 1000); i++) {
    called.push(performance.now())
    await log.append([{ partition: 0, body: BODY }])
    acknowledged.push(performance.now())
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  while (seen.length < called.length) await new Promise(resolve => setTimeout(resolve, 5))
  await log.close()
  const figures = (times: readonly number[]): string => {
    const ms = times.map((time, i) => time - called[i]!)
    return `p50 ${quantile(ms, 0.5).toFixed(1)}, p99 ${quantile(ms, 0.99).toFixed(1)}`
  }
  const followed = seen.map((time, i) => time - called[i]!)
  const detail = `n=${called.length}; followed ${figures(seen)}; acknowledged ${figures(acknowledged)}`
  return [{ name: 'log append to follower, three brokers, p50', value: quantile(followed, 0.5), unit: 'ms', detail }]
}

const open = (cluster: Cluster, prefix: string) =>
  openRedpandaLog({ brokers: cluster.brokers, topic: 'facts', prefix, partitions: 1 })

type Side = 'ours' | 'bare'
async function inPairs(pairs: number, run: (side: Side) => Promise<number>) {
  const rates: Record<Side, number[]> = { ours: [], bare: [] }
  for (let pair = 0; pair < pairs; pair++) {
    const order: readonly Side[] = pair % 2 === 0 ? ['bare', 'ours'] : ['ours', 'bare']
    for (const side of order) rates[side].push(await run(side))
  }
  return { ...rates, ratios: rates.ours.map((rate, i) => rate / rates.bare[i]!) }
}
