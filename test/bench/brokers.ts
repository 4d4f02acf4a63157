/**
 * A site whose log is three real brokers: how long a decision takes, beside the one hop of it that bare kafkajs could
 * make on the same brokers; and what its slots come to while the leader of its partition is killed again and again.
 */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { createTopic, leaderInSync } from '../broker/admin.ts'
import { type Cluster, findCluster } from '../broker/cluster.ts'
import { SiteRun, until } from '../integration/site-run.ts'
import { ask, latencyOf, start } from './decision.ts'
import { HOME } from './recording.ts'
import { quantile, type Row } from './row.ts'

const EVERY_MS = 100
/** As long as a frame of the household. */
const BODY = 'x'.repeat(2_500)

export async function benchBrokers(quick: boolean): Promise<readonly Row[]> {
  const source = await findCluster()
  if (source.kind === 'none')
    return [{ name: 'decision on three brokers', value: Number.NaN, unit: '', detail: 'no broker: not measured' }]
  const cluster = await source.open()
  const dir = mkdtempSync(join(tmpdir(), 'quorate-brokers-'))
  try {
    const rows = await decisions(cluster, join(dir, 'decision'), quick ? 100 : 600)
    const kills = await leaderKills(cluster, join(dir, 'kills'), quick ? 3 : 50)
    return [...rows, ...(await hop(cluster, quick ? 100 : 600)), ...kills]
  } finally {
    await cluster.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function decisions({ brokers }: Cluster, dir: string, count: number): Promise<Row[]> {
  const child = start(dir, 'warn', brokers)
  child.stderr!.pipe(process.stderr)
  await once(child, 'message')
  await ask(child, { count, everyMs: EVERY_MS })
  const bodies = (await ask(child, 'stop')) as string[]
  const latencies = bodies.flatMap(body => latencyOf(body) ?? []).slice(-count)
  const detail = `${latencies.length} cycles, one each ${EVERY_MS} ms, frame emitted to read-back`
  const row = (q: number) => ({ value: quantile(latencies, q) / 1_000, unit: 'ms', detail })
  return [
    { name: 'decision on three brokers, p50', ...row(0.5) },
    { name: 'decision on three brokers, p99', ...row(0.99), atMost: 50 },
  ]
}

/** Produced with acknowledgement by all, to the arrival at a consumer. */
async function hop({ brokers }: Cluster, count: number): Promise<Row[]> {
  const topic = 'bare.hop'
  const configEntries = [{ name: 'min.insync.replicas', value: '2' }]
  await createTopic(brokers, { topic, numPartitions: 1, replicationFactor: 3, configEntries })
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  const consumer = kafka.consumer({ groupId: 'hop', maxWaitTimeInMs: 100 })
  const arrived = new Map<number, () => void>()
  await Promise.all([producer.connect(), consumer.connect()])
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ eachMessage: async ({ message }) => arrived.get(Number(message.key))?.() })
  const took: number[] = []
  for (let i = 0; i < count; i++) {
    const { promise, resolve } = Promise.withResolvers<void>()
    arrived.set(i, resolve)
    const beganMs = performance.now()
    await producer.send({ topic, acks: -1, messages: [{ key: `${i}`, value: BODY, partition: 0 }] })
    await promise
    if (i >= count / 10) took.push(performance.now() - beganMs)
    await new Promise(done => setTimeout(done, EVERY_MS / 2))
  }
  await Promise.all([producer.disconnect(), consumer.disconnect()])
  const row = (q: number) => ({
    value: quantile(took, q),
    unit: 'ms',
    detail: 'produced, acknowledged by all, consumed',
  })
  return [
    { name: 'its one hop through the log with bare kafkajs, p50', ...row(0.5) },
    { name: 'its one hop through the log with bare kafkajs, p99', ...row(0.99) },
  ]
}

async function leaderKills({ brokers, hands }: Cluster, dir: string, kills: number): Promise<Row[]> {
  if (!hands) return []
  const site = `${dir}.yaml`
  const sites = dirname(HOME)
  writeFileSync(site, readFileSync(HOME, 'utf8').replaceAll('map: maps/', `map: ${sites}/maps/`))
  const run = new SiteRun(dir, ['--site', site, '--log', 'redpanda', '--brokers', brokers.join()])
  await run.started()
  await until(() => run.whole())
  await run.decided(3) // a slot before the first verdict is nobody's fall
  const { uncovered: before } = (await run.status()).gateway!.slots
  const { prefix } = JSON.parse(readFileSync(join(dir, 'log.json'), 'utf8')) as { prefix: string }
  const leader = () => leaderInSync(brokers, `${prefix}.facts`, hands.ids.length)
  for (let i = 0; i < kills; i++) {
    const id = await leader()
    await hands.kill(id)
    await run.decided(3)
    await hands.start(id)
  }
  await leader()
  const { cycles } = await run.stop()
  const detail = `${kills} times kill -9 of the leader; ${JSON.stringify(cycles)}`
  return [
    { name: 'slots held, for each kill of the leader', value: cycles.held / kills, unit: 'slots', detail },
    {
      name: 'slots uncovered over all kills of the leader',
      value: cycles.uncovered - before,
      unit: 'slots',
      atMost: 0,
      detail,
    },
  ]
}
