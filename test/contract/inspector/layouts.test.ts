import { afterEach, expect, test } from 'vitest'
import type { Chart } from '../../../projections/inspector/chart/chart.ts'
import { describe } from '../../../projections/inspector/chart/describe.ts'
import { ChartLayouts, WAITING_MAX } from '../../../projections/inspector/chart/layouts.ts'
import { faults } from '../../unit/inspector/geometry.ts'
import { order } from '../../unit/inspector/machines.ts'

const FAKE = new URL('./processes/layout-worker.ts', import.meta.url)
const ask = (id: string, n = 0) => ({
  chart: { id, root: id, nodes: [], edges: [], depth: n } satisfies Chart,
  folded: [],
  direction: 'DOWN' as const,
})
const open: ChartLayouts[] = []
const opened = (options: ConstructorParameters<typeof ChartLayouts>[0]) => {
  const layouts = new ChartLayouts(options)
  open.push(layouts)
  return layouts
}
afterEach(async () => {
  for (const layouts of open.splice(0)) await layouts.close()
})

test('the real worker lays a chart out', async () => {
  const { chart } = describe(order as never)
  const scene = await opened({}).scene({ chart, folded: [], direction: 'RIGHT' })
  expect(faults(scene)).toEqual([])
})

test('what was asked before is not laid out again; beyond its bound the oldest is forgotten', async () => {
  const layouts = opened({ worker: FAKE, scenesMax: 3 })
  const first = await layouts.scene(ask('a'))
  expect(await layouts.scene(ask('a'))).toBe(first)
  expect(await layouts.scene(ask('a'))).toBe(first)
  for (let i = 0; i < 3; i++) await layouts.scene(ask('b', i))
  expect(await layouts.scene(ask('a'))).not.toEqual(first)
})

test.each([
  ['die', 'LAYOUT_CRASHED'],
  ['throw', 'LAYOUT_CRASHED'],
  ['refuse', 'LAYOUT_CRASHED'],
  ['endless', 'LAYOUT_TOO_LONG'],
])('%s: that request alone is refused, and the next is answered', async (id, code) => {
  const layouts = opened({ worker: FAKE, msMax: id === 'endless' ? 400 : 20_000 })
  // a cold start may take longer than the limit of this test
  while (
    !(await layouts.scene(ask('warm')).then(
      () => true,
      () => false,
    ))
  );
  const [refused, answered] = await Promise.allSettled([layouts.scene(ask(id)), layouts.scene(ask('next'))])
  expect(refused).toMatchObject({ status: 'rejected', reason: { code } })
  if (answered.status === 'rejected') expect(answered.reason).toMatchObject({ code: 'LAYOUT_TOO_LONG' })
  while (
    !(await layouts.scene(ask('later')).then(
      () => true,
      () => false,
    ))
  );
})

test('a queue that is full refuses, a closed one too', async () => {
  const layouts = opened({ worker: FAKE })
  const asked = Array.from({ length: WAITING_MAX + 2 }, (_, i) => layouts.scene(ask('many', i)))
  const codes = (await Promise.allSettled(asked)).flatMap(each =>
    each.status === 'rejected' ? [each.reason.code] : [],
  )
  expect(new Set(codes)).toEqual(new Set(['LAYOUT_BUSY']))
  const waiting = layouts.scene(ask('endless'))
  const closed = expect(waiting).rejects.toMatchObject({ code: 'LAYOUT_CLOSED' })
  await layouts.close()
  await closed
  await expect(layouts.scene(ask('late'))).rejects.toMatchObject({ code: 'LAYOUT_CLOSED' })
})
