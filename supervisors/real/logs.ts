/** The topics of a log, opened by its driver: the one place where it is chosen. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openEmbeddedLog } from '../../protocol/log/embedded/index.ts'
import { type EventLog, TOPICS, type Topic } from '../../protocol/log/event-log.ts'
import { openRedpandaLog } from '../../protocol/log/redpanda/index.ts'
import type { Logs, Note } from '../../protocol/ports.ts'
import type { LogConfig } from '../config/shape.ts'

/** Throws Refusal LOG_UNREACHABLE, LOG_DENIED, LOG_UNSAFE of a cluster, LogError of a folder. */
export async function openLogs(config: LogConfig, note?: Note): Promise<Logs> {
  const open = async (topic: Topic) => [topic, await openTopic(config, topic, note ? { note } : {})] as const
  return Object.fromEntries(await Promise.all(TOPICS.map(open))) as Logs
}
export const closeLogs = async (logs: Logs): Promise<void> =>
  void (await Promise.all(Object.values(logs).map(log => log.close())))

export function openTopic(
  config: LogConfig,
  topic: Topic,
  { note, readOnly = false }: { readonly note?: Note; readonly readOnly?: boolean } = {},
): Promise<EventLog> {
  if (config.driver === 'embedded') return openEmbeddedLog({ dir: join(config.dir, topic), topic, readOnly })
  const { driver: _, prefix, ...rest } = config
  return openRedpandaLog({ ...rest, topic, ...(prefix && { prefix: `${prefix}.` }), ...(note && { note }) })
}

/** The log of a run's folder: in it, or where its `log.json` says. */
export const logFile = (dir: string): string => join(dir, 'log.json')
export function logOf(dir: string): LogConfig {
  const file = logFile(dir)
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as LogConfig
  return { driver: 'embedded', dir: join(dir, 'log') }
}
