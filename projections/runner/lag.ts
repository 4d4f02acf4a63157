import type { EventLog } from '../../protocol/log/event-log.ts'

/** Further behind than this, whoever looks at the views is told that they are old. */
export const LAG_MS_MAX = 60_000

export interface Lag {
  readonly checkpoint: number
  readonly behindRecords: number
  /** By the log's stamps: the newest record's less that of the last one applied. */
  readonly behindMs: number
}

/** `stampMs`: of the record at the checkpoint; null: not known yet. */
export async function lagOf(
  log: Pick<EventLog, 'ends' | 'read'>,
  partition: number,
  checkpoint: number,
  stampMs: number | null,
): Promise<Lag> {
  const { next } = await log.ends(partition)
  const [newest] = await log.read(partition, Math.max(0, next - 1), 1)
  const behindMs = newest && stampMs !== null ? Math.max(0, newest.stampMs - stampMs) : 0
  return { checkpoint, behindRecords: Math.max(0, next - 1 - checkpoint), behindMs }
}
