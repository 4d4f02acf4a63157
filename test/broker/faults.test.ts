import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { EventLog, LogError } from '../../protocol/log/event-log.ts'
import { openRedpandaLog, type RedpandaLogOptions } from '../../protocol/log/redpanda/index.ts'
import { createTopic, leaderInSync } from './admin.ts'
import { type Cluster, findCluster, type Hands, OWN } from './cluster.ts'
import { Load } from './load.ts'

/**
 * Nothing acknowledged is lost, doubled, or put out of order, whatever is done to the brokers (S19). How long it stalls
 * is printed: a verdict's validity has to outlast it.
 */
const source = await findCluster()
let cluster: Cluster
let hands: Hands
const opened: EventLog[] = []

beforeAll(async () => {
  if (source.kind === 'none') return
  cluster = await source.open()
  hands = cluster.hands!
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
    partitions: 1,
    ...options,
  })
  opened.push(log)
  return log
}

async function load(prefix: string, options: Partial<RedpandaLogOptions> = {}): Promise<Load> {
  const [appends, follows] = [await open(prefix, options), await open(prefix)]
  const running = new Load(appends, follows)
  await running.more(50)
  return running
}

const leaderOf = (prefix: string): Promise<number> =>
  leaderInSync(cluster.brokers, `${OWN}${prefix}facts`, hands.ids.length)

const tell = (what: string, { stallMs, rejections }: Load): void =>
  void process.stdout.write(`${what}: acknowledgements stalled for ${stallMs} ms, ${rejections.length} rejected\n`)

describe.skipIf(source.kind === 'none' || !source.ours)('under faults', () => {
  test('the leader is killed', async () => {
    const running = await load('kill.')
    const leader = await leaderOf('kill.')
    await running.more(100)
    await hands.kill(leader)
    await running.more(200)
    await hands.start(leader)
    await leaderOf('kill.')
    await running.more(50)
    tell('leader killed', running)
    await running.end()
  })

  test('the leader hangs and comes to', async () => {
    const running = await load('pause.')
    const leader = await leaderOf('pause.')
    await hands.pause(leader)
    try {
      await running.more(200) // by another leader, while this one still hangs
    } finally {
      await hands.resume(leader)
    }
    await running.more(100)
    await leaderOf('pause.')
    tell('leader hung', running)
    await running.end()
  })

  test('all brokers are restarted, one by one', async () => {
    const running = await load('roll.')
    for (const id of hands.ids) {
      await leaderOf('roll.')
      await hands.terminate(id)
      await running.more(50)
      await hands.start(id)
    }
    await leaderOf('roll.')
    await running.more(50)
    tell('rolling restart', running)
    await running.end()
  })

  test('without a minority it goes on, without a majority it says so and acknowledges nothing', async () => {
    const running = await load('majority.', { appendMsMax: 1000 })
    const leader = await leaderOf('majority.')
    const [first, second] = hands.ids.filter(id => id !== leader)
    await hands.kill(first!)
    await running.more(100)
    await hands.kill(second!)
    const rejected = running.rejections.length
    while (running.rejections.length < rejected + 3) await new Promise(resolve => setTimeout(resolve, 20))
    const codes = new Set(running.rejections.map(({ code }) => code))
    expect([...codes].filter(code => code !== 'LOG_FAILED' && code !== 'LOG_BUSY')).toEqual([])
    await hands.start(first!)
    await hands.start(second!)
    await running.more(100)
    await leaderOf('majority.')
    tell('majority down', running)
    await running.end()
  })

  test('segments expire: below there is LOG_GONE with the earliest position, above nothing is missing', async () => {
    const settings = {
      'min.insync.replicas': 2,
      'retention.ms': -1,
      'retention.bytes': 2 * 1024 * 1024,
      'message.timestamp.type': 'LogAppendTime',
      'segment.bytes': 1024 * 1024,
      'max.message.bytes': 16 * 1024 * 1024,
    }
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value: `${value}` }))
    await createTopic(cluster.brokers, {
      topic: `${OWN}expire.history`,
      numPartitions: 1,
      replicationFactor: 3,
      configEntries,
    })
    const log = await open('expire.', { topic: 'history' })
    const seen: string[] = []
    log.follow(0, 0, { batch: records => void seen.push(...records.map(({ body }) => body.trimEnd())), failed() {} })
    const batch = (n: number) =>
      Array.from({ length: 100 }, (_, i) => ({ partition: 0, body: `${n * 100 + i}`.padEnd(10_000) }))
    const positions: number[] = []
    for (let n = 0; n < 6; n++) {
      positions.push(...(await log.append(batch(n))))
      while (seen.length < positions.length) await new Promise(resolve => setTimeout(resolve, 20)) // nothing expires unseen
    }
    while ((await log.ends(0)).earliest === 0) await new Promise(resolve => setTimeout(resolve, 100))
    const gone = await log.read(0, 0, 1).catch((error: LogError) => error)
    expect(gone).toMatchObject({ code: 'LOG_GONE', detail: { earliest: expect.any(Number) } })
    const failed = await new Promise<LogError>(resolve => log.follow(0, 0, { batch() {}, failed: resolve }))
    expect(failed.code).toBe('LOG_GONE')
    expect(positions).toContain(failed.detail.earliest)
    const [next] = await log.append([{ partition: 0, body: 'after' }])
    expect(next).toBeGreaterThan(positions.at(-1)!)
    while (seen.at(-1) !== 'after') await new Promise(resolve => setTimeout(resolve, 20))
    expect(seen).toEqual([...Array.from({ length: 600 }, (_, i) => `${i}`), 'after'])
  })
})
