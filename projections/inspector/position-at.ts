/** The last position of a log whose stamp is not after a time, for those who think in hours. By halving. */
import type { EventLog } from '../../protocol/log/event-log.ts'

export async function positionAt(
  log: Pick<EventLog, 'ends' | 'read'>,
  partition: number,
  stampMs: number,
): Promise<number> {
  const ends = await log.ends(partition)
  let low = ends.earliest
  let high = ends.next - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const [record] = await log.read(partition, middle, 1)
    if (!record || record.stampMs > stampMs) high = middle - 1
    else low = Math.max(middle, record.position)
  }
  return low
}
