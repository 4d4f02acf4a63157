/** A worker of layouts that does as the chart's id says. */
import { parentPort } from 'node:worker_threads'
import type { LayoutAnswer, LayoutAsk } from '../../../../projections/inspector/chart/layout-worker.ts'

const port = parentPort!
port.on('message', ({ id, request }: LayoutAsk) => {
  const { chart, direction } = request
  if (chart.id === 'endless') for (;;);
  if (chart.id === 'die') process.exit(3)
  if (chart.id === 'throw') throw new Error('layout threw')
  const scene = { direction, w: id, h: 1, boxes: [], wires: [], initials: [], separators: [] }
  const answer: LayoutAnswer =
    chart.id === 'refuse' ? { id, kind: 'failed', reason: 'no such shape' } : { id, kind: 'laid', scene }
  port.postMessage(answer)
})
