import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import type { Cluster, Hands, Missing } from './cluster.ts'
import { spawnGuarded } from './guarded.ts'
import { kafkaJars } from './kafka-jars.ts'
import { freePorts } from './ports.ts'

const JAVA_MIN = 17

export async function findKafka(): Promise<{ readonly kind: 'found'; readonly jars: string } | Missing> {
  try {
    const { stderr } = await promisify(execFile)('java', ['-version'])
    const version = Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0)
    if (version < JAVA_MIN) return { kind: 'missing', reason: `Java ${version} is older than ${JAVA_MIN}` }
  } catch {
    return { kind: 'missing', reason: 'no Java' }
  }
  try {
    return { kind: 'found', jars: await kafkaJars() }
  } catch (error) {
    return {
      kind: 'missing',
      reason: `Maven cannot fetch Apache Kafka (${error instanceof Error ? error.message : error})`,
    }
  }
}

/** How clients reach a broker; without it, in the clear. */
export interface Secured {
  /** PKCS #12, with the key of the brokers. */
  readonly keyStore: string
  readonly storePassword: string
  /** PEM: who vouches for that key. */
  readonly authority: string
  readonly user: string
  readonly password: string
}

interface KafkaOptions {
  readonly jars: string
  readonly brokers?: number
  readonly secured?: Secured
}

interface Broker {
  readonly id: number
  readonly port: number
  readonly controllerPort: number
  readonly dir: string
  process: { readonly pid: number; readonly exited: Promise<unknown> } | null
}

/** A cluster stands within this time even where everything else runs too. */
const READY_MS_MAX = 120_000

/** Small heaps, one compiler tier: a broker is ready in seconds and takes about 200 MB. */
const JVM = [
  '-Xmx160m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:-UsePerfData',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
]

/** KRaft brokers on loopback, each also a controller, with the failover times of Redpanda's raft. */
export async function startKafka({ jars, brokers: count = 3, secured }: KafkaOptions): Promise<Cluster> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'broker-'))
  const ports = await freePorts(2 * count)
  const brokers = Array.from({ length: count }, (_, i): Broker => {
    const [port, controllerPort] = [ports[2 * i]!, ports[2 * i + 1]!]
    return { id: i + 1, port, controllerPort, dir: path.join(dir, `${i + 1}`), process: null }
  })
  const clusterId = uuid()
  for (const broker of brokers) prepare(broker, brokers, clusterId, secured)
  const start = async (broker: Broker): Promise<void> => {
    const output = fs.openSync(path.join(broker.dir, 'output'), 'a')
    const classPath = path.join(jars, '*')
    broker.process = await spawnGuarded('java', [...JVM, '-cp', classPath, 'kafka.Kafka', propertiesOf(broker)], output)
    fs.closeSync(output)
  }
  const stop = async (): Promise<void> => {
    for (const { process } of brokers) if (process) signal(process.pid, 'SIGKILL')
    await Promise.all(brokers.map(({ process }) => process?.exited))
    fs.rmSync(dir, { recursive: true, force: true })
  }
  try {
    await Promise.all(brokers.map(start))
    await ready(brokers, secured)
  } catch (error) {
    const said = brokers.map(broker => fs.readFileSync(path.join(broker.dir, 'output'), 'utf8').slice(-2000))
    await stop()
    throw new Error(`Apache Kafka did not start: ${said.join('\n')}`, { cause: error })
  }
  return { brokers: brokers.map(addressOf), hands: handsOf(brokers, start), stop }
}

function handsOf(brokers: readonly Broker[], start: (broker: Broker) => Promise<void>): Hands {
  const of = (id: number): Broker => brokers.find(broker => broker.id === id)!
  const end = async (id: number, how: NodeJS.Signals): Promise<void> => {
    const { process } = of(id)
    signal(process!.pid, how)
    await process!.exited
  }
  return {
    ids: brokers.map(({ id }) => id),
    kill: id => end(id, 'SIGKILL'),
    terminate: id => end(id, 'SIGTERM'),
    pause: async id => signal(of(id).process!.pid, 'SIGSTOP'),
    resume: async id => signal(of(id).process!.pid, 'SIGCONT'),
    start: id => start(of(id)),
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

const addressOf = ({ port }: Broker): string => `127.0.0.1:${port}`
const propertiesOf = ({ dir }: Broker): string => path.join(dir, 'server.properties')

function prepare(broker: Broker, brokers: readonly Broker[], clusterId: string, secured: Secured | undefined): void {
  const { id, port, controllerPort, dir } = broker
  const data = path.join(dir, 'data')
  fs.mkdirSync(data, { recursive: true })
  // what the formatting step would write
  const meta = { version: 1, 'cluster.id': clusterId, 'node.id': id, 'directory.id': uuid() }
  fs.writeFileSync(path.join(data, 'meta.properties'), lines(meta))
  const door = secured ? 'SASL_SSL' : 'PLAINTEXT'
  const replication = Math.min(3, brokers.length)
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': brokers.map(b => `${b.id}@127.0.0.1:${b.controllerPort}`).join(','),
    listeners: `${door}://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `${door}://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': door,
    'listener.security.protocol.map': `CONTROLLER:PLAINTEXT,${door}:${door}`,
    'log.dirs': data,
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': replication,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': replication,
    'transaction.state.log.min.isr': Math.min(2, replication),
    'transaction.state.log.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    // a killed leader is replaced in about two seconds, as in Redpanda, and not in ten
    'broker.session.timeout.ms': 2000,
    'broker.heartbeat.interval.ms': 250,
    'controller.quorum.fetch.timeout.ms': 1000,
    'controller.quorum.election.timeout.ms': 500,
    'controller.quorum.election.backoff.max.ms': 300,
    'replica.lag.time.max.ms': 3000,
    // a follower that asked too early whoever leads now would keep acknowledgements waiting for another second
    'replica.fetch.backoff.ms': 100,
    // expired segments go while a test looks on
    'log.initial.task.delay.ms': 500,
    'log.retention.check.interval.ms': 500,
    'log.segment.delete.delay.ms': 500,
    // few threads: three brokers share a small machine
    'num.network.threads': 1,
    'num.io.threads': 2,
    'num.recovery.threads.per.data.dir': 1,
    'background.threads': 2,
    'log.cleaner.dedupe.buffer.size': 4_194_304,
    ...(secured ? securityOf(secured) : {}),
  }
  fs.writeFileSync(propertiesOf(broker), lines(properties))
}

function securityOf({ keyStore, storePassword, authority, user, password }: Secured): Record<string, string> {
  const account = `username="${user}" password="${password}" user_${user}="${password}"`
  return {
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': keyStore,
    'ssl.keystore.password': storePassword,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': authority,
    'sasl.enabled.mechanisms': 'PLAIN',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'listener.name.sasl_ssl.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${account};`,
  }
}

const lines = (properties: Record<string, unknown>): string =>
  Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')

/** Kafka's own form; one that begins with a dash would be read as an option. */
function uuid(): string {
  const text = randomBytes(16).toString('base64url')
  return text.startsWith('-') ? uuid() : text
}

/** Every broker is registered and a controller is there. */
async function ready(brokers: readonly Broker[], secured: Secured | undefined): Promise<void> {
  const client = new Kafka({
    brokers: brokers.map(addressOf),
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    connectionTimeout: 2000,
    requestTimeout: 5000,
    ...(secured
      ? {
          ssl: { ca: fs.readFileSync(secured.authority, 'utf8') },
          sasl: { mechanism: 'plain', username: secured.user, password: secured.password },
        }
      : {}),
  })
  const end = performance.now() + READY_MS_MAX
  for (let reason: unknown = 'not asked'; performance.now() < end; await sleep(100)) {
    const admin = client.admin()
    try {
      await admin.connect()
      const seen = await admin.describeCluster()
      if (seen.brokers.length === brokers.length && seen.controller !== null && seen.controller >= 0) return
      reason = `${seen.brokers.length} of ${brokers.length} brokers are there`
    } catch (error) {
      reason = error
    } finally {
      await admin.disconnect().catch(() => {})
    }
    if (performance.now() + 100 >= end) throw new Error('the brokers were not ready in time', { cause: reason })
  }
}
