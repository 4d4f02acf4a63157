import { CompressionTypes } from 'kafkajs'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { EventLog, LogError, LogRecord } from '../../protocol/log/event-log.ts'
import { openRedpandaLog, type RedpandaLogOptions } from '../../protocol/log/redpanda/index.ts'
import { administer, clientOf, createTopic, deleteTopics, leaderInSync } from './admin.ts'
import { type Cluster, findCluster, OWN } from './cluster.ts'
import { freePorts } from './ports.ts'

const source = await findCluster()
let cluster: Cluster
const opened: EventLog[] = []

beforeAll(async () => {
  if (source.kind === 'cluster') cluster = await source.open()
})
afterEach(async () => {
  for (const log of opened.splice(0)) await log.close()
})
afterAll(() => cluster?.stop())

async function open(prefix: string, options: Partial<RedpandaLogOptions> = {}): Promise<EventLog> {
  const log = await openRedpandaLog({
    brokers: cluster.brokers,
    topic: 'facts',
    prefix: `${OWN}${prefix}`,
    partitions: 2,
    ...options,
  })
  opened.push(log)
  return log
}

/** A topic as somebody else has made it. */
const given = (topic: string, settings: Record<string, string>, replicas = 3): Promise<unknown> =>
  createTopic(cluster.brokers, {
    topic: `${OWN}${topic}`,
    numPartitions: 2,
    replicationFactor: replicas,
    configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
  })

const SAFE = {
  'min.insync.replicas': '2',
  'max.message.bytes': '16777216',
  'message.timestamp.type': 'LogAppendTime',
  'retention.ms': '-1',
}

function follow(log: EventLog, from = 0) {
  const records: LogRecord[] = []
  const failed = Promise.withResolvers<LogError>()
  log.follow(0, from, { batch: batch => void records.push(...batch), failed: failed.resolve })
  const until = async (count: number): Promise<readonly string[]> => {
    while (records.length < count) await new Promise(resolve => setTimeout(resolve, 5))
    return records.map(({ body }) => body)
  }
  return { records, failed: failed.promise, until }
}

test('brokers that are not there are named, with what to do', async () => {
  const [port] = await freePorts(1)
  const opening = openRedpandaLog({ brokers: [`127.0.0.1:${port}`], topic: 'facts', openMsMax: 300 })
  await expect(opening).rejects.toMatchObject({ code: 'LOG_UNREACHABLE', message: expect.stringContaining(`${port}`) })
})

describe.skipIf(source.kind === 'none')('topics', () => {
  test('a compacted topic takes records with their keys, and none without', async () => {
    const log = await open('keyed.', { topic: 'snapshots' })
    await log.append([
      { partition: 0, body: 'first', key: 'node-a/0' },
      { partition: 0, body: 'second', key: 'node-b/0' },
    ])
    expect((await log.read(0, 0, 9)).map(({ body }) => body)).toEqual(['first', 'second'])
    await expect(log.append([{ partition: 0, body: 'without' }])).rejects.toMatchObject({ code: 'LOG_FAILED' })
  })
  test('a topic is created as it has to be, by whoever comes first of several', async () => {
    const logs = await Promise.all([open('made.'), open('made.'), open('made.')])
    const described = await Promise.all(logs.map(log => log.describe()))
    expect(new Set(described.map(({ topicId }) => topicId)).size).toBe(1)
    const [metadata, config] = await administer(cluster.brokers, async admin => [
      await admin.fetchTopicMetadata({ topics: [`${OWN}made.facts`] }),
      await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: `${OWN}made.facts` }] }),
    ])
    const { partitions } = metadata!.topics[0]!
    expect(partitions.map(({ replicas }) => replicas.length)).toEqual([3, 3])
    const settings = new Map(config!.resources[0]!.configEntries.map(e => [e.configName, e.configValue]))
    expect(settings.get('retention.ms')).toBe('-1')
    expect(settings.get('retention.bytes')).toBe('-1')
    expect(settings.get('cleanup.policy')).toBe('delete')
    expect(settings.get('min.insync.replicas') ?? '2').toBe('2')
  })

  test.each([
    { what: 'replication 1', settings: SAFE, replicas: 1, says: 'it has 1 of 3 replicas' },
    { what: 'retention of 7 days', settings: { ...SAFE, 'retention.ms': '604800000' }, says: '--set retention.ms=-1' },
    { what: 'bounded by size', settings: { ...SAFE, 'retention.bytes': '9000000' }, says: '--set retention.bytes=-1' },
    { what: 'one in sync', settings: { ...SAFE, 'min.insync.replicas': '1' }, says: '--set min.insync.replicas=2' },
    { what: 'compaction', settings: { ...SAFE, 'cleanup.policy': 'compact' }, says: '--set cleanup.policy=delete' },
    {
      what: 'stamps of whoever appends',
      settings: { ...SAFE, 'message.timestamp.type': 'CreateTime' },
      says: '--set message.timestamp.type=LogAppendTime',
    },
    { what: 'small messages', settings: { ...SAFE, 'max.message.bytes': '1048588' }, says: '--set max.message.bytes=' },
    {
      what: 'unclean leaders',
      settings: { ...SAFE, 'unclean.leader.election.enable': 'true' },
      says: '--set unclean.leader.election.enable=false',
    },
  ])('$what is refused with the sentence that mends it, and noted where it is a toy', async row => {
    const { what, settings, replicas, says } = row
    const prefix = `${what.replaceAll(' ', '-')}.`
    await given(`${prefix}facts`, settings, replicas)
    await expect(open(prefix)).rejects.toMatchObject({ code: 'LOG_UNSAFE', message: expect.stringContaining(says) })
    const notes: unknown[] = []
    const toy = await open(prefix, { toy: true, note: (level, _, detail) => level === 'warn' && notes.push(detail) })
    expect(await toy.ends(0)).toEqual({ earliest: 0, next: 0 })
    expect(JSON.stringify(notes)).toContain(says)
  })

  test('history may expire, and decisions', async () => {
    await given('aged.history', { ...SAFE, 'retention.ms': '604800000' })
    await expect(open('aged.', { topic: 'history' })).resolves.toBeDefined()
  })

  test('a topic that is deleted and made anew is another log: nothing is appended to it, and nobody follows on', async () => {
    const log = await open('anew.')
    await log.append(Array.from({ length: 10 }, (_, i) => ({ partition: 0, body: `${i}` })))
    const following = follow(log)
    await following.until(10)
    const { topicId } = await log.describe()
    await deleteTopics(cluster.brokers, `${OWN}anew.`)
    await given('anew.facts', SAFE)
    const failed = await following.failed
    expect(failed).toMatchObject({ code: 'LOG_FAILED', message: expect.stringContaining(topicId) })
    await expect(log.append([{ partition: 0, body: 'mixed' }])).rejects.toMatchObject({ code: 'LOG_FAILED' })
    await expect(log.read(0, 0, 1)).rejects.toMatchObject({ code: 'LOG_FAILED' })
    const other = await open('anew.')
    expect((await other.describe()).topicId).not.toBe(topicId)
    expect(await other.read(0, 0, 10)).toEqual([])
    expect(following.records).toHaveLength(10)
  })

  test('records that are not ours come as the text of their bytes; marks of the cluster leave holes', async () => {
    const log = await open('foreign.')
    await leaderInSync(cluster.brokers, `${OWN}foreign.facts`, 3)
    const following = follow(log)
    const [first] = await log.append([{ partition: 0, body: 'ours' }])
    const client = clientOf(cluster.brokers, 50)
    const producer = client.producer({ idempotent: true, transactionalId: 'stranger', maxInFlightRequests: 1 })
    await producer.connect()
    const send = async (end: 'commit' | 'abort') => {
      const transaction = await producer.transaction()
      const messages = [
        { partition: 0, key: 'k', value: null, headers: { h: 'v' } },
        { partition: 0, value: Buffer.from([0xff, 0x41]) },
      ]
      await transaction.send({ topic: `${OWN}foreign.facts`, messages, compression: CompressionTypes.GZIP })
      await transaction[end]()
    }
    await send('commit')
    await send('abort')
    await producer.disconnect()
    // two transactions of two records and a mark each, which the cluster writes when it has answered already
    while ((await log.ends(0)).next < first! + 7) await new Promise(resolve => setTimeout(resolve, 20))
    const [last] = await log.append([{ partition: 0, body: 'ours again' }])
    expect(last! - first!).toBe(7)
    const bodies = ['ours', '', '\ufffdA', '', '\ufffdA', 'ours again']
    expect(await following.until(bodies.length)).toEqual(bodies)
    expect(await log.read(0, first!, 100)).toEqual(following.records)
    expect(await log.read(0, last! - 1, 100)).toEqual(following.records.slice(-1)) // begins at a mark
  })

  test('a batch that only a stranger can have compressed ends the follower, with what to do', async () => {
    await given('packed.facts', SAFE)
    const log = await open('packed.')
    await leaderInSync(cluster.brokers, `${OWN}packed.facts`, 3)
    await log.append([{ partition: 0, body: 'before' }])
    const producer = clientOf(cluster.brokers, 50).producer()
    await producer.connect()
    await producer.send({
      topic: `${OWN}packed.facts`,
      messages: [{ partition: 0, value: 'x' }],
      compression: CompressionTypes.GZIP,
    })
    await producer.disconnect()
    const following = follow(log)
    expect(await following.failed).toMatchObject({
      code: 'LOG_FAILED',
      message: expect.stringContaining('compression.type=uncompressed'),
    })
    expect(await following.until(1)).toEqual(['before'])
  })

  test('a record above what the topic takes is refused, and what comes after it is not held up', async () => {
    await given('small.facts', { ...SAFE, 'max.message.bytes': '10000' })
    const log = await open('small.', { toy: true })
    const large = log.append([{ partition: 0, body: 'x'.repeat(20_000) }])
    await expect(large).rejects.toMatchObject({
      code: 'LOG_FAILED',
      message: expect.stringContaining('MESSAGE_TOO_LARGE'),
    })
    expect(await log.append([{ partition: 0, body: 'next' }])).toEqual([0])
  })

  test('beyond the bound of what is outstanding an append is refused, and nothing of it is written', async () => {
    const log = await open('bound.', { outstandingRecordsMax: 10 })
    const record = { partition: 0, body: 'a' }
    const first = log.append(Array.from({ length: 8 }, () => record))
    await expect(log.append([record, record, record])).rejects.toMatchObject({ code: 'LOG_BUSY' })
    expect(await first).toHaveLength(8)
    expect(await log.append([record, record, record])).toHaveLength(3)
    expect(await log.read(0, 0, 100)).toHaveLength(11)
  })

  test('one append crosses partitions, and a partition that is not there is a mistake of the caller', async () => {
    const log = await open('two.')
    const bodies = Array.from({ length: 1000 }, (_, i) => ({ partition: i % 2, body: `${i}` }))
    const positions = await log.append(bodies)
    const there = [...(await log.read(0, 0, 1000)), ...(await log.read(1, 0, 1000))]
    expect(there).toHaveLength(1000)
    for (const [i, { partition, body }] of bodies.entries()) {
      const [record] = await log.read(partition, positions[i]!, 1)
      expect(record?.body).toBe(body)
      if (i === 20) break
    }
    await expect(log.append([{ partition: 2, body: '' }])).rejects.toThrow(RangeError)
  })

  test('an idle client sleeps', async () => {
    const log = await open('idle.')
    follow(log)
    await log.append([{ partition: 0, body: 'a' }])
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const before = process.cpuUsage()
    await new Promise(resolve => setTimeout(resolve, 2000))
    const { user, system } = process.cpuUsage(before)
    const hasty = timers.mock.calls.filter(([, ms]) => !(ms! >= 1))
    timers.mockRestore()
    process.stdout.write(`one idle follower: ${((user + system) / 20_000).toFixed(1)} percent of a core\n`)
    expect(hasty, 'timers of the library that come due before they are set').toEqual([])
  })
})
