/** The live statechart of an actor: its drawing by the server, its marks from the view. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Marks } from '../../chart/marks.ts'
import type { ActorPage } from '../../views/actor.ts'
import { address } from '../address.ts'
import { ChartView, type Drawn, type Fold } from '../chart/chart-view.tsx'
import type { Sight } from '../chart/first-sight.ts'
import { tell } from '../session.ts'

export function ActorChart({ page }: { page: ActorPage }) {
  const marks = useSignal<Marks>(marksOf(page))
  const revision = useSignal(0)
  const drawn = useSignal(page.chart.hash)
  useEffect(() => {
    marks.value = marksOf(page)
    if (page.chart.hash === drawn.peek()) return
    drawn.value = page.chart.hash
    revision.value++
  }, [page])
  const load = (fold: Fold, sight: Sight): Promise<Drawn> => {
    const { site, at } = address.peek()!
    const query = `chart=${encodeURIComponent(page.chart.name)}${at === null ? '' : `&at=${at}`}`
    const path = `/inspector/sites/${site}/chart?${query}`
    return tell(path, JSON.stringify({ ...fold, ...sight, live: marks.peek().live }))
  }
  return (
    <div class="chart-frame">
      <ChartView name={page.title} load={load} marks={marks} revision={revision} />
    </div>
  )
}
const marksOf = ({ active, last, dissent }: ActorPage): Marks => ({
  live: active,
  last: last?.edges ?? [],
  dissent,
  ghost: [],
})
