/** The topics of a log, opened by its driver. */
import { join } from 'node:path'
import { openEmbeddedLog } from '../../protocol/log/embedded/index.ts'
import { type EventLog, TOPICS, type Topic } from '../../protocol/log/event-log.ts'
import type { Logs } from '../../protocol/ports.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import type { LogConfig } from '../config/shape.ts'

/** Throws CONFIG for a driver that this build does not have. */
export async function openLogs(config: LogConfig): Promise<Logs> {
  const open = async (topic: Topic) => [topic, await openTopic(config, topic)] as const
  return Object.fromEntries(await Promise.all(TOPICS.map(open))) as Logs
}
export const closeLogs = async (logs: Logs): Promise<void> =>
  void (await Promise.all(Object.values(logs).map(log => log.close())))

function openTopic(config: LogConfig, topic: Topic): Promise<EventLog> {
  // the one place where a driver is chosen: the replicated one joins here
  if (config.driver === 'redpanda') throw new Refusal('CONFIG', 'log.driver redpanda: is not in this build')
  return openEmbeddedLog({ dir: join(config.dir, topic), topic })
}
