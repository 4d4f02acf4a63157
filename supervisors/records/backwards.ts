/** Looking for something recent: records from the newest back, in windows. */
import type { EventLog, LogRecord } from '../../protocol/log/event-log.ts'

/** Positions in one window. */
const WINDOW = 1_000

export async function findBack<T>(
  log: EventLog,
  partition: number,
  match: (record: LogRecord) => T | null,
): Promise<T | null> {
  const { earliest, next } = await log.ends(partition)
  for (let end = next; end > earliest; end -= WINDOW) {
    const from = Math.max(earliest, end - WINDOW)
    const records = (await log.read(partition, from, WINDOW)).filter(r => r.position < end)
    for (const record of [...records].reverse()) {
      const found = match(record)
      if (found !== null) return found
    }
  }
  return null
}
