/**
 * How a chart is first shown: as large as it gets. It is laid out from above; where that cannot be read at once, from the
 * left too; where neither can, with less of it unfolded. Whoever turned this chart before gets it the way it was turned.
 */
import { BUDGET } from '../../chart/fold.ts'
import type { Direction } from '../../chart/scene.ts'
import type { ChartViewProps, Drawn, Fold } from './chart-view.tsx'
import { fitting, type Size } from './viewport.ts'

/** How much of a chart is unfolded by itself, and which way it runs. */
export interface Sight {
  readonly direction: Direction
  readonly budget: number
}
/** Smaller, and names are all that can be read. */
export const READABLE = 0.6
/** A chart that runs from the left is another habit: it has to be so much larger to be worth it. */
const WORTH_TURNING = 1.15
const BUDGETS = [BUDGET, 16, 8]

export async function firstSight(
  load: ChartViewProps['load'],
  fold: Fold,
  screen: Size,
  turned: Direction | null,
): Promise<{ readonly drawn: Drawn; readonly sight: Sight }> {
  const seen = async (direction: Direction, budget: number) => {
    const drawn = await load(fold, { direction, budget })
    return { drawn, sight: { direction, budget }, scale: fitting(screen, drawn.scene) }
  }
  const at = async (budget: number) => {
    const first = await seen(turned ?? 'DOWN', budget)
    if (turned !== null || first.scale === 1) return first
    const other = await seen('RIGHT', budget)
    return other.scale > first.scale * WORTH_TURNING ? other : first
  }
  let best = await at(BUDGETS[0]!)
  for (const budget of BUDGETS.slice(1)) {
    if (best.scale >= READABLE) break
    if (best.drawn.scene.boxes.length <= budget) continue
    const folded = await at(budget)
    if (folded.scale > best.scale) best = folded
  }
  return best
}

/** For as long as this window stands. */
const keyOf = (chart: string): string => `quorate chart ${chart}`
export const turnedBefore = (chart: string): Direction | null =>
  sessionStorage.getItem(keyOf(chart)) as Direction | null
export const rememberTurn = (chart: string, direction: Direction): void =>
  sessionStorage.setItem(keyOf(chart), direction)
