/** Looking for something recent: records from the newest back, in windows. */
import type { EventLog, LogRecord } from '../../protocol/log/event-log.ts'

/** Positions in one window, where records are small. */
const WINDOW = 1_000

export async function findBack<T>(
  log: EventLog,
  partition: number,
  match: (record: LogRecord) => T | null,
  window = WINDOW,
): Promise<T | null> {
  const { earliest, next } = await log.ends(partition)
  for (let end = next, width = window; end > earliest; ) {
    const from = Math.max(earliest, end - width)
    const records = (await log.read(partition, from, width)).filter(r => r.position < end)
    for (const record of [...records].reverse()) {
      const found = match(record)
      if (found !== null) return found
    }
    end = from
    if (records.length === 0) width *= 2 // a compacted topic has wide holes
  }
  return null
}
