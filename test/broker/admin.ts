import { setTimeout as sleep } from 'node:timers/promises'
import { type Admin, type ITopicConfig, Kafka, logLevel } from 'kafkajs'

/** What the library's own public client sees and does: the driver is not asked about itself. */
const PATIENCE_MS = 90_000

export const clientOf = (brokers: readonly string[], retries = 0): Kafka =>
  new Kafka({
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    retry: { retries, initialRetryTime: 100, maxRetryTime: 500 },
    connectionTimeout: 2000,
    requestTimeout: 5000,
  })

/** Until it succeeds: right after a fault a broker may say anything. */
export async function administer<T>(brokers: readonly string[], act: (admin: Admin) => Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    const admin = clientOf(brokers).admin()
    try {
      await admin.connect()
      return await act(admin)
    } catch (error) {
      if (performance.now() > end) throw error
      await sleep(200)
    } finally {
      await admin.disconnect().catch(() => {})
    }
  }
}

/** The leader of partition 0, once each replica has caught up. */
export function leaderInSync(brokers: readonly string[], topic: string, replicas: number): Promise<number> {
  return administer(brokers, async admin => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const { leader, isr } = topics[0]!.partitions.find(({ partitionId }) => partitionId === 0)!
    if (leader < 0 || isr.length < replicas) throw new Error(`${isr.length} of ${replicas} replicas are in sync`)
    return leader
  })
}

export const createTopic = (brokers: readonly string[], topic: ITopicConfig): Promise<unknown> =>
  administer(brokers, admin => admin.createTopics({ topics: [topic], waitForLeaders: false }))

export const deleteTopic = (brokers: readonly string[], topic: string): Promise<unknown> =>
  administer(brokers, async admin => {
    if ((await admin.listTopics()).includes(topic)) await admin.deleteTopics({ topics: [topic] })
  })
