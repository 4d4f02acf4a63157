/**
 * Three hundred states fit no screen: which composites are folded so that about `budget` states show. The live path, the
 * focus and what a search found are open first, whatever they cost; then breadth first, as long as it fits.
 */
import { type Chart, indexOf, pathTo } from './chart.ts'

export const BUDGET = 36
/** More is read by nobody at once. */
export const BUDGET_MOST = 40

export interface Folding {
  /** States to see: their ancestors are open. */
  readonly show: readonly string[]
  /** Composites that somebody opened or folded by hand. */
  readonly opened: readonly string[]
  readonly closed: readonly string[]
  /** States to show, at most BUDGET_MOST. */
  readonly budget?: number
}

/** The composites to fold. */
export function fold(chart: Chart, { show, opened, closed, budget = BUDGET }: Folding): readonly string[] {
  const index = indexOf(chart)
  const children = (id: string) => index.get(id)?.children ?? []
  const shut = new Set(closed)
  const open = new Set<string>()
  let shown = 1
  const unfold = (id: string): void => {
    if (open.has(id) || children(id).length === 0) return
    open.add(id)
    shown += children(id).length
  }
  unfold(chart.root)
  // what is folded by hand stays so, with all that is in it
  const unfoldAlong = (path: readonly string[]): void => {
    for (const id of path) {
      if (shut.has(id)) return
      unfold(id)
    }
  }
  for (const id of show) unfoldAlong(pathTo(index, id).slice(0, -1))
  for (const id of opened) unfoldAlong(pathTo(index, id))
  const most = Math.min(BUDGET_MOST, budget)
  const composites = chart.nodes.filter(node => node.children.length > 0)
  for (const node of composites.toSorted((a, b) => a.depth - b.depth || a.order - b.order)) {
    if (shut.has(node.id) || node.parent === null || !open.has(node.parent)) continue
    // the regions of a parallel state are of no use one by one
    const regions = node.type === 'parallel' ? node.children : []
    const together = [node.id, ...regions].filter(id => !open.has(id) && !shut.has(id))
    const cost = together.reduce((sum, id) => sum + children(id).length, 0)
    if (shown + cost <= most) for (const id of together) unfold(id)
  }
  return composites.map(node => node.id).filter(id => !open.has(id))
}
