import type { EventLog } from '../../protocol/log/event-log.ts'
import type { Clock } from '../../protocol/ports.ts'

/** The same log, and how long each of this process's appends waited for its acknowledgement. */
export const timedLog = (log: EventLog, host: Clock, appended: (seconds: number) => void): EventLog => ({
  async append(batch) {
    const beganUs = host.monotonicUs()
    const positions = await log.append(batch)
    appended((host.monotonicUs() - beganUs) / 1e6)
    return positions
  },
  read: (partition, from, max) => log.read(partition, from, max),
  follow: (partition, from, on) => log.follow(partition, from, on),
  ends: partition => log.ends(partition),
  trim: (partition, before) => log.trim(partition, before),
  describe: () => log.describe(),
  close: () => log.close(),
})
