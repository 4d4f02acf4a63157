/** Where replicas began, held against their own disks and against what two nodes had shared by then (S34). */
import type { Kept } from '../world/log.ts'
import type { Process } from '../world/process.ts'
import type { Find } from './check.ts'

/** A replica begins behind the last record that it takes as known. */
export interface Begun {
  readonly node: string
  readonly atMs: number
  readonly after: number
  /** What its own disk had it know at that time; -1: nothing. */
  readonly own: number
}

/** Up to where a node's own snapshot reaches; -1: it has none. */
export function ownPosition(node: Process): number {
  const text = new TextDecoder().decode(node.file('snapshot').bytes())
  return text === '' ? -1 : positionOf(text)
}
const positionOf = (bytes: string): number => (JSON.parse(bytes) as { fold: { position: number } }).fold.position

interface Where {
  readonly partition: number
  readonly site: string
}
/** Positions of snapshots that two processes, whatever names they gave, had shared byte for byte by then. */
export function sharedPositions(kept: readonly Kept[], { partition, site }: Where, byMs: number): ReadonlySet<number> {
  const sharers = new Map<string, string>() // by bytes: who first
  const found = new Set<number>()
  for (const record of kept) {
    if (record.partition !== partition || record.atUs > byMs * 1_000) continue
    const shared = JSON.parse(record.body) as { site: string; bytes: string }
    if (shared.site !== site) continue
    const first = sharers.get(shared.bytes)
    if (first === undefined) sharers.set(shared.bytes, record.by)
    else if (first !== record.by) found.add(positionOf(shared.bytes))
  }
  return found
}

export const begunAtKnown: Find = (e, { profile }) => {
  const { kept } = e.site.o.topics.snapshots
  return e.begun
    .filter(b => b.node !== e.site.o.prefix + profile.traitor && b.after >= 0 && b.after !== b.own)
    .filter(b => !sharedPositions(kept, e.manifest, b.atMs).has(b.after))
    .map(({ node, atMs, after }) => ({ atMs, text: `${node} begins after ${after}, which no two nodes have shared` }))
}
