import { setTimeout as sleep } from 'node:timers/promises'
import type { Note } from '../../ports.ts'
import { Refusal } from '../../words/errors.ts'
import type { Topic } from '../event-log.ts'
import { BODY_CHARS_MAX } from '../limits.ts'
import type { Cluster } from './cluster.ts'
import { exchange } from './kafkajs.ts'
import type { Limits } from './limits.ts'
import type { Attempt } from './line.ts'
import type { Metadata, PartitionState } from './metadata.ts'

/** One broker may be lost without a record, and without a stop. */
const REPLICATION = 3
const IN_SYNC_MIN = 2
/** A UTF-16 unit is three bytes of UTF-8 at most; a batch's own fields come on top. */
const MESSAGE_BYTES_MAX = 3 * BODY_CHARS_MAX + 64 * 1024

const DAY_MS = 86_400_000
const KEPT: Readonly<Record<string, string>> = { 'retention.ms': '-1', 'retention.bytes': '-1' }
const BY_CLASS: Readonly<Record<Topic, Readonly<Record<string, string>>>> = {
  facts: { 'cleanup.policy': 'delete', ...KEPT },
  history: { 'cleanup.policy': 'delete', ...KEPT, 'retention.ms': `${30 * DAY_MS}` },
  decisions: { 'cleanup.policy': 'delete', ...KEPT, 'retention.ms': `${7 * DAY_MS}` },
  snapshots: { 'cleanup.policy': 'compact' },
}
const OF_ALL: Readonly<Record<string, string>> = {
  'max.message.bytes': `${MESSAGE_BYTES_MAX}`,
  // a node whose clock is wrong must neither be refused nor have its records expire early
  'message.timestamp.type': 'LogAppendTime',
  // what a stranger compresses with something of his own could not be read
  'compression.type': 'uncompressed',
}

/** What would lose records, or refuse ours. A setting that a broker does not have (Redpanda has no minimum in sync) cannot be wrong. */
const RULES: readonly {
  readonly setting: string
  readonly of?: Topic
  readonly good: (value: string) => boolean
  readonly mend: string
  readonly because: string
}[] = [
  {
    setting: 'min.insync.replicas',
    good: value => Number(value) >= IN_SYNC_MIN,
    mend: `${IN_SYNC_MIN}`,
    because: 'one replica alone would acknowledge, and take the records with it',
  },
  {
    setting: 'unclean.leader.election.enable',
    good: value => value !== 'true',
    mend: 'false',
    because: 'a replica that missed records could lead',
  },
  {
    setting: 'write.caching',
    good: value => value !== 'true' && value !== 'on',
    mend: 'false',
    because: 'what is acknowledged may be in memory only',
  },
  {
    setting: 'max.message.bytes',
    good: value => Number(value) >= MESSAGE_BYTES_MAX,
    mend: `${MESSAGE_BYTES_MAX}`,
    because: 'a record of the largest size would be refused',
  },
  ...(['retention.ms', 'retention.bytes'] as const).map(setting => ({
    setting,
    of: 'facts' as const,
    good: (value: string) => value === '-1',
    mend: '-1',
    because: 'facts would expire',
  })),
  ...(['facts', 'history', 'decisions'] as const).map(of => ({
    setting: 'cleanup.policy',
    of,
    good: (value: string) => value === 'delete',
    mend: 'delete',
    because: 'records have no keys to compact by',
  })),
  {
    setting: 'cleanup.policy',
    of: 'snapshots',
    good: value => value === 'compact',
    mend: 'compact',
    because: 'the newest snapshot of a node would expire',
  },
]

export interface TopicOptions {
  readonly cluster: Cluster
  /** As the brokers know it. */
  readonly name: string
  readonly topic: Topic
  /** Where it is created. */
  readonly partitions: number
  readonly toy: boolean
  readonly limits: Limits
  readonly note: Note
}

export interface ReadyTopic {
  readonly id: string
  readonly partitions: readonly PartitionState[]
  readonly metadata: Metadata
}

/** Creates the topic where it is missing, and refuses one that would lose what it acknowledged. */
export async function readyTopic(options: TopicOptions): Promise<ReadyTopic> {
  const { cluster, name, limits } = options
  const end = performance.now() + limits.openMsMax
  for (;;) {
    const attempt = await cluster.metadata(name)
    const topic = attempt.kind === 'answered' ? attempt.answer.topic : null
    if (attempt.kind === 'answered' && topic?.kind === 'there') {
      const settings = await settingsOf(options)
      if (settings.kind === 'answered') {
        judge(options, topic.partitions, settings.answer)
        return { ...topic, metadata: attempt.answer }
      }
    }
    const failure =
      attempt.kind === 'answered' && topic?.kind === 'missing'
        ? await create(options, attempt.answer)
        : reasonOf(attempt)
    if (performance.now() > end) throw new Refusal('LOG_UNREACHABLE', `topic '${name}': ${failure ?? 'not there yet'}`)
    await sleep(4 * limits.backoffMs)
  }
}

function reasonOf(attempt: Attempt<Metadata>): string {
  if (attempt.kind === 'denied') throw new Refusal('LOG_DENIED', attempt.reason)
  if (attempt.kind !== 'answered') return attempt.reason
  const { topic } = attempt.answer
  if (topic.kind !== 'failed') return 'its settings cannot be read'
  if (topic.type === 'TOPIC_AUTHORIZATION_FAILED') throw new Refusal('LOG_DENIED', 'the account may not see the topic')
  return topic.type
}

/** Null where it was created, here or by another node at the same time. */
async function create(options: TopicOptions, { brokers }: Metadata): Promise<string | null> {
  const { cluster, name, topic, partitions, toy, limits } = options
  if (brokers.size < REPLICATION && !toy) {
    throw new Refusal(
      'LOG_UNSAFE',
      `topic '${name}' needs ${REPLICATION} brokers and the cluster has ${brokers.size}: add brokers, or say that it is a toy`,
    )
  }
  const replicas = Math.min(REPLICATION, brokers.size)
  const settings = { ...OF_ALL, ...BY_CLASS[topic], 'min.insync.replicas': `${Math.min(IN_SYNC_MIN, replicas)}` }
  const configEntries = Object.entries(settings).map(([setting, value]) => ({ name: setting, value }))
  const wanted = { topic: name, numPartitions: partitions, replicationFactor: replicas, configEntries }
  const attempt = await cluster.inTurn(exchange('CreateTopics', { topics: [wanted] }), limits.patienceMsMax)
  if (attempt.kind === 'denied') throw new Refusal('LOG_DENIED', attempt.reason)
  if (attempt.kind === 'answered') return null
  if (attempt.kind === 'said') {
    if (attempt.type === 'TOPIC_ALREADY_EXISTS') return null
    if (/AUTHORIZATION/.test(attempt.type)) throw new Refusal('LOG_DENIED', `the account may not create '${name}'`)
  }
  return attempt.reason
}

const TOPIC_RESOURCE = 2

async function settingsOf({ cluster, name, limits }: TopicOptions): Promise<Attempt<ReadonlyMap<string, string>>> {
  const resources = [{ type: TOPIC_RESOURCE, name, configNames: [] }]
  const attempt = await cluster.inTurn(
    exchange<{ resources: readonly { configEntries: readonly { configName: string; configValue: string }[] }[] }>(
      'DescribeConfigs',
      { resources },
    ),
    limits.answerMsMax,
  )
  if (attempt.kind !== 'answered') return attempt
  const entries = attempt.answer.resources.flatMap(resource => resource.configEntries)
  return { kind: 'answered', answer: new Map(entries.map(entry => [entry.configName, entry.configValue])) }
}

/** Everything that is wrong, in one message: nobody should mend one setting only to hear of the next. */
function judge(
  { name, topic, toy, note }: TopicOptions,
  partitions: readonly PartitionState[],
  settings: ReadonlyMap<string, string>,
): void {
  const findings: string[] = []
  const replicas = Math.min(...partitions.map(partition => partition.replicas))
  if (replicas < REPLICATION)
    findings.push(`it has ${replicas} of ${REPLICATION} replicas: make it anew with ${REPLICATION}`)
  for (const { setting, of, good, mend, because } of RULES) {
    const value = settings.get(setting)
    if (value === undefined || (of && of !== topic) || good(value)) continue
    findings.push(`${setting} is ${value} (${because}): rpk topic alter-config ${name} --set ${setting}=${mend}`)
  }
  if (findings.length === 0) return
  const detail = `topic '${name}': ${findings.join('; ')}`
  if (!toy) throw new Refusal('LOG_UNSAFE', detail)
  note('warn', 'log is a toy and may lose what it acknowledges', { detail })
}
