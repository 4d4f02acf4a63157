/** What each process told of its actors, up to the moment: one record of each, the newest. */
import type { ProcessObserved } from '../../../protocol/words/observed.ts'
import type { Moment } from '../moments.ts'
import type { Seen } from '../recorded.ts'
import type { Sources } from './view.ts'

/** Oldest first. */
export function seenUpTo({ stampMs, manifest }: Moment, { recorded, live }: Sources): Promise<readonly Seen[]> {
  return recorded.seen(live ? Number.POSITIVE_INFINITY : stampMs, manifest)
}
export function newestOf(seen: readonly Seen[]): ReadonlyMap<string, Seen> {
  const newest = new Map<string, Seen>()
  for (const each of seen) {
    const there = newest.get(each.observed.process)
    if (!there || isAfter(each.observed, there.observed)) newest.set(each.observed.process, each)
  }
  return newest
}
/** An older one may have come later, by way of another node. */
const isAfter = (a: ProcessObserved, b: ProcessObserved): boolean =>
  a.life > b.life || (a.life === b.life && a.seq > b.seq)
